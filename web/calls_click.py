"""What comes of my click, on every page: my phone rings, the patient's rings, we talk, it was answered or not."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from aiohttp import web

from store import Row, Tx
from web import calls_words as words
from web.areas import Area, Painted, Viewer
from web.calls_dial import DIALLER
from web.i18n import mark
from web.rights import Right

Stage = Literal["asked", "mine", "theirs", "talking", "spoke", "not_reached", "not_mine", "failed", "lost"]
SINCE_MS = 4 * 3_600_000
SHOWN_MS = 45_000
"""For so long the end of a click stays on the page."""
PATIENCE_MS = 20_000
"""An exchange that says nothing of a click for so long did not start it."""
STAGES = {
    "asked": mark("The exchange is asked to ring your phone."),
    "mine": mark("Your phone rings: pick it up, then theirs rings."),
    "theirs": mark("Their phone rings."),
    "talking": mark("You are talking."),
    "spoke": mark("Answered."),
    "not_reached": mark("Not reached: %(what)s."),
    "not_mine": mark("You did not pick up your phone, so theirs did not ring."),
    "failed": mark("The exchange did not start the call; dial the number on your phone."),
    "lost": mark("Nothing was heard of this call; look at your phone."),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A click as its person sees it."""

    number: str
    stage: Stage
    since_ms: int
    talk_ms: int = 0
    ref: str = ""
    """The call, `pbx:id`, "" before there is one."""
    what: str = ""
    """How it ended, in words."""

    @property
    def over(self) -> bool:
        """Say whether nothing more will happen."""
        return self.stage not in ("asked", "mine", "theirs", "talking")


def last_click(tx: Tx, person: str, now_ms: int) -> Shown | None:
    """Return a person's newest click with what became of it; None when there is none, or it was over long ago."""
    click = tx.one("click_last", person=person, since=now_ms - SINCE_MS)
    if click is None:
        return None
    shown = click_now(tx, click, now_ms)
    return None if shown.over and now_ms - shown.since_ms > SHOWN_MS else shown


def click_now(tx: Tx, click: Row, now_ms: int) -> Shown:
    """Return what has become of a click, a row of `click`."""
    call = tx.one("click_call", click=click["id"]) or tx.one(
        "click_call_guessed", phone=click["phone"], number=click["number"], since=click["at_ms"] - 2000)
    legs = tx.all("legs", pbx=call["pbx"], call=call["id"]) if call is not None else []
    return stage_of(click, call, legs, now_ms)


def stage_of(click: Row, call: Row | None, legs: Iterable[Row], now_ms: int) -> Shown:
    """Say where a click stands. Pure."""
    asked, number = click["at_ms"], click["number"]
    if call is None:
        if click["state"] == "failed":
            return Shown(number, "failed", asked)
        late = asked + PATIENCE_MS
        return Shown(number, "lost", late) if now_ms > late else Shown(number, "asked", asked)
    ref, began = f"{call['pbx']}:{call['id']}", call["started_ms"]
    mine = [leg["answered_ms"] for leg in legs if leg["role"] == "phone" and leg["number"] == click["phone"]]
    picked_up = min((at for at in mine if at is not None), default=None)
    if call["ended_ms"] is None:
        if call["answered_ms"] is not None:
            return Shown(number, "talking", call["answered_ms"], ref=ref)
        if picked_up is not None:
            return Shown(number, "theirs", picked_up, ref=ref)
        return Shown(number, "mine", began, ref=ref)
    if call["outcome"] == "answered":
        return Shown(number, "spoke", call["ended_ms"], call["talk_ms"], ref)
    if picked_up is None:
        return Shown(number, "not_mine", call["ended_ms"], ref=ref)
    return Shown(number, "not_reached", call["ended_ms"], ref=ref, what=words.outcome_text(call))


def area(app: web.Application) -> Area:
    """Return my click as an area that every page of the console carries."""

    def look(tx: Tx, viewer: Viewer, now: int) -> Painted:
        shown = last_click(tx, viewer.person.name, now) if DIALLER in app else None
        values: dict[str, Any] = {"click": shown, "stages": STAGES}
        return Painted(values)

    return Area("click", Right.DIAL, "click_area.html", look, kinds=("call.", "click."), desks=_desks, urgent=True,
                personal=_clicking)


def _clicking(tx: Tx, now_ms: int) -> frozenset[str]:
    return frozenset(row["person"] for row in tx.all("click_people", since=now_ms - SINCE_MS))


def _desks(tx: Tx, rows: Iterable[Row]) -> frozenset[str]:
    """Return the desks whose clicks some rows of the feed are about."""
    found: set[str] = set()
    for kind, ref in {(row["kind"].partition(".")[0], row["ref"]) for row in rows}:
        if kind == "click":
            click = tx.one("click_get", id=ref)
            found.update([click["phone"]] if click is not None else [])
            continue
        pbx, _, call = ref.partition(":")
        row = tx.one("call_get", pbx=pbx, id=call)
        if row is not None and row["direction"] != "inbound" and row["extension"]:
            found.add(row["extension"])
    return frozenset(found)
