"""Hours and holidays as they hold, and the days on which the clinic works otherwise, said here."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from aiohttp import web
from babel import dates

from callbacks import day_changes
from callbacks.day_changes import Day, Said
from callbacks.errors import HoursError
from callbacks.hours import Hours, Spans
from callbacks.own_days import refresh, write_spans
from store import Tx
from web.admin_pages import admin_page, done
from web.audit import Deed, actor
from web.backroom import BACKROOM
from web.calls_filter import known_day
from web.context import CLINIC, now_ms, read
from web.forms import Form
from web.i18n import gettext as _
from web.i18n import language
from web.rights import Right, needs_one_of

MAY = (Right.SETUP, Right.TEAM)
AHEAD_DAYS = 365


@dataclass(frozen=True, slots=True)
class Special:
    """A day that is not like its weekday. `why` is own, settings or holiday; an own one may be taken back."""

    location: str
    day: date
    hours: str
    why: str
    reason: str = ""
    author: str = ""


@needs_one_of(*MAY)
async def hours_page(request: web.Request) -> web.Response:
    """`GET /admin/hours`: each location's week and the special days of the next year."""
    return await _page(request)


@needs_one_of(*MAY)
async def put(request: web.Request) -> web.Response:
    """`POST /admin/hours`: a day is closed, or has other hours; open callbacks are planned anew by it."""
    form, who, ctx = await Form.of(request), actor(request), request.app[CLINIC].callbacks
    location, text, day = form.text("location"), form.text("hours", 80), form.text("day", 10)
    closed, reason = bool(form.text("closed", 5)), form.text("reason", 100)

    def change(tx: Tx) -> None:
        if not closed and not text:
            raise HoursError("Write the hours of the day, such as 08:00-12:00, or say that it is closed.")
        day_changes.put(tx, ctx, Day(location, _day(day), "" if closed else text, reason), Said(who.person, who.at_ms))

    return await done(request, Deed("changed", "hours", f"{day} {location}".strip(), "closed" if closed else text),
                      change, _again(request))


@needs_one_of(*MAY)
async def drop(request: web.Request) -> web.Response:
    """`POST /admin/hours/drop`: let the settings say again what a day is."""
    form, who, ctx = await Form.of(request), actor(request), request.app[CLINIC].callbacks
    location, day = form.text("location"), form.text("day", 10)
    return await done(
        request, Deed("changed", "hours", f"{day} {location}".strip(), "as the settings say"),
        lambda tx: day_changes.drop(tx, ctx, Day(location, _day(day)), Said(who.person, who.at_ms)), _again(request),
    )  # fmt: skip


def _day(text: str) -> date:
    if not known_day(text):
        raise HoursError("Choose a day.")
    return date.fromisoformat(text)


def specials(location: str, hours: Hours, said: dict[date, Special], first: date) -> Iterator[Special]:
    """Yield the special days of a location from a day on, each once: what was said here wins."""
    for ahead in range(AHEAD_DAYS):
        day = first + timedelta(days=ahead)
        if day in said:
            yield said[day]
        elif day in hours.exceptions:
            yield Special(location, day, write_spans(hours.exceptions[day]), "settings")
        elif hours.is_holiday(day) and hours.week[day.weekday()]:
            yield Special(location, day, "", "holiday")


def _again(request: web.Request) -> Callable[[int, str], Awaitable[web.Response]]:
    async def again(status: int, said: str) -> web.Response:
        return await _page(request, status, said=said)

    return again


async def _page(request: web.Request, status: int = 200, *, said: str = "") -> web.Response:
    ctx = request.app[CLINIC].callbacks
    today = ctx.hours_at("").local_day(now_ms(request))

    def look(tx: Tx) -> list[Special]:
        refresh(tx, ctx.hours)
        return [Special(row["location"], date.fromisoformat(row["day"]), row["hours"], "own", row["reason"],
                        row["author"]) for row in tx.all("hours_exceptions", from_day=today.isoformat())]

    own = await read(request, look)
    places = [_place(location, hours, own, today) for location, hours in sorted(ctx.hours.items())]
    return admin_page(request, "admin_hours.html", status=status, said=said, places=places, today=today.isoformat(),
                      locations=[name for name in ctx.hours if name], file=request.app[BACKROOM].settings)


def _place(location: str, hours: Hours, own: list[Special], today: date) -> dict[str, Any]:
    said = {one.day: one for one in own if one.location == ""} | {one.day: one for one in own
                                                                  if one.location == location}
    return {"name": location, "week": [(_weekday(n), _text(spans)) for n, spans in enumerate(hours.week)],
            "specials": list(specials(location, hours, said, today)), "zone": hours.zone.key}


def _weekday(number: int) -> str:
    return str(dates.get_day_names("wide", "stand-alone", language())[number])


def _text(spans: Spans) -> str:
    return write_spans(spans) or _("closed")


def set_up(app: web.Application) -> None:
    """Add the routes."""
    app.router.add_get("/admin/hours", hours_page)
    app.router.add_post("/admin/hours", put)
    app.router.add_post("/admin/hours/drop", drop)
