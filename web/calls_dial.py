"""Click-to-call: my phone rings first, then the patient's. One function says whether a number may be rung.

Nothing of a click reaches the exchange but types: a configured phone, digits, one context (`pbx.actions`). What comes
of it is told by the listener, like every call: `web.calls_click` shows it.
"""

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from aiohttp import web

from callbacks.desk import Desk
from callbacks.errors import CallbacksError
from patients.phones import e164, may_ring
from pbx.actions import BadActionError, ClickToCall, Pause
from pbx.link import LinkError
from store import Row, Tx
from tracking.numbers import assignment_on
from web.audit import Actor, Deed, actor, note
from web.calls_words import spoken
from web.context import CLINIC, me, now_ms, write
from web.forms import Form
from web.i18n import gettext as _
from web.i18n import mark
from web.rights import Right, needs

CONTEXT = "callward-originate"
_REASONS = {
    "country": mark("Numbers of that country may not be rung; the settings name those that may."),
    "premium": mark("This is a premium number; it is never rung."),
    "shared_cost": mark("This is a shared-cost number; it is never rung."),
    "satellite": mark("This is a satellite number; it is never rung."),
}


class RefusedError(Exception):
    """The number is not rung; the text says why, in the person's language."""


@dataclass(frozen=True, slots=True)
class Caps:
    """How many calls may be started on one day."""

    person: int = 250
    number: int = 8
    clinic: int = 2000


@dataclass(frozen=True, slots=True)
class Dialler:
    """How clicks become calls."""

    ring: Callable[[ClickToCall], Awaitable[None]]
    """Starts a call; any exception means that it did not start."""
    channel: Callable[[str], str | None]
    """The endpoint of an extension, such as `PJSIP/101`; None when it is no phone of the clinic."""
    context: Callable[[str], str] = lambda extension: CONTEXT
    """The dialplan context in which an extension's clicks begin."""
    presents: Callable[[str], str] = lambda extension: ""
    """The number that patients see when an extension rings them and they dialled none that is still ours."""
    pause: Callable[[str, Pause], Awaitable[None]] | None = None
    """Pauses or resumes a member at an exchange; None where the console cannot."""
    caps: Caps = Caps()


DIALLER = web.AppKey("dialler", Dialler)


@dataclass(frozen=True, slots=True)
class Wish:
    """Somebody wants to ring a number, perhaps to work on a callback."""

    number: str
    callback: int | None = None


def refusal(tx: Tx, app: web.Application, who: str, number: str, now: int) -> str | None:
    """Say why a person may not ring a number now, or None: the number itself, then what was rung today."""
    return barred(app, number, lambda: rung_today(tx, app, who, number, now))


def barred(app: web.Application, number: str, rung_today: Callable[[], Row]) -> str | None:
    """Say why a number may not be rung, or None; given how to learn what was rung today (see `rung_today`)."""
    rules, region = app[CLINIC].callbacks.rules, app[CLINIC].callbacks.region
    permission = may_ring(number, rules.countries or (region,))
    if not permission:
        return _(_REASONS.get(permission.reason or "", "This number may not be rung."))
    caps, rung = app[DIALLER].caps, rung_today()
    if rung["to_number"] >= caps.number:
        return _("This number was rung %(num)s times today; that is enough. Try again tomorrow.") % {
            "num": rung["to_number"]}
    if rung["by_person"] >= caps.person or rung["everybody"] >= caps.clinic:
        return _("More calls were started today than is allowed; dial on the phone itself.")
    return None


def rung_today(tx: Tx, app: web.Application, who: str, number: str, now: int) -> Row:
    """Return how many calls were started today: `by_person`, `to_number` and by `everybody`."""
    rung = tx.one("clicks_of_day", day=_day(app, now), person=who, number=number)
    assert rung is not None
    return rung


def rung_of_day(tx: Tx, app: web.Application, now: int) -> dict[str, int]:
    """Return how many calls were started today to each number that was rung."""
    return {row["number"]: row["clicks"] for row in tx.all("clicks_by_number", day=_day(app, now))}


async def ring(request: web.Request, wish: Wish) -> str:
    """Claim the callback if there is one, then ring my phone and the number after it; return the click's id.

    Raises:
        RefusedError: it may not be rung, there is no phone at this desk, or the exchange does not take the call.
        CallbacksError: somebody else has the callback, or it is closed.
    """
    app, person, now, who = request.app, me(request), now_ms(request), actor(request)
    if DIALLER not in app:
        raise RefusedError(_("Click-to-call is not set up; dial the number on your phone."))
    channel = app[DIALLER].channel(person.desk) if person.desk else None
    if channel is None:
        raise RefusedError(_("Choose your desk first: its phone rings before the patient's."))
    click = uuid.uuid4().hex
    shown, why = await write(
        request, spoken(lambda tx: _begin(tx, app, who, (wish, person.desk, click, now)))
    )
    if why is not None:
        raise RefusedError(why)
    try:
        dialled, context = wish.number.removeprefix("+"), app[DIALLER].context(person.desk)
        await app[DIALLER].ring(ClickToCall(channel, dialled, wish.number, context, click, presents=shown))
    except (BadActionError, LinkError, OSError, TimeoutError) as error:
        await write(request, lambda tx: _failed(tx, click, now))
        raise RefusedError(_("The exchange did not start the call; dial the number on your phone.")) from error
    return click


def _failed(tx: Tx, click: str, now: int) -> None:
    tx.run("click_state", id=click, state="failed")
    _tell(tx, "click.failed", click, now)


def _tell(tx: Tx, kind: str, click: str, now: int) -> None:
    tx.run("feed_append", id=tx.next_id("feed"), at_ms=now, kind=kind, ref=click, live=0)


def _begin(
    tx: Tx, app: web.Application, who: Actor, what: tuple[Wish, str, str, int]
) -> tuple[str, str | None]:
    """Take the callback and write the click down; return the number to present, and why it is refused."""
    wish, desk, click, now = what
    why = refusal(tx, app, who.person, wish.number, now)
    if why is not None:
        return "", why
    if wish.callback is not None:
        Desk(tx, app[CLINIC].callbacks, who.person, now).claim(wish.callback)
    tx.run("click_add", id=click, at_ms=now, local_day=_day(app, now), person=who.person, number=wish.number,
           phone=desk, callback=wish.callback)
    note(tx, who, Deed("rang", "callback" if wish.callback else "number", str(wish.callback or ""), desk))
    _tell(tx, "click.asked", click, now)
    return presented(tx, wish, _day(app, now), app[DIALLER].presents(desk)), None


def presented(tx: Tx, wish: Wish, day: str, otherwise: str = "") -> str:
    """Return what the patient's phone shall show, so that they know who rings: the number that they dialled last.

    It has to be ours still; else `otherwise`, else the one number of ours that belongs to no campaign, else "": the
    exchange then presents what it always does.
    """
    if wish.callback is not None:
        last = tx.one("callback_last_miss", callback=wish.callback)
    else:
        last = tx.one("call_last_inbound", number=wish.number)
    if last is not None and last["did"] and assignment_on(tx, last["did"], day) is not None:
        return str(last["did"])
    main = [row["did"] for row in tx.all("numbers_main", day=day)]
    return otherwise or (main[0] if len(main) == 1 else "")


@needs(Right.DIAL)
async def ring_number(request: web.Request) -> web.Response:
    """`POST /ring` with `number`: ring my phone, then the number."""
    form = await Form.of(request)
    number = e164(form.text("number", 40), request.app[CLINIC].callbacks.region)
    if number is None:
        return web.Response(status=409, text=_("That is not a phone number; write its digits."))
    try:
        await ring(request, Wish(number))
    except RefusedError as error:
        return web.Response(status=409, text=str(error))
    return web.Response(status=204)


def set_up(app: web.Application) -> None:
    """Add the routes."""
    app.router.add_post("/ring", ring_number)


def _day(app: web.Application, now: int) -> str:
    return datetime.fromtimestamp(now / 1000, UTC).astimezone(app[CLINIC].zone).date().isoformat()


__all__ = ["CONTEXT", "DIALLER", "CallbacksError", "Caps", "Dialler", "RefusedError", "Wish", "presented", "refusal",
           "ring"]
