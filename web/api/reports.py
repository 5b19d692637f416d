"""Figures, each with its definition, and the very calls behind them; nobody who called is named."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import Field

from reports.compare import compared, other_period
from reports.export import to_json
from reports.period import Period, PeriodError, between
from reports.privacy import is_sensitive, protected
from reports.raw import caller_key, hashed
from reports.registry import KINDS
from reports.report import Report as Made
from store import Row, Tx
from store.documents import iso, seconds
from web.api.calls import CampaignName
from web.api.operations import Ask, Operations
from web.api.paging import page_of, parts_of
from web.api.shapes import Answered, Day, Page, Paging, Place, Query, within_reason
from web.audit import Deed, note
from web.context import CLINIC
from web.reports_asked import limits_of, privacy_of, sees_people
from web.rights import Right

figures = Operations("Reports")
LONGEST_DAYS = 1100


class Days(Query):
    """Local days of the clinic, both included."""

    from_: Day | None = Field(None, alias="from", description="the first day; left out, the day of `to` alone")
    to: Day | None = Field(None, description="the last day; left out, today")


class CountedBy(Days):
    """Which days, and by what."""

    by: Annotated[str, Field(max_length=200, pattern="^[a-z_]+(,[a-z_]+){0,7}$")] | None = Field(
        None, description="what to count by, parted by commas; `GET /reports` says what there is"
    )
    compare: Annotated[str, Field(pattern=r"^(previous|year|\d{4}-\d\d-\d\d\.\.\d{4}-\d\d-\d\d)$")] | None = Field(
        None, description="other days to set beside these: those right before, the same of last year, or any two, as "
                          "2026-10-01..2026-10-31"
    )


class Which(Place):
    """Which report."""

    report: Literal["sources", "missed", "hours", "queues", "callbacks", "origins", "funnel", "models", "not-booked",
                    "stages", "channels", "visits", "pool", "offline"]


class OneReport(Answered):
    """A report that can be asked for."""

    name: str
    answers: str
    by: list[str]


class Known(Answered):
    """All reports."""

    items: list[OneReport]


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
    compared_with: Between | None = Field(None, description="the other days, where `compare` asks for some; then each "
                                                            "row has `before`, its figures of then")
    total_before: dict[str, Any] | None = None


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
    topic_category: str | None = Field(
        description="for who may not see single calls, only whether it is `booked`; null else"
    )
    caller: str | None = Field(description="null for a withheld number")


@figures.get("/reports", Right.FIGURES, answer=Known)
async def known(ask: Ask) -> dict[str, Any]:
    """List the reports there are, and by what each can count."""
    return {"items": [{"name": kind.name, "answers": kind.answers, "by": list(kind.dimensions)}
                      for kind in KINDS.values()]}


@figures.get("/reports/{report}", Right.FIGURES, place=Which, query=CountedBy, answer=Report, refuses=(409,))
async def report(ask: Ask) -> web.Response:
    """Return a report: rows, their total, and what every figure means.

    409 when the period ends before it begins, or the report cannot count by what was asked.
    """
    return await _made(ask, ask.place.report)


@figures.get("/reports/team", Right.TEAM, query=CountedBy, answer=Report, refuses=(409,))
async def team(ask: Ask) -> web.Response:
    """Return what each phone answered and rang; a call that rang everywhere and was missed is nobody's."""
    return await _made(ask, "team")


async def _made(ask: Ask, name: str) -> web.Response:
    period, kind = period_asked(ask), KINDS[name]
    by = ask.query.by.split(",") if ask.query.by else kind.default_by
    limits = limits_of(ask.app)
    privacy = privacy_of(ask.request)
    other = other_period(ask.query.compare, period) if ask.query.compare else None
    if other is not None and other.days > LONGEST_DAYS:
        raise PeriodError(f"the other days are {other.days}; ask for {LONGEST_DAYS} at most.")

    def seen(tx: Tx, days: Period) -> Made:
        found = kind.make(tx, days, by, limits)
        return protected(found, privacy) if privacy else found

    def look(tx: Tx) -> str:
        found = seen(tx, period)
        if other is None:
            return to_json(found)
        return to_json(compared(found, seen(tx, other), known=privacy is None or not is_sensitive(found, privacy)))

    return _json(await ask.read(look))


@figures.get("/reports/calls", Right.EXPORT_FIGURES, query=DaysOfCalls, answer=Page[CountedCall], refuses=(404, 409))
async def calls(ask: Ask) -> dict[str, Any]:
    """List the calls behind the figures, the newest first, without who called."""
    period, place, limit = period_asked(ask), parts_of(ask.query.cursor, (int, str, str)), ask.query.limit
    from_ms, to_ms = period.bounds_ms
    at, call, pbx = place or (None, None, None)
    who, used, whole = ask.who, f"{period}", sees_people(ask.request)

    def change(tx: Tx) -> str:
        note(tx, who, Deed("exported", "figures", "calls", used))
        return caller_key(tx)

    key = await ask.write(change)

    def look(tx: Tx) -> dict[str, Any]:
        rows = tx.all("api_report_calls", from_day=period.start.isoformat(), to_day=period.end.isoformat(),
                      from_ms=from_ms, to_ms=to_ms, before_ms=at, before_id=call, before_pbx=pbx, limit=limit + 1)
        shown, more = page_of(rows, limit, lambda row: (row["started_ms"], row["id"], row["pbx"]))
        return {"items": [_counted(row, key, whole=whole) for row in shown], "next": more}

    return await ask.read(look)


def _counted(row: Row, key: str, *, whole: bool) -> dict[str, Any]:
    named = {"source": row["source"], "medium": row["medium"], "name": row["campaign_name"]}
    # What one call was about may tell of one patient; that somebody booked is what campaigns are counted by.
    topic = row["topic_category"] or None if whole or row["topic_category"] == "booked" else None
    return {
        "id": row["id"], "pbx": row["pbx"], "started_at": iso(row["started_ms"]), "day": row["local_day"],
        "did": row["did"], "location": row["location"] or None, "campaign": named if row["source"] else None,
        "outcome": row["outcome"], **{name: bool(row[name]) for name in ("missed", "in_hours", "first_time")},
        "wait_s": seconds(row["wait_ms"]), "talk_s": seconds(row["talk_ms"]),
        "topic_category": topic, "caller": hashed(key, row),
    }  # fmt: skip


def period_asked(ask: Ask) -> Period:
    """Return the period that was asked for. Raises PeriodError."""
    wanted, zone = ask.query, ask.app[CLINIC].zone
    start, end = (within_reason(day).isoformat() if day else None for day in (wanted.from_, wanted.to))
    period = between(start, end, datetime.fromtimestamp(ask.now / 1000, UTC), zone)
    if period.days > LONGEST_DAYS:
        raise PeriodError(f"the period has {period.days} days; ask for {LONGEST_DAYS} at most.")
    return period


def _json(text: str) -> web.Response:
    return web.Response(text=text, content_type="application/json")
