"""Whether a platform is told of a call, and if not, why. Pure; `now` is an argument.

The checks are a list: the first one that fails names the reason, and REASONS says it in a sentence. A call that passes
them all is one line for that platform and goal.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

Platform = Literal["google", "microsoft", "yandex", "ga4"]
Goal = Literal["booked", "call"]
PLATFORMS: tuple[Platform, ...] = get_args(Platform)
GOALS: Mapping[Platform, tuple[Goal, ...]] = {
    "google": ("booked", "call"), "microsoft": ("booked", "call"), "yandex": ("call",), "ga4": ("call",),
}  # fmt: skip
"""What a platform can be told: Google and Microsoft of bookings and target calls, the others of the calls."""
CLICKS: Mapping[Platform, tuple[str, ...]] = {
    "google": ("gclid",), "microsoft": ("msclkid",), "yandex": ("ym_client", "yclid"), "ga4": ("ga_client",),
}  # fmt: skip
"""What a platform knows a click or a visitor by, the best first."""
RETRACTS: tuple[Platform, ...] = ("google", "microsoft")
"""The platforms that can be told that a conversion is none any more."""

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
GA4_MS = 72 * HOUR_MS
"""GA4 takes events of the last 72 hours for advertising."""

REASONS: Mapping[str, str] = {
    "no_patient": "it is not a patient's call",
    "excluded": "the call counts in no figure (spam, staff or a test)",
    "not_ended": "the call has not ended yet",
    "not_asked": "[conversions] goals does not name this goal",
    "our_call": "it is our own call; only what was booked on it is told",
    "not_target": "it is not a target call: answered, long enough, about something that may become a visit",
    "not_booked": "nothing was booked on it, as far as is known",
    "cancelled": "what was booked on it was cancelled",
    "no_visit": "no visit to the web site led to it",
    "by_hand": "a person corrected where it came from, so the click is not its own",
    "unsure": "more visitors had the number then than [conversions] min_confidence allows",
    "objected": "the patient objects to marketing",
    "no_consent": "the visitor did not consent",
    "forgotten": "the visit's click id was deleted when its time was over",
    "no_click_id": "the visit has no click id of this platform",
    "only_braid": "the visit has a gbraid or wbraid only, which Google's file cannot carry",
    "before_click": "it was before the click",
    "too_old": "the click, or the call, is older than the platform takes",
    "already_sent": "it was told before",
}
"""Every reason why a platform is not told, as the end of "…, because …"."""


@dataclass(frozen=True, slots=True)
class Visit:
    """The visit that led to a call. `clicks` are its ids by name, `among` is how many visitors had the number."""

    id: int
    consent: bool
    clicked_ms: int
    clicks: Mapping[str, str] = field(default_factory=dict)
    among: int = 1
    forgotten: bool = False


@dataclass(frozen=True, slots=True)
class Booking:
    """What was booked on a call. `ref` is None while only the topic says so; `standing` is False once cancelled."""

    ref: str | None
    created_ms: int | None
    standing: bool = True
    value_minor: int | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class CallFacts:
    """All that is looked at of a call. `no_visit` is why there is no visit: "no_visit" or "by_hand"."""

    pbx: str
    id: str
    direction: str
    kind: str
    started_ms: int
    ended_ms: int | None
    talk_ms: int = 0
    wait_ms: int = 0
    outcome: str | None = None
    first_time: bool = False
    excluded: bool = False
    target: bool = False
    objected: bool = False
    visit: Visit | None = None
    no_visit: str = "no_visit"
    booking: Booking | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """The clinic's settings."""

    goals: tuple[str, ...] = ("booked",)
    names: Mapping[str, str] = field(default_factory=lambda: {"booked": "Booked", "call": "Call"})
    calls: Literal["all", "target"] = "all"
    values: bool = True
    min_confidence: float = 1.0
    click_days: int = 90
    yandex_days: int = 21


@dataclass(frozen=True, slots=True)
class Line:
    """One conversion as a platform is told it. `call` holds what only some platforms want: seconds and flags."""

    platform: Platform
    goal: Goal
    pbx: str
    call: str
    appointment: str | None
    name: str
    click_kind: str
    click_id: str
    at_ms: int
    value_minor: int | None = None
    currency: str | None = None
    talk_s: int = 0
    wait_s: int = 0
    outcome: str = ""
    first_time: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is decided for one platform and goal: the line, or the reason why there is none."""

    platform: Platform
    goal: Goal
    line: Line | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One call before one platform, for one goal."""

    platform: Platform
    goal: Goal
    call: CallFacts
    terms: Terms
    now_ms: int
    sent: bool

    @property
    def click(self) -> tuple[str, str] | None:
        """Return the name and the text of the best click id, None for none."""
        clicks = self.call.visit.clicks if self.call.visit is not None else {}
        return next(((kind, clicks[kind]) for kind in CLICKS[self.platform] if clicks.get(kind)), None)

    @property
    def at_ms(self) -> int:
        """Return when the conversion was: the call's beginning, or when the visit was booked on it."""
        call = self.call
        if self.goal == "call" or call.booking is None:
            return call.started_ms
        created, ended = call.booking.created_ms, call.ended_ms or call.started_ms
        # Some systems tell only the day; then the call's end is the best that is known.
        return created if created is not None and created >= call.started_ms else ended

    @property
    def age_ms(self) -> int:
        """Return how old what matters to the platform is: of GA4 the call, of the others the click."""
        if self.platform == "ga4":
            return self.now_ms - self.at_ms
        clicked = self.call.visit.clicked_ms if self.call.visit is not None else self.at_ms
        return self.at_ms - clicked


def _a_patient(case: Case) -> str | None:
    if case.call.kind != "patient":
        return "no_patient"
    if case.call.excluded:
        return "excluded"
    return "not_ended" if case.call.ended_ms is None else None


def _of_the_goal(case: Case) -> str | None:
    call, wide = case.call, case.platform in ("google", "microsoft")
    if wide and case.goal not in case.terms.goals:
        return "not_asked"
    if case.goal == "booked":
        if call.booking is None:
            return "not_booked"
        return None if call.booking.standing else "cancelled"
    if call.direction != "inbound":
        return "our_call"
    return "not_target" if (wide or case.terms.calls == "target") and not call.target else None


def _from_a_visit(case: Case) -> str | None:
    visit = case.call.visit
    if visit is None:
        return case.call.no_visit
    return "unsure" if 1 / visit.among < case.terms.min_confidence else None


def _with_consent(case: Case) -> str | None:
    visit = case.call.visit
    assert visit is not None
    if case.call.objected:
        return "objected"
    if visit.forgotten:
        return "forgotten"
    return None if visit.consent else "no_consent"


def _with_a_click(case: Case) -> str | None:
    visit = case.call.visit
    assert visit is not None
    if case.click is not None:
        return None
    braid = case.platform == "google" and (visit.clicks.get("gbraid") or visit.clicks.get("wbraid"))
    return "only_braid" if braid else "no_click_id"


def _in_time(case: Case) -> str | None:
    visit, terms = case.call.visit, case.terms
    assert visit is not None
    if case.at_ms < visit.clicked_ms:
        return "before_click"
    days = {"yandex": terms.yandex_days}.get(case.platform, terms.click_days)
    return "too_old" if case.age_ms > (GA4_MS if case.platform == "ga4" else days * DAY_MS) else None


def _once(case: Case) -> str | None:
    return "already_sent" if case.sent else None


CHECKS: tuple[Callable[[Case], str | None], ...] = (
    _a_patient, _of_the_goal, _from_a_visit, _with_consent, _with_a_click, _in_time, _once,
)  # fmt: skip
"""What is checked, in this order: what the clinic can change about the call comes before what it cannot."""


def judge(case: Case) -> Verdict:
    """Return the line that a platform is told of a call, or the first reason why there is none."""
    for check in CHECKS:
        reason = check(case)
        if reason is not None:
            return Verdict(case.platform, case.goal, reason=reason)
    return Verdict(case.platform, case.goal, line=_line(case))


def _line(case: Case) -> Line:
    call, click = case.call, case.click
    assert click is not None
    booking = call.booking if case.goal == "booked" or case.platform == "yandex" else None
    valued = booking is not None and booking.standing and case.terms.values
    return Line(
        case.platform, case.goal, call.pbx, call.id, booking.ref if booking is not None else None,
        case.terms.names[case.goal], *click, case.at_ms, booking.value_minor if valued and booking else None,
        booking.currency if valued and booking else None, call.talk_ms // 1000, call.wait_ms // 1000,
        call.outcome or "", call.first_time,
    )  # fmt: skip
