"""A patient's way to the clinic: every touch in order, the stages it passes, and models of the credit. Pure.

Five stages, each a rule of STAGES over one touch; a touch may be in several (a first visit by an advertisement's click
is awareness and search). The models look at the touches that were made before the first booking, or at all while there
is none, and that came from somewhere of their own: a visit, or a call to a number. What inherits its source from an
earlier touch (our callback, the caller's return, the call of a visitor) is that touch's, and gets no credit again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

Kind = Literal["visit", "call", "our_call", "request", "callback", "comment", "topic", "appointment"]
Stage = Literal["awareness", "search", "choice", "care", "after-care"]
Model = Literal["first", "last", "last_non_direct", "linear", "position_based"]
STAGE_NAMES: tuple[Stage, ...] = get_args(Stage)
MODELS: tuple[Model, ...] = get_args(Model)

VISIT_MS = 3_600_000
"""How long a visit to the clinic lasts: nobody tells when it ends."""
OFFLINE = frozenset((
    "offline", "billboard", "outdoor", "print", "newspaper", "magazine", "leaflet", "flyer", "poster", "radio", "tv",
    "transit", "card", "sign",
))  # fmt: skip
"""Media that are not on the web."""
DIRECT = frozenset((("direct", "none"), ("(direct)", "(none)")))
_ENDS = 0.4
"""What position_based gives to the first and to the last touch each; the others share the rest."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a touch came from, in the utm words."""

    source: str
    medium: str
    name: str = ""

    @property
    def direct(self) -> bool:
        """Say whether it says nothing: the visitor typed the address, the caller knew the number."""
        return (self.source, self.medium) in DIRECT


NOWHERE = Source("direct", "none")


@dataclass(frozen=True, slots=True)
class Touch:
    """One touch. `own` says that its source is its own and not an earlier touch's.

    `ref` is what it is known by: a call `pbx:id`, a visit, callback or request number, an appointment's reference.
    `click` and `referred` say how a visit arrived. `status` is that of an appointment, `standing` that it was not
    cancelled; `booked_ms` is when it was made. `text` is what people wrote: not for everybody's eyes.
    """

    at_ms: int
    kind: Kind
    ref: str
    source: Source | None = None
    own: bool = False
    click: bool = False
    referred: bool = False
    status: str = ""
    standing: bool = False
    booked_ms: int | None = None
    value_minor: int | None = None
    currency: str | None = None
    detail: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Milestones:
    """The moments that the stages go by; None for what has not come yet. `first` is the index of the first touch."""

    first: int | None
    booked_ms: int | None
    ends_ms: int | None


@dataclass(frozen=True, slots=True)
class Step:
    """A touch with the stages it is in."""

    touch: Touch
    stages: tuple[Stage, ...]


@dataclass(frozen=True, slots=True)
class Journey:
    """The touches in order, and for each model the share of each source, adding up to 1; {} where there is none."""

    steps: tuple[Step, ...]
    credit: dict[Model, dict[Source, float]] = field(default_factory=dict)
    booked_ms: int | None = None


def _awareness(touch: Touch, place: int, at: Milestones) -> bool:
    """The first known touch of an offline medium, or the first visit."""
    if place != at.first:
        return False
    return touch.kind == "visit" or (touch.source is not None and touch.source.medium in OFFLINE)


def _search(touch: Touch, place: int, at: Milestones) -> bool:
    """A visit by click id or referrer."""
    return touch.kind == "visit" and (touch.click or touch.referred)


def _choice(touch: Touch, place: int, at: Milestones) -> bool:
    """A call, a request or a message before a booking."""
    if touch.kind in ("visit", "appointment"):
        return False
    return at.booked_ms is None or touch.at_ms <= at.booked_ms


def _care(touch: Touch, place: int, at: Milestones) -> bool:
    """From the booking of the first appointment until its end."""
    if at.booked_ms is None or at.ends_ms is None:
        return False
    return touch.at_ms <= at.ends_ms and (touch.at_ms > at.booked_ms or touch.kind == "appointment")


def _after_care(touch: Touch, place: int, at: Milestones) -> bool:
    """Anything later."""
    return at.ends_ms is not None and touch.at_ms > at.ends_ms


STAGES: tuple[tuple[Stage, Callable[[Touch, int, Milestones], bool]], ...] = (
    ("awareness", _awareness),
    ("search", _search),
    ("choice", _choice),
    ("care", _care),
    ("after-care", _after_care),
)
"""The stages, each with its rule."""


def journey(touches: Sequence[Touch]) -> Journey:
    """Return the journey of some touches, in any order given."""
    ordered = sorted(touches, key=lambda touch: (touch.at_ms, _ORDER[touch.kind], touch.ref))
    at = milestones(ordered)
    steps = tuple(
        Step(touch, tuple(stage for stage, rule in STAGES if rule(touch, place, at)))
        for place, touch in enumerate(ordered)
    )
    own = [touch for touch in ordered if touch.own and touch.source is not None
           and (at.booked_ms is None or touch.at_ms <= at.booked_ms)]  # fmt: skip
    return Journey(steps, {model: shares(own, model) for model in MODELS}, at.booked_ms)


def milestones(ordered: Sequence[Touch]) -> Milestones:
    """Return the moments that the stages of ordered touches go by. A cancelled appointment is none."""
    first = next((place for place, touch in enumerate(ordered) if touch.own), None)
    visits = [touch for touch in ordered if touch.kind == "appointment" and touch.standing]
    if not visits:
        return Milestones(first, None, None)
    earliest = visits[0]
    booked = min(touch.booked_ms if touch.booked_ms is not None else touch.at_ms for touch in visits)
    return Milestones(first, min(booked, earliest.at_ms), earliest.at_ms + VISIT_MS)


def shares(touches: Sequence[Touch], model: Model) -> dict[Source, float]:
    """Return what each source gets of one booking by a model; the shares add up to 1, and are {} without touches."""
    credit: dict[Source, float] = {}
    for touch, weight in zip(touches, weights([touch.source or NOWHERE for touch in touches], model), strict=True):
        if weight:
            source = touch.source or NOWHERE
            credit[source] = credit.get(source, 0.0) + weight
    return credit


def weights(sources: Sequence[Source], model: Model) -> list[float]:
    """Return the weight of each touch by a model: not negative, adding up to 1 when there is any touch."""
    count = len(sources)
    if not count:
        return []
    if model == "linear":
        return [1 / count] * count
    if model == "position_based":
        if count <= 2:
            return [1 / count] * count
        return [_ENDS, *[(1 - 2 * _ENDS) / (count - 2)] * (count - 2), _ENDS]
    place = {"first": 0, "last": count - 1}.get(model)
    if place is None:
        told = [n for n, source in enumerate(sources) if not source.direct]
        place = told[-1] if told else count - 1
    return [float(n == place) for n in range(count)]


_ORDER: dict[Kind, int] = {kind: place for place, kind in enumerate(get_args(Kind))}
