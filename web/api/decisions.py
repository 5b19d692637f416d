"""What people decide about a call: which campaign it belongs to, and whether it counts at all."""

from typing import Annotated, Any, Literal

from pydantic import Field

from callbacks import marks as book
from callbacks.desk import Desk
from callbacks.errors import NotMarked
from store import Row, Tx
from store.documents import iso
from tracking import corrections
from tracking.attribute import why
from tracking.why import HIDDEN
from web.api.calls import OneCall, find_call
from web.api.operations import Ask, Operations
from web.api.problems import Problem
from web.api.shapes import Answered, IdSent, Line, Lines, Sent
from web.audit import Deed, note
from web.calls_campaign import SaysIt, decide
from web.context import CLINIC
from web.rights import Right

decisions = Operations("Decisions about calls")


class Correction(Answered):
    """What a person said about the campaign of a call."""

    campaign: int | None = Field(description="null: of no campaign")
    because: str = Field(description="may name somebody: only with calls:read, and to who wrote it")
    author: str
    at: str
    undone_by: str | None
    undone_at: str | None


class CampaignOfCall(Answered):
    """Why a call belongs to its campaign, and what people said about it, oldest first."""

    why: list[str]
    corrections: list[Correction]


class SaidCampaign(Sent):
    """Which campaign a call belongs to, and why a person says so."""

    campaign: IdSent | None = Field(description="null: it belongs to no campaign")
    because: Annotated[Lines, Field(max_length=corrections.LONGEST_REASON)]


class CallMark(Sent):
    """Why a call does not count."""

    kind: Literal["staff", "spam", "test"]
    reason: Line


@decisions.get("/calls/{call}/campaign", Right.COSTS, place=OneCall, answer=CampaignOfCall, refuses=(404,))
async def attribution(ask: Ask) -> dict[str, Any]:
    """Return why a call belongs to its campaign; no caller is named."""
    return await ask.read(lambda tx: _told(ask, tx, find_call(tx, ask.place.call)))


@decisions.put("/calls/{call}/campaign", Right.COSTS, place=OneCall, body=SaidCampaign, answer=CampaignOfCall,
               refuses=(404, 409))
async def attribute(ask: Ask) -> dict[str, Any]:
    """Say which campaign a call belongs to: it stands above every rule, and later calls that go by this one follow."""
    said = ask.body
    return await _decide(ask, "attributed",
                         lambda tx, row, who: corrections.correct(tx, row, said.campaign, said.because, who))


@decisions.delete("/calls/{call}/campaign", Right.COSTS, place=OneCall, answer=CampaignOfCall, refuses=(404, 409))
async def undo(ask: Ask) -> dict[str, Any]:
    """Take back what was said last; what was said before stands again, or the rules."""
    return await _decide(ask, "took back", corrections.undo)


@decisions.put("/calls/{call}/mark", Right.RING_BACK, place=OneCall, body=CallMark, refuses=(404,))
async def mark(ask: Ask) -> None:
    """Mark one call as staff, spam or test: it is in no figure, and owes no callback."""
    body, who, now, app = ask.body, ask.who, ask.now, ask.app

    def change(tx: Tx) -> None:
        row = find_call(tx, ask.place.call)
        book.mark_call(Desk(tx, app[CLINIC].callbacks, who.person, now), row, body.kind, body.reason)
        note(tx, who, Deed("marked", "call", _ref(row), body.kind))

    await ask.write(change)


@decisions.delete("/calls/{call}/mark", Right.RING_BACK, place=OneCall, refuses=(404,))
async def unmark(ask: Ask) -> None:
    """Take the mark off a call; it counts again."""
    who, now, app = ask.who, ask.now, ask.app

    def change(tx: Tx) -> None:
        row = find_call(tx, ask.place.call)
        book.unmark_call(tx, app[CLINIC].callbacks, row, now)
        note(tx, who, Deed("unmarked", "call", _ref(row)))

    try:
        await ask.write(change)
    except NotMarked as error:
        raise Problem(404, str(error)) from None


async def _decide(ask: Ask, deed: str, says: SaysIt) -> dict[str, Any]:
    who, days = ask.who, ask.app[CLINIC].returning_days

    def change(tx: Tx) -> dict[str, Any]:
        row = find_call(tx, ask.place.call)
        decide(tx, row, says, (who, deed, days))
        return _told(ask, tx, row)

    return await ask.write(change)


def _told(ask: Ask, tx: Tx, row: Row) -> dict[str, Any]:
    reads = Right.CALLS in ask.me.rights
    return {
        "why": why(tx, row["pbx"], row["id"], ask.app[CLINIC].zone, notes=reads),
        "corrections": [
            {"campaign": one["campaign"],
             "because": one["because"] if reads or one["author"] == ask.who.person else HIDDEN,
             "author": one["author"], "at": iso(one["at_ms"]),
             "undone_by": one["undone_by"], "undone_at": iso(one["undone_ms"])}
            for one in corrections.corrections(tx, row)
        ],
    }  # fmt: skip


def _ref(row: Row) -> str:
    return f"{row['pbx']}:{row['id']}"
