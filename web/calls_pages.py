"""The call log: filters, pages that stay put while calls arrive, a call's story, export."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from aiohttp import web

from callbacks.topics import topics
from reports.export import csv_of
from store import Row, Tx
from store.documents import iso
from tracking.attribute import why
from web import calls_words as words
from web.audit import Deed, actor, looked, note
from web.calls_dial import DIALLER
from web.calls_notes import find
from web.calls_story import Parts, story
from web.context import CLINIC, STORE, me, now_ms, read, write
from web.i18n import gettext as _
from web.i18n import mark
from web.live import first
from web.pages import page
from web.pop import card_of, choices, dialled
from web.pop_pages import PATIENT_LINK
from web.rights import Right, needs

SHOWN = 50
EXPORTED = 500
"""Rows read at once for an export."""
EVENTS = {
    "begins": mark("%(who)s begins"), "rings": mark("%(who)s rings"), "dialled": mark("%(who)s is dialled"),
    "waits": mark("waits in %(who)s"), "left_answered": mark("leaves %(who)s: answered"),
    "left_abandoned": mark("leaves %(who)s: hung up"), "left_timeout": mark("leaves %(who)s: waited too long"),
    "left_refused": mark("%(who)s takes nobody"), "left_other": mark("leaves %(who)s"),
    "talks": mark("talks with %(who)s"), "talked": mark("no more with %(who)s"), "over": mark("the call is over"),
}  # fmt: skip
HEADINGS = ("start", "direction", "kind", "number", "did", "campaign", "phone", "outcome", "missed", "waited_s",
            "talked_s", "topic", "id")


@dataclass(frozen=True, slots=True)
class Filter:
    """What the log is filtered by; "" is no filter. As it stands in the address."""

    start: str = ""
    end: str = ""
    direction: str = ""
    outcome: str = ""
    did: str = ""
    campaign: str = ""
    number: str = ""
    topic: str = ""

    @classmethod
    def of(cls, request: web.Request) -> "Filter":
        """Read the address; what nobody can have chosen counts as no filter."""
        given = {name: request.query.get(name, "").strip()[:80] for name in cls.__dataclass_fields__}
        for name in ("start", "end"):
            try:
                given[name] = date.fromisoformat(given[name]).isoformat() if given[name] else ""
            except ValueError:
                given[name] = ""
        if given["direction"] not in words.DIRECTIONS:
            given["direction"] = ""
        if given["outcome"] not in words.FILTERED:
            given["outcome"] = ""
        if not (given["campaign"].isascii() and given["campaign"].isdigit() and len(given["campaign"]) < 18):
            given["campaign"] = ""
        given["number"] = "".join(sign for sign in given["number"] if sign.isdigit() and sign.isascii())
        return cls(**given)

    @property
    def any(self) -> bool:
        """Say whether anything is filtered."""
        return any(getattr(self, name) for name in self.__dataclass_fields__)

    def query(self, **more: str) -> str:
        """Return the address's query, with what is added."""
        given = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return urlencode({name: value for name, value in {**given, **more}.items() if value})

    def params(self, zone: ZoneInfo) -> Row:
        """Return the parameters of `console_calls`, but for the page. Digits are matched anywhere in a number."""
        return {
            "from_ms": _midnight(self.start, zone, 0), "to_ms": _midnight(self.end, zone, 1),
            "direction": self.direction or None, "outcome": self.outcome or None, "did": self.did or None,
            "campaign": int(self.campaign) if self.campaign else None,
            "fragment": f"%{self.number.removeprefix('00')}%" if self.number else None, "topic": self.topic or None,
        }  # fmt: skip


def _midnight(day: str, zone: ZoneInfo, later: int) -> int | None:
    if not day:
        return None
    then = date.fromisoformat(day) + timedelta(days=later)
    return int(datetime(then.year, then.month, then.day, tzinfo=zone).timestamp() * 1000)


Place = tuple[int, str, str]
"""The last row of a page: when it started, its id, its exchange."""


def place_of(text: str) -> Place | None:
    """Read `1795309246011~main~1795309246.157`, what `place_text` wrote; None for anything else."""
    at, _, rest = text.partition("~")
    pbx, _, call = rest.partition("~")
    return (int(at), call, pbx) if at.isascii() and at.isdigit() and len(at) < 19 and call else None


def place_text(row: Row) -> str:
    """Write where a page ends."""
    return f"{row['started_ms']}~{row['pbx']}~{row['id']}"


def log(tx: Tx, chosen: Row, place: Place | None, limit: int) -> list[Row]:
    """Return calls older than a place, the newest first."""
    at, call, pbx = place if place is not None else (None, None, None)
    return tx.all("console_calls", **chosen, before_ms=at, before_id=call, before_pbx=pbx, limit=limit)


@needs(Right.CALLS)
async def log_page(request: web.Request) -> web.Response:
    """`GET /calls?…&before=PLACE`: the call log."""
    chosen, zone = Filter.of(request), request.app[CLINIC].zone
    place = place_of(request.query.get("before", ""))

    def look(tx: Tx) -> dict[str, Any]:
        rows = log(tx, chosen.params(zone), place, SHOWN + 1)
        known = topics(tx, retired=True)
        names = {number: tx.all("callback_patients", number=number)
                 for number in dict.fromkeys(row["party"] for row in rows[:SHOWN]) if number}
        return {"rows": rows[:SHOWN], "names": names, "topics": {topic.id: topic for topic in known},
                "older": chosen.query(before=place_text(rows[SHOWN - 1])) if len(rows) > SHOWN else "",
                "dids": tx.all("console_dids"), "campaigns": tx.all("console_campaigns")}

    values = await read(request, look)
    await looked(request, "patient", *dict.fromkeys(who["ref"] for found in values["names"].values() for who in found))
    return page(request, "calls.html", here="calls", chosen=chosen, words=words, later=place is not None, **values,
                **await first(request, "pop"))


@needs(Right.CALLS)
async def call_page(request: web.Request) -> web.StreamResponse:
    """`GET /calls/{ref}`: one call with its story; the id of a call that was merged leads to the older one."""
    ref, app, person, now = request.match_info["ref"], request.app, me(request), now_ms(request)

    def look(tx: Tx) -> dict[str, Any] | str:
        call = find(tx, ref)
        if (here := f"{call['pbx']}:{call['id']}") != ref:
            return here
        key = {"pbx": call["pbx"], "call": call["id"]}
        parts = Parts(*(tx.all(part, **key) for part in ("legs", "talks", "waits")))
        known = topics(tx, retired=True)
        label, campaign = dialled(tx, call)
        return {
            "call": call, "card": card_of(tx, call, person.name, app.get(PATIENT_LINK, "")),
            "story": story(call, parts, now), "label": label, "campaign": campaign,
            "why": why(tx, call["pbx"], call["id"]), "notes": tx.all("call_topics", **key),
            "comments": tx.all("call_comments", **key), "callbacks": tx.all("callbacks_of_call", **key),
            "topics": {topic.id: topic for topic in known}, "choices": choices([t for t in known if not t.retired]),
        }  # fmt: skip

    values = await read(request, look)
    if isinstance(values, str):
        raise web.HTTPMovedPermanently(f"/calls/{values}")
    await looked(request, "patient", *(who.ref for who in values["card"].relatives))
    await looked(request, "call", ref)
    return page(request, "call.html", here="calls", words=words, events=EVENTS, dials=DIALLER in app,
                may_note=Right.NOTE in person.rights, **values, **await first(request, "pop"))


@needs(Right.EXPORT_CALLS)
async def export(request: web.Request) -> web.StreamResponse:
    """`GET /calls.csv?…`: every call of the filter, newest first, as CSV that no spreadsheet runs. It is audited."""
    chosen, zone, who = Filter.of(request), request.app[CLINIC].zone, actor(request)
    used = " ".join(name for name in Filter.__dataclass_fields__ if getattr(chosen, name))
    await write(request, lambda tx: note(tx, who, Deed("exported", "calls", "", used)))
    store = request.app[STORE]
    response = web.StreamResponse(headers={
        "Content-Type": "text/csv; charset=utf-8", "Content-Disposition": 'attachment; filename="calls.csv"',
    })  # fmt: skip
    await response.prepare(request)
    await response.write(("\ufeff" + csv_of(HEADINGS, [])).encode())
    place: Place | None = None

    def some() -> list[Row]:
        with store.read() as tx:
            return log(tx, chosen.params(zone), place, EXPORTED)

    while rows := await asyncio.to_thread(some):
        place = place_of(place_text(rows[-1]))
        text = csv_of(HEADINGS, _cells(rows))
        await response.write(text.partition("\r\n")[2].encode("utf-8", "replace"))
    await response.write_eof()
    return response


def _cells(rows: list[Row]) -> Iterator[list[object]]:
    for row in rows:
        inbound = row["direction"] == "inbound"
        yield [
            iso(row["started_ms"]), row["direction"], row["kind"],
            row["party"] or row["caller_raw" if inbound else "destination_raw"] or "", row["did"] or "",
            f"{row['campaign_source']} / {row['campaign_name']}" if row["campaign_source"] else "",
            row["extension"] or row["final_agent"] or row["answered_by"] or "", row["outcome"] or "", row["missed"],
            row["wait_ms"] / 1000, row["talk_ms"] / 1000, row["topic"] or "", f"{row['pbx']}:{row['id']}",
        ]  # fmt: skip


def event_text(event: tuple[int, str, str]) -> str:
    """Say what happened in the language of the request."""
    return _(EVENTS[event[1]]) % {"who": event[2]}


def set_up(app: web.Application) -> None:
    """Add the routes."""
    app.router.add_get("/calls", log_page)
    app.router.add_get("/calls.csv", export)
    app.router.add_get("/calls/{ref}", call_page)
