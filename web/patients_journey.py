"""A patient's way to the clinic as a page tells it: the touches, their stages and sources, and who gets the credit."""

from dataclasses import dataclass

from store import Tx
from tracking.journey import Journey, Model, Source, Step
from tracking.journey_gather import journey_of_patient
from web.i18n import mark

SHOWN = 40
"""So many touches: a way of years is told from its beginning, where the clinic was found."""
KINDS = {
    "visit": mark("Visit to the site"), "call": mark("Call"), "our_call": mark("Our call"),
    "request": mark("Asked to be rung back"), "callback": mark("Callback"), "appointment": mark("Appointment"),
}  # fmt: skip
STAGES = {
    "awareness": mark("awareness"), "search": mark("search"), "choice": mark("choice"), "care": mark("care"),
    "after-care": mark("after-care"),
}  # fmt: skip
MODELS: dict[Model, str] = {
    "first": mark("First touch"), "last": mark("Last touch"),
    "last_non_direct": mark("Last touch that was not direct"), "linear": mark("All touches alike"),
    "position_based": mark("The first and the last two fifths each, the others the rest"),
}


@dataclass(frozen=True, slots=True)
class Way:
    """What is shown: the first steps, how many more there are, and for each model its sources with their share."""

    steps: tuple[Step, ...]
    more: int
    credit: tuple[tuple[str, tuple[tuple[str, float], ...]], ...]
    booked: bool


def way_of(tx: Tx, ref: str) -> Way | None:
    """Return a patient's way, None when nothing tells where they came from."""
    found = journey_of_patient(tx, ref)
    if not any(step.touch.own and step.touch.source and not step.touch.source.direct for step in found.steps):
        return None
    steps = [step for step in found.steps if not _is_elsewhere(step)]
    return Way(tuple(steps[:SHOWN]), max(len(steps) - SHOWN, 0), _credit(found), found.booked_ms is not None)


def _is_elsewhere(step: Step) -> bool:
    """Say whether a touch stands enough among what happened: notes, ends of callbacks, all that is after the care."""
    touch = step.touch
    if touch.kind in ("comment", "topic") or (touch.kind == "callback" and touch.detail != "opened"):
        return True
    return "after-care" in step.stages and touch.kind != "visit"


def source_text(source: Source) -> str:
    """Return a source in one line: `google / cpc / Implants`."""
    return " / ".join(part for part in (source.source, source.medium, source.name) if part)


def _credit(found: Journey) -> tuple[tuple[str, tuple[tuple[str, float], ...]], ...]:
    return tuple(
        (MODELS[model], tuple((source_text(source), share) for source, share in shares.items()))
        for model, shares in found.credit.items() if shares
    )  # fmt: skip
