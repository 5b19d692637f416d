"""What a person says about the campaign of a call: it stands above every rule, with a reason, and can be taken back."""

from collections.abc import Callable

from aiohttp import web

from store import Row, Tx
from tracking import Author, TrackingError, corrections
from tracking.recompute import redecide_with_later
from web.audit import Actor, Deed, actor, note
from web.callbacks_pages import refused
from web.calls_notes import find
from web.context import CLINIC, write
from web.forms import Form
from web.refusals import said
from web.rights import Right, needs

SaysIt = Callable[[Tx, Row, Author], object]


def decide(tx: Tx, row: Row, says: SaysIt, who: tuple[Actor, str, int]) -> None:
    """Note what a person says, and decide the call and later ones that go by it again.

    `who` is the person, the deed for the audit log, and for how many days a returning caller keeps a campaign.

    Raises:
        TrackingError: it cannot be said, or there is nothing to take back.
    """
    person, deed, days = who
    says(tx, row, Author(person.person, person.at_ms))
    redecide_with_later(tx, row, person.at_ms, days)
    note(tx, person, Deed(deed, "call", f"{row['pbx']}:{row['id']}", "campaign"))


def standing(tx: Tx, row: Row) -> Row | None:
    """Return the correction of a call that stands: campaign, because, author, at_ms; None when the rules decide."""
    return tx.one("correction_of", pbx=row["pbx"], call=row["id"])


@needs(Right.CALLS, Right.COSTS)
async def correct(request: web.Request) -> web.Response:
    """`POST /calls/{ref}/campaign` with `campaign` (its number, "" for none) and `because`. 409 says why not."""
    form = await Form.of(request)
    campaign = form.number("campaign") if form.text("campaign", 18) else None
    because = form.text("because", corrections.LONGEST_REASON)
    return await _done(request, "attributed", lambda tx, row, who: corrections.correct(tx, row, campaign, because, who))


@needs(Right.CALLS, Right.COSTS)
async def undo(request: web.Request) -> web.Response:
    """`POST /calls/{ref}/campaign/undo`: what was said before stands again, or the rules."""
    return await _done(request, "took back", corrections.undo)


async def _done(request: web.Request, deed: str, says: SaysIt) -> web.Response:
    who, days = actor(request), request.app[CLINIC].returning_days

    def change(tx: Tx) -> None:
        decide(tx, find(tx, request.match_info["ref"]), says, (who, deed, days))

    try:
        await write(request, change)
    except TrackingError as error:
        return refused(said(error))
    return web.Response(status=204)


def set_up(app: web.Application) -> None:
    """Add the routes."""
    app.router.add_post("/calls/{ref}/campaign", correct)
    app.router.add_post("/calls/{ref}/campaign/undo", undo)
