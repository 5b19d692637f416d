"""The manager's first page: who was lost for good, who still waits, when too few sat at the desk, what that cost."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from reports.period import Period, preset
from reports.today import BY_NAME, Hour, Today, callbacks, today
from store import Row, Tx
from tracking.campaigns import from_minor
from web import calls_words as words
from web.areas import Area, Painted, Viewer
from web.audit import looked
from web.callbacks_pages import SNOOZES, item
from web.calls_dial import DIALLER
from web.calls_filter import PERIODS
from web.context import CLINIC, me, now_ms, read
from web.formats import money_text
from web.pages import page
from web.periods import Chosen, period_of
from web.rights import Right, needs
from web.streams import first

LISTED = 8
"""So many of the lost and of the late are named on the page; the rest stands behind the figure."""
SHOWN = 50


@dataclass(frozen=True, slots=True)
class Named:
    """A lost caller or a late callback with what tells who it is."""

    row: Row
    patients: tuple[Row, ...]
    campaign: str


def values(tx: Tx, app: web.Application, chosen: Chosen, now: int) -> dict[str, Any]:
    """Read everything that the page shows."""
    found = today(tx, chosen.period, now, reached_s=app[CLINIC].callbacks.rules.reached_s)
    lost = [_lost(tx, row) for row in list(found.lost.calls)[::-1][:LISTED]]
    late = [Named(row, tuple(tx.all("callback_patients", number=row["number"])), _campaign(row))
            for row in callbacks(tx, now, late=True, limit=LISTED)]
    return {"today": found, "lost": lost, "late": late, "chosen": chosen, "metrics": BY_NAME, "words": words,
            "cost": money(found.lost.cost), "bars": bars(found)}


def _lost(tx: Tx, key: Row) -> Named:
    row = tx.one("console_call_row", pbx=key["pbx"], call=key["id"])
    assert row is not None, "it was read in this transaction"
    return Named(row, tuple(tx.all("callback_patients", number=row["party"])), _campaign(row))


def _campaign(row: Row) -> str:
    return f"{row['campaign_source']} / {row['campaign_name']}" if row["campaign_source"] else ""


def money(amounts: Any) -> list[str]:
    """Write amounts in their smallest units as people do, one for each currency."""
    return [money_text(from_minor(minor, currency).split(" ")[0], currency)
            for currency, minor in sorted(amounts.items())]


def bars(found: Today) -> list[tuple[Hour, float, float]]:
    """Return each hour with how long its bars are, of 100: answered, and missed beside it."""
    most = max((hour.calls for hour in found.hours), default=0) or 1
    return [(hour, round(100 * hour.answered / most, 1), round(100 * hour.missed / most, 1)) for hour in found.hours]


def seen(shown: dict[str, Any]) -> tuple[str, ...]:
    """Return the patients that can be seen."""
    return tuple(dict.fromkeys(who["ref"] for one in (*shown["lost"], *shown["late"]) for who in one.patients))


def area(app: web.Application) -> Area:
    """Return the figures of this day as an area of pages: the same for everybody who may see them."""

    def look(tx: Tx, viewer: Viewer, now: int) -> Painted:
        del viewer
        shown = values(tx, app, Chosen(_today(app, now), "today"), now)
        return Painted(shown, seen(shown))

    return Area("today", Right.TEAM, "today_area.html", look, kinds=("callback.",))


def _today(app: web.Application, now: int) -> Period:
    return preset("today", datetime.fromtimestamp(now / 1000, UTC), app[CLINIC].zone)


@needs(Right.TEAM, Right.CALLS, Right.CALLBACKS)
async def today_page(request: web.Request) -> web.Response:
    """`GET /today?period=7d`: the first page. Of today it is live."""
    chosen, now = period_of(request, "today"), now_ms(request)
    if chosen.preset == "today":
        return page(request, "today.html", here="today", chosen=chosen, presets=PERIODS,
                    **await first(request, "pop", "today"))
    shown = await read(request, lambda tx: values(tx, request.app, chosen, now))
    await looked(request, "patient", *seen(shown))
    return page(request, "today.html", here="today", presets=PERIODS, **shown, **await first(request, "pop"))


@needs(Right.TEAM, Right.CALLBACKS)
async def waiting_page(request: web.Request) -> web.Response:
    """`GET /today/callbacks?late=1&skip=N`: the very callbacks behind a figure, first the one that was due first."""
    late, text = request.query.get("late") == "1", request.query.get("skip", "0")
    skip = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
    now, person = now_ms(request), me(request)

    def look(tx: Tx) -> tuple[list[Any], bool]:
        rows = callbacks(tx, now, late=late, limit=SHOWN + 1, skip=skip)
        return [item(tx, request.app, row, person.name, now) for row in rows[:SHOWN]], len(rows) > SHOWN

    items, more = await read(request, look)
    await looked(request, "patient", *dict.fromkeys(who["ref"] for shown in items for who in shown.patients))
    return page(
        request, "today_callbacks.html", here="today", items=items, late=late, words=words, snoozes=SNOOZES,
        metric=BY_NAME["late" if late else "waiting"], dials=DIALLER in request.app,
        may_work=Right.RING_BACK in person.rights, skip=skip, older=skip + SHOWN if more else None,
        newer=max(skip - SHOWN, 0) if skip else None, **await first(request, "pop"),
    )  # fmt: skip


def set_up(app: web.Application) -> None:
    """Add the routes."""
    app.router.add_get("/today", today_page)
    app.router.add_get("/today/callbacks", waiting_page)
