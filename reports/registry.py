"""Every report there is: what it answers, by what it counts, and the function that makes it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from reports import (
    callbacks,
    channels,
    funnel,
    hours,
    missed,
    models,
    not_booked,
    offline,
    origins,
    pool,
    queues,
    sources,
    stages,
    team,
    visits,
)
from reports.callback_metrics import CALLBACK_METRICS
from reports.metrics import Metric
from reports.offline_metrics import METRICS as OFFLINE_METRICS
from reports.period import Period
from reports.report import Report

if TYPE_CHECKING:
    from store import Tx


_UTC = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Limits:
    """What the clinic's settings say to reports."""

    reached_s: int = 5
    """A talk of ours that long reached the caller."""
    target_s: int = queues.TARGET_S
    """The T of service levels."""
    late_hours: int = origins.LATE_HOURS
    """So many hours before a visit cancelling it is late."""
    zone: ZoneInfo = _UTC
    """The clinic's zone: what is stored without its local day is given one."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One report that can be asked for."""

    name: str
    answers: str
    """What it tells, as a line of a list."""
    does: str
    """The same as an order, for the help of its command."""
    dimensions: tuple[str, ...]
    default_by: tuple[str, ...]
    metrics: tuple[Metric, ...]
    make: "Callable[[Tx, Period, Sequence[str], Limits], Report]"
    example: str
    empty: str
    """What to say when nothing is to be counted; the period follows in words."""


_NO_CALLS = ("No inbound call of a patient ended in these days; `callward calls list` shows the latest calls, and "
             "`callward listen` or `callward replay PATH --into-store` brings calls in.")  # fmt: skip

KINDS: Mapping[str, Kind] = {kind.name: kind for kind in (
    Kind(
        "sources", "calls by source, campaign, number, keyword or landing page: what became of them, brought and cost.",
        "Count calls by the campaign that made the phone ring, with what they brought and cost.",
        sources.DIMENSIONS, sources.DEFAULT_BY, sources.METRICS,
        lambda tx, period, by, _: sources.report(tx, period, by=by), "--period 7d --by source --format csv", _NO_CALLS,
    ),
    Kind(
        "missed", "missed calls and why, by hour, day, number or campaign.",
        "Say what was missed, when, and why.",
        missed.DIMENSIONS, missed.DEFAULT_BY, missed.METRICS,
        lambda tx, period, by, _: missed.report(tx, period, by=by), "--period 30d --by hour", _NO_CALLS,
    ),
    Kind(
        "hours", "calls by hour of the day and day of the week: demand, answered, missed.",
        "Show when people ring, and when nobody answers.",
        hours.DIMENSIONS, hours.DEFAULT_BY, hours.METRICS,
        lambda tx, period, by, _: hours.report(tx, period, by=by), "--period 30d --by weekday --by hour", _NO_CALLS,
    ),
    Kind(
        "queues", "queues: service levels, waits, who gave up.",
        "Say how long callers waited in each queue, and who gave up.",
        queues.DIMENSIONS, queues.DEFAULT_BY, queues.METRICS,
        lambda tx, period, by, limits: queues.report(tx, period, by=by, target_s=limits.target_s), "--period 7d",
        "No call of these days came to a queue.",
    ),
    Kind(
        "team", "phones: answered, talk time, topics given, calls made.",
        "Say what each phone answered and rang.",
        team.DIMENSIONS, team.DEFAULT_BY, team.METRICS,
        lambda tx, period, by, _: team.report(tx, period, by=by), "--period last-month --format xlsx --out team.xlsx",
        "Nobody answered or made a call in these days.",
    ),
    Kind(
        "callbacks", "callbacks by day, location, source or campaign: how soon, and with what success.",
        "Say who was rung back, how soon, and with what success.",
        callbacks.DIMENSIONS, callbacks.DEFAULT_BY, CALLBACK_METRICS,
        lambda tx, period, by, limits: callbacks.report(tx, period, by=by, reached_s=limits.reached_s),
        "--period 7d --by location --format csv",
        "No callback opened in these days; `callward callbacks list --all` shows the latest callbacks.",
    ),
    Kind(
        "funnel", "from call to payment: who rang, booked, came and paid, as people and as calls.",
        "Follow callers from the call to the paid visit.",
        funnel.DIMENSIONS, funnel.DEFAULT_BY, funnel.METRICS,
        lambda tx, period, by, _: funnel.report(tx, period, by=by), "--period last-month --by source", _NO_CALLS,
    ),
    Kind(
        "models", "models of attribution side by side: which campaigns get the credit for bookings and their worth.",
        "Compare models of attribution.",
        models.DIMENSIONS, models.DIMENSIONS, models.METRICS,
        lambda tx, period, by, _: models.report(tx, period, by=by), "--period last-month --by source",
        "No call of these days booked a visit; topics and appointments tell which do.",
    ),
    Kind(
        "not-booked", "why callers did not book, and what that was worth.",
        "Say why callers did not book, in money.",
        not_booked.DIMENSIONS, not_booked.DEFAULT_BY, not_booked.METRICS,
        lambda tx, period, by, _: not_booked.report(tx, period, by=by), "--period last-month --by reason --by source",
        "Nobody noted in these days why a caller did not book; topics such as `Not booked: price` do.",
    ),
    Kind(
        "origins", "appointments by how they were made and what made them: who came, and what they were worth.",
        "Say where appointments came from, who came, and what they were worth.",
        origins.DIMENSIONS, origins.DEFAULT_BY, origins.METRICS,
        lambda tx, period, by, limits: origins.report(tx, period, by=by, late_hours=limits.late_hours),
        "--period last-month --by channel --by source",
        "No appointment is on these days; `callward appointments list` shows those that are known.",
    ),
    Kind(
        "stages", "patients' journeys: who came how far, how soon, and what happened last to those who stopped.",
        "Say how far people came on their way to the clinic.",
        stages.DIMENSIONS, stages.DEFAULT_BY, stages.METRICS,
        lambda tx, period, by, limits: stages.report(tx, period, by=by, zone=limits.zone),
        "--period last-month --by source --by stage", "Nobody new was heard of in these days.",
    ),
    Kind(
        "channels", "how people came: by phone, by asking to be rung back, online, at the desk, by message.",
        "Compare the channels by which people come.",
        channels.DIMENSIONS, channels.DEFAULT_BY, channels.METRICS,
        lambda tx, period, by, limits: channels.report(tx, period, by=by, zone=limits.zone), "--period last-month",
        "Nobody rang, asked to be rung back or booked in these days.",
    ),
    Kind(
        "visits", "visits to the web site by landing page: ended in a call, a request, an online booking, nothing.",
        "Say what visits to the web site ended in.",
        visits.DIMENSIONS, visits.DEFAULT_BY, visits.METRICS,
        lambda tx, period, by, _: visits.report(tx, period, by=by), "--period 30d --by page --by source",
        "No visit to the web site is known of these days; docs/website.md says how visits are seen.",
    ),
    Kind(
        "pool", "the pool of dynamic numbers: how much is held, when it runs short, how many it should have.",
        "Say how the pool of dynamic numbers is used.",
        pool.DIMENSIONS, pool.DEFAULT_BY, pool.METRICS,
        lambda tx, period, by, limits: pool.report(tx, period, by=by, zone=limits.zone), "--period 7d --by hour",
        "There was no pool in these days; import numbers of kind pool with `callward numbers import FILE`.",
    ),
    Kind(
        "offline", "advertising off the web: before and after, fading, what callers say, cost per call.",
        "Say what billboards, newspapers, radio and leaflets brought.",
        offline.DIMENSIONS, offline.DEFAULT_BY, OFFLINE_METRICS,
        lambda tx, period, by, _: offline.report(tx, period, by=by), "--period last-month --by campaign",
        "No campaign of an offline medium ran in these days; `callward campaigns add` makes one.",
    ),
)}  # fmt: skip
"""By name, in the order of a list."""
