"""My place in the queues: pause it with a reason, and come back. Nobody moves anybody else's."""

from dataclasses import dataclass
from typing import Any

from aiohttp import web

from pbx.actions import MAX_REASON, BadActionError, Pause
from pbx.link import LinkError
from pbx.telephones import NotAllowedError
from store import Row, Tx
from web.areas import Area, Painted, Viewer
from web.audit import Actor, Deed, actor, note
from web.calls_dial import DIALLER
from web.context import me, read, write
from web.forms import Form
from web.i18n import gettext as _
from web.i18n import mark
from web.rights import Right, needs

REASONS = {
    "break": mark("Break"), "lunch": mark("Lunch"), "paperwork": mark("Paperwork"), "meeting": mark("Meeting"),
    "training": mark("Training"), "patient": mark("With a patient"),
}  # fmt: skip
"""The reasons that are offered. Asterisk gets the key: reports of any tool read one word, in one language."""


class RefusedPauseError(Exception):
    """The place was not changed; the text says why, in the person's language."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Somebody at a desk wants to pause, or to come back."""

    desk: str
    paused: bool
    reason: str = ""
    queue: str = ""
    """One queue, "" for all in which the desk has a place."""


def reason_text(reason: str) -> str:
    """Return a reason in the person's language; what is none of ours stays as it was written."""
    return _(REASONS[reason]) if reason in REASONS else reason


async def change(app: web.Application, who: Actor, wish: Wish, places: list[Row]) -> list[Row]:
    """Pause or resume the places of a desk, rows of `queue_places_of`; return those that the exchange changed.

    Raises:
        RefusedPauseError: there is no such place, or the exchange does not do it.
    """
    pause = app[DIALLER].pause if DIALLER in app else None
    if pause is None:
        raise RefusedPauseError(
            _("The console may not pause you; use your phone, or ask the admin to set [pbx.click]."))
    mine = [row for row in places if wish.queue in ("", row["queue"])]
    if not mine:
        raise RefusedPauseError(_("This desk has no place in a queue: there is nothing to pause."))
    for pbx, interface in dict.fromkeys((row["pbx"], row["interface"]) for row in mine):
        try:
            await pause(pbx, Pause(interface, wish.paused, wish.reason if wish.paused else "", wish.queue))
        except NotAllowedError as error:
            raise RefusedPauseError(
                _("The exchange does not let the console pause: its AMI user needs write = agent. Use your phone.")
            ) from error
        except BadActionError as error:
            raise RefusedPauseError(
                _("Write the reason in one line of at most %(num)s characters.") % {"num": MAX_REASON}) from error
        except (LinkError, OSError, TimeoutError) as error:
            raise RefusedPauseError(_("The exchange did not do it; pause on your phone.")) from error
    return mine


@needs(Right.BOARD, Right.DIAL)
async def pause_me(request: web.Request) -> web.Response:
    """`POST /desk/pause` with `reason` (one that is offered, or `other` with `text`), and perhaps one `queue`."""
    form = await Form.of(request)
    reason = form.text("reason", 20)
    if reason not in REASONS:
        reason = " ".join(form.text("text", 200).split())
        if not reason:
            return web.Response(status=409, text=_("Choose a reason, or write one."))
    return await _do(request, Wish(me(request).desk, True, reason, form.text("queue", 80)))


@needs(Right.BOARD, Right.DIAL)
async def resume_me(request: web.Request) -> web.Response:
    """`POST /desk/resume`, perhaps with one `queue`: calls come to me again."""
    form = await Form.of(request)
    return await _do(request, Wish(me(request).desk, False, queue=form.text("queue", 80)))


async def _do(request: web.Request, wish: Wish) -> web.Response:
    who = actor(request)
    places = await read(request, lambda tx: places_of(tx, wish.desk))
    try:
        changed = await change(request.app, who, wish, places)
    except RefusedPauseError as error:
        return web.Response(status=409, text=str(error))
    queues = " ".join(dict.fromkeys(row["queue"] for row in changed))
    deed = Deed("paused" if wish.paused else "resumed", "desk", wish.desk, queues)
    await write(request, lambda tx: note(tx, who, deed))
    return web.Response(status=204)


def places_of(tx: Tx, desk: str) -> list[Row]:
    """Return the places of a desk in the queues of all exchanges."""
    return tx.all("queue_places_of", extension=desk) if desk else []


def area(app: web.Application) -> Area:
    """Return my place in the queues, as the board shows it to me."""

    def look(tx: Tx, viewer: Viewer, now: int) -> Painted:
        desk = viewer.person.desk
        values: dict[str, Any] = {
            "desk": desk, "places": places_of(tx, desk), "reasons": REASONS, "reason_text": reason_text,
            "most": MAX_REASON, "may": DIALLER in app and app[DIALLER].pause is not None,
        }  # fmt: skip
        return Painted(values)

    return Area("duty", Right.DIAL, "duty_area.html", look, kinds=("queue.",),
                alike=lambda viewer: viewer.person.desk, ages=False)


def set_up(app: web.Application) -> None:
    """Add the routes."""
    app.router.add_post("/desk/pause", pause_me)
    app.router.add_post("/desk/resume", resume_me)
