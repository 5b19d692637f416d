"""Click-to-call: my phone rings first, then the patient's. One function says whether a number may be rung.

Nothing of a click reaches the exchange but types: a configured phone, digits, one context (`pbx.actions`).
"""

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from aiohttp import web

from callbacks.desk import Desk
from callbacks.errors import CallbacksError
from patients.phones import may_ring
from pbx.actions import BadActionError, ClickToCall
from pbx.link import LinkError
from store import Tx
from tracking.numbers import assignment_on
from web.audit import Actor, Deed, actor, note
from web.calls_words import spoken
from web.context import CLINIC, me, now_ms, write
from web.i18n import gettext as _
from web.i18n import mark

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
    context: str = CONTEXT
    caps: Caps = Caps()


DIALLER = web.AppKey("dialler", Dialler)


@dataclass(frozen=True, slots=True)
class Wish:
    """Somebody wants to ring a number, perhaps to work on a callback."""

    number: str
    callback: int | None = None


def refusal(tx: Tx, app: web.Application, who: str, number: str, now: int) -> str | None:
    """Say why a person may not ring a number now, or None: the number itself, then what was rung today."""
    rules, region = app[CLINIC].callbacks.rules, app[CLINIC].callbacks.region
    permission = may_ring(number, rules.countries or (region,))
    if not permission:
        return _(_REASONS.get(permission.reason or "", "This number may not be rung."))
    caps = app[DIALLER].caps
    rung = tx.one("clicks_of_day", day=_day(app, now), person=who, number=number)
    assert rung is not None
    if rung["to_number"] >= caps.number:
        return _("This number was rung %(num)s times today; that is enough. Try again tomorrow.") % {
            "num": rung["to_number"]}
    if rung["by_person"] >= caps.person or rung["everybody"] >= caps.clinic:
        return _("More calls were started today than is allowed; dial on the phone itself.")
    return None


async def ring(request: web.Request, wish: Wish) -> None:
    """Claim the callback if there is one, then ring my phone and the number after it.

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
        digits = wish.number.removeprefix("+")
        await app[DIALLER].ring(ClickToCall(channel, digits, shown, app[DIALLER].context, click))
    except (BadActionError, LinkError, OSError, TimeoutError) as error:
        await write(request, lambda tx: tx.run("click_state", id=click, state="failed"))
        raise RefusedError(_("The exchange did not start the call; dial the number on your phone.")) from error


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
    return _presented(tx, wish, _day(app, now)), None


def _presented(tx: Tx, wish: Wish, day: str) -> str:
    """Return the number that they dialled themselves, while it is still ours, so that they know who rings."""
    miss = tx.one("callback_last_miss", callback=wish.callback) if wish.callback is not None else None
    did = miss["did"] if miss is not None else None
    return did if did and assignment_on(tx, did, day) is not None else wish.number


def _day(app: web.Application, now: int) -> str:
    return datetime.fromtimestamp(now / 1000, UTC).astimezone(app[CLINIC].zone).date().isoformat()


__all__ = ["CONTEXT", "DIALLER", "CallbacksError", "Caps", "Dialler", "RefusedError", "Wish", "refusal", "ring"]
