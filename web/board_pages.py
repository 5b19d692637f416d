"""The page of the live board, and what it reads."""

from datetime import UTC, datetime, timedelta

from aiohttp import web
from markupsafe import Markup

from store import Tx, rollups
from tracking.numbers import assignment_on
from web import calls_words as words
from web.areas import Area, Painted, Viewer
from web.board import LiveCall, Phone, Rows, Today, board
from web.context import CLINIC
from web.pages import page
from web.parts import Parts
from web.queue_pause import reason_text
from web.rights import Right, needs
from web.streams import first

LIVE_MS = 12 * 3_600_000
"""A call that is said to live longer than this was lost sight of."""
MOST = 200
_KEPT = 4096
"""So many painted calls and phones are kept, less than 1 kB each."""
PHONE_DAYS = 7


def rows_of(tx: Tx, app: web.Application, now_ms: int) -> Rows:
    """Read what the board needs."""
    zone = app[CLINIC].zone
    today = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(zone).date()
    since = now_ms - LIVE_MS
    calls = tx.all("console_open_calls", since=since, limit=MOST)
    figures = tx.one("console_today", day=today.isoformat()) or {"answered": 0, "missed": 0}
    queue = tx.one("console_to_ring_back", now_ms=now_ms) or {"waiting": 0, "overdue": 0}
    labels = {}
    for did, day in {(call["did"], call["local_day"]) for call in calls if call["did"]}:
        assigned = assignment_on(tx, did, day)
        if assigned is not None and assigned["label"]:
            labels[did] = assigned["label"]
    used = tx.all("console_phones", day=(today - timedelta(days=PHONE_DAYS)).isoformat())
    return Rows(
        calls=calls,
        legs=tx.all("console_open_legs", since=since),
        talks=tx.all("console_open_talks", since=since),
        waits=tx.all("console_open_waits", since=since),
        places=tx.all("queue_places"),
        phones=tuple(row["agent"] for row in used if _is_extension(row["agent"])),
        noting={row["desk"]: row["ended_ms"]
                for row in tx.all("console_noting", now_ms=now_ms, ended_since=now_ms - rollups.WRAP_UP_MS)},
        people={row["desk"]: row["display"] for row in tx.all("console_desks", now_ms=now_ms)},
        labels=labels,
        today=Today(int(figures["answered"]), int(figures["missed"]), int(queue["waiting"]), int(queue["overdue"])),
    )


def area(app: web.Application) -> Area:
    """Return the board as an area of pages: the same for everybody who may see it."""
    parts = Parts(app, _KEPT)

    def look(tx: Tx, viewer: Viewer, now: int) -> Painted:
        shown = board(rows_of(tx, app, now), now)
        around = {"words": words, "reason_text": reason_text, "now": now}

        def part(template: str, id_: str, it: LiveCall | Phone) -> tuple[str, Markup]:
            return id_, parts.paint(template, viewer.language, (id_, it), lambda: {**around, "id": id_, "it": it})

        def column(calls: tuple[LiveCall, ...]) -> list[tuple[str, Markup]]:
            return [part("board_call.html", _id(call.ref), call) for call in calls]

        return Painted({
            "board": shown, "waiting": column(shown.waiting), "ringing": column(shown.ringing),
            "talking": column(shown.talking), "held": column(shown.held),
            "phones": [part("board_phone.html", f"phone-{place}", phone)
                       for place, phone in enumerate(shown.phones, 1)],
        })

    return Area("board", Right.BOARD, "board_area.html", look, kinds=("call.", "callback.", "queue.", "desk."),
                pace_s=0.1)


@needs(Right.BOARD)
async def board_page(request: web.Request) -> web.Response:
    """`GET /board`: what goes on now, with my own cards above it."""
    return page(request, "board.html", here="board", **await first(request, "pop", "duty", "board"))


def _id(ref: str) -> str:
    return "board-" + ref.replace(":", "-").replace(".", "-")


def _is_extension(agent: str) -> bool:
    return not agent.startswith("+") and len(agent) <= 8


def set_up(app: web.Application) -> None:
    """Add the routes."""
    app.router.add_get("/board", board_page)
