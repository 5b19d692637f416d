"""Figures, each with its definition, and the very calls behind them; nobody who called is named."""

import hmac
import secrets
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from aiohttp import web
from pydantic import Field

from reports.callbacks import report as callbacks_report
from reports.export import to_json
from reports.period import Period, PeriodError, between
from reports.sources import report as sources_report
from store import Row, Tx
from store.documents import iso, seconds
from web.api.calls import CampaignName
from web.api.operations import Ask, Operations
from web.api.paging import page_of, parts_of
from web.api.shapes import Answered, Day, Page, Paging, Query, within_reason
from web.audit import Deed, note
from web.context import CLINIC
from web.rights import Right

figures = Operations("Reports")
LONGEST_DAYS = 1100


class Days(Query):
    """Local days of the clinic, both included."""

    from_: Day | None = Field(None, alias="from", description="the first day; left out, the day of `to` alone")
    to: Day | None = Field(None, description="the last day; left out, today")


class BySource(Days):
    """Calls by what."""

    by: str = Field("source,medium,campaign", description="what to count by, parted by commas",
                    pattern="^(source|medium|campaign|number)(,(source|medium|campaign|number)){0,3}$")


class ByDay(Days):
    """Callbacks by what."""

    by: str = Field("day", description="what to count by, parted by commas",
                    pattern="^(day|location|source|campaign)(,(day|location|source|campaign)){0,3}$")


class DaysOfCalls(Paging, Days):
    """Of which days."""


class Between(Answered):
    """The days that were asked for."""

    from_: str = Field(alias="from")
    to: str


class Definition(Answered):
    """What a figure means."""

    id: str
    unit: str
    formula: str


class Report(Answered):
    """Rows, their total, and what every figure means."""

    report: str
    period: Between
    by: list[str]
    rows: list[dict[str, Any]]
    total: dict[str, Any] = Field(description="counted over all calls; it is not the sum of the rows")
    metrics: list[Definition]
    notes: list[str]


class CountedCall(Answered):
    """One call as figures count it. Who called is a keyed hash: the same for every call of theirs, and no number."""

    id: str
    pbx: str
    started_at: str
    day: str
    did: str | None
    location: str | None
    campaign: CampaignName | None
    outcome: str | None
    missed: bool
    in_hours: bool
    first_time: bool
    wait_s: float | None
    talk_s: float | None
    topic_category: str | None
    caller: str | None = Field(description="null for a withheld number")


@figures.get("/reports/sources", Right.FIGURES, query=BySource, answer=Report, refuses=(409,))
async def sources(ask: Ask) -> web.Response:
    """Count calls by source, medium, campaign or number dialled. 409 when the period ends before it begins."""
    period, by = _period(ask), ask.query.by.split(",")
    return _json(await ask.read(lambda tx: to_json(sources_report(tx, period, by=by))))


@figures.get("/reports/callbacks", Right.FIGURES, query=ByDay, answer=Report, refuses=(409,))
async def callbacks(ask: Ask) -> web.Response:
    """Count how soon callers were rung back, how many were reached, who was lost for good."""
    period, by = _period(ask), ask.query.by.split(",")
    reached_s = ask.app[CLINIC].callbacks.rules.reached_s
    return _json(await ask.read(lambda tx: to_json(callbacks_report(tx, period, by=by, reached_s=reached_s))))


@figures.get("/reports/calls", Right.EXPORT_FIGURES, query=DaysOfCalls, answer=Page[CountedCall], refuses=(404, 409))
async def calls(ask: Ask) -> dict[str, Any]:
    """List the calls behind the figures, the newest first, without who called."""
    period, place, limit = _period(ask), parts_of(ask.query.cursor, (int, str, str)), ask.query.limit
    from_ms, to_ms = period.bounds_ms
    at, call, pbx = place or (None, None, None)
    who, used = ask.who, f"{period}"

    def change(tx: Tx) -> str:
        note(tx, who, Deed("exported", "figures", "calls", used))
        return key_of(tx, "caller")

    key = await ask.write(change)

    def look(tx: Tx) -> dict[str, Any]:
        rows = tx.all("api_report_calls", from_day=period.start.isoformat(), to_day=period.end.isoformat(),
                      from_ms=from_ms, to_ms=to_ms, before_ms=at, before_id=call, before_pbx=pbx, limit=limit + 1)
        shown, more = page_of(rows, limit, lambda row: (row["started_ms"], row["id"], row["pbx"]))
        return {"items": [_counted(row, key) for row in shown], "next": more}

    return await ask.read(look)


def key_of(tx: Tx, name: str) -> str:
    """Return a random key of this store, made when it is first asked for. In a write transaction."""
    tx.run("secret_key_add", name=name, value=secrets.token_hex(32))
    return str(tx.value("secret_key", name=name))


def _counted(row: Row, key: str) -> dict[str, Any]:
    named = {"source": row["source"], "medium": row["medium"], "name": row["campaign_name"]}
    caller = None if row["withheld"] or not row["party"] else row["party"]
    return {
        "id": row["id"], "pbx": row["pbx"], "started_at": iso(row["started_ms"]), "day": row["local_day"],
        "did": row["did"], "location": row["location"] or None, "campaign": named if row["source"] else None,
        "outcome": row["outcome"], **{name: bool(row[name]) for name in ("missed", "in_hours", "first_time")},
        "wait_s": seconds(row["wait_ms"]), "talk_s": seconds(row["talk_ms"]),
        "topic_category": row["topic_category"] or None,
        "caller": hmac.new(key.encode(), caller.encode(), sha256).hexdigest()[:24] if caller else None,
    }  # fmt: skip


def _period(ask: Ask) -> Period:
    """Return the period that was asked for. Raises PeriodError."""
    wanted, zone = ask.query, ask.app[CLINIC].zone
    start, end = (within_reason(day).isoformat() if day else None for day in (wanted.from_, wanted.to))
    period = between(start, end, datetime.fromtimestamp(ask.now / 1000, UTC), zone)
    if period.days > LONGEST_DAYS:
        raise PeriodError(f"the period has {period.days} days; ask for {LONGEST_DAYS} at most.")
    return period


def _json(text: str) -> web.Response:
    return web.Response(text=text, content_type="application/json")
