"""`callward numbers pool-size`: how many numbers the web site needs, with the formula."""

from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import click

from commands.common import App, json_option, pass_app, print_json, say

if TYPE_CHECKING:
    from tracking.pool_size import Advice
    from tracking.pool_use import Use


@click.command("pool-size")
@click.option("--days", type=click.IntRange(1, 366), default=28, show_default=True, help="Measure so many days.")
@click.option("--visitors", type=click.FloatRange(0), metavar="N", help="Consenting visitors of the peak hour instead.")
@click.option("--per-day", type=click.FloatRange(0), metavar="N", help="Those of a whole day, beside --visitors.")
@click.option("--minutes", type=click.FloatRange(0), metavar="N", help="Length of a visit, minutes, instead.")
@click.option("--blocked", type=click.FloatRange(0.01, 50), default=1.0, show_default=True, metavar="PERCENT",
              help="Visitors who may find no free number.")
@json_option
@pass_app
def pool_size(
    app: App, days: int, visitors: float | None, per_day: float | None, minutes: float | None, blocked: float,
    as_json: bool,
) -> None:
    """Say how many numbers the pool needs, by which formula, and how it is used.

    Erlang B over the peak hour of the last days: each visitor holds a number for the visit, [tracking]
    visit_idle_minutes and visit_grace_minutes. What two other products advise stands beside it.

    Example: callward numbers pool-size --days 28
    """
    from tracking.pool_size import advice
    from tracking.pool_use import measure
    from wiring import terms_of

    with app.store() as store, store.read() as tx:
        use = measure(tx, terms_of(app.settings), app.clinic.zone, days, app.now_ms())
    traffic = use.traffic
    if visitors is not None:
        traffic = replace(traffic, peak_per_hour=visitors, per_day=per_day or 0)
    if minutes is not None:
        traffic = replace(traffic, visit_minutes=minutes)
    use = replace(use, traffic=traffic)
    found = advice(traffic, blocked / 100)
    if as_json:
        print_json({
            "days": use.days, "visits": use.visits, **asdict(traffic), "lease_hours": traffic.lease_hours,
            "load": traffic.load, "blocked": blocked / 100, "advice": asdict(found), "numbers": use.numbers,
            "held": use.held, "most_held": use.most_held, "utilisation": use.utilisation,
            "overflow_rate": use.overflow_rate,
        })  # fmt: skip
        return
    _say(use, found, blocked)


def _say(use: "Use", found: "Advice", blocked: float) -> None:
    from tracking.pool_size import USED_MUCH
    from tracking.pool_size import blocking as share

    traffic = use.traffic
    if not traffic.load:
        say(f"No visitor who agreed came in the last {use.days} days; say what you expect: "
            "`callward numbers pool-size --visitors 20 --minutes 4`.")
        return
    say(f"{found.numbers} numbers, so that at most {blocked:g} % of visitors find none ({100 * found.blocking:.2f} %).")
    say("")
    say("Erlang B: A = visitors of the peak hour × hours that each holds a number (visit + idle + grace);")
    say("          the least N with B(N) ≤ the share, where B(0) = 1, B(N) = A·B(N-1) / (N + A·B(N-1)).")
    say(f"          A = {traffic.peak_per_hour:g} × ({traffic.visit_minutes:.1f} + {traffic.after_minutes:g}) / 60 "
        f"= {traffic.load:.1f}")
    say("")
    say(f"Others advise: {found.peak_by_visit}, peak hour ÷ (60 ÷ minutes of a visit), held by nobody after the visit "
        "(Nimbata)" + (f"; {found.one_per_20_a_day}, one for 20 visitors of the busiest day (CallTrackingMetrics)."
                       if traffic.per_day else "."))
    say("")
    if not use.numbers:
        say("There is no pool yet; import numbers of kind pool with `callward numbers import FILE`.")
        return
    say(f"The pool: {use.numbers} numbers, {use.held} held now, at most {use.most_held} at once in {use.days} days "
        f"({100 * (use.utilisation or 0):.0f} %).")
    say(f"          {100 * share(traffic.load, use.numbers):.1f} % of visitors of such a peak hour find none; "
        f"{use.overflow} of {use.shown} leases were the overflow number.")
    if (use.utilisation or 0) > USED_MUCH:
        say(f"          More than {100 * USED_MUCH:.0f} % were held at once: let it grow.")
