"""What advertising cost in a period, by campaign and currency.

Costs of days count on their day. A cost of a month is spread evenly over its days; the days within the period count.
What the platforms' own files told is by day already. Amounts are in the currency's smallest unit, rounded once.
"""

from calendar import monthrange
from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from reports.metrics import LEFT_OUT, Metric, Names
from reports.period import Period

if TYPE_CHECKING:
    from store import Tx

Money = Mapping[str, int]
"""Currency (ISO 4217) to an amount in its smallest unit."""


COST_METRICS: tuple[Metric, ...] = (
    Metric(
        "cost", Names("Cost", "Koszt", "Стоимость", "Coste"), "money",
        "What the campaign cost in the period, as people and the platforms' own files say, by currency. A cost of a "
        "month is spread evenly over its days.", "call.kind = 'patient'", ("costs that nobody has told",),
        notes=("Spend of a platform that is no campaign's yet is a row of its own.",),
    ),
    Metric(
        "cost_per_call", Names("Cost per call", "Koszt połączenia", "Стоимость звонка", "Coste por llamada"), "money",
        "Cost / calls, both of the period.", "call.kind = 'patient'", LEFT_OUT, denominator="calls", additive=False,
        notes=("Empty when there is no cost, or no call.",),
    ),
)  # fmt: skip


def spend(tx: "Tx", period: Period) -> dict[int | None, Money]:
    """Return what each campaign cost; None has the spend of platforms that is nobody's campaign yet."""
    sums: dict[int | None, dict[str, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
    days = {"from_day": period.start.isoformat(), "to_day": period.end.isoformat()}
    for row in tx.all("costs_within", **days, from_month=days["from_day"][:7], to_month=days["to_day"][:7]):
        share = Fraction(1) if len(row["period"]) > len("2026-11") else part_of_month(row["period"], period)
        sums[row["campaign"]][row["currency"]] += row["cost_minor"] * share
    for row in tx.all("costs_of_platforms", **days):
        sums[row["campaign"]][row["currency"]] += row["cost_minor"]
    return {campaign: {currency: _rounded(amount) for currency, amount in money.items()}
            for campaign, money in sums.items()}


def calls_of_campaigns(tx: "Tx", period: Period) -> dict[int | None, int]:
    """Return how many patients' calls each campaign brought; None has those of no campaign."""
    return {row["campaign"]: int(row["calls"]) for row in tx.all("calls_by_campaign", **days_of(period))}


def days_of(period: Period) -> dict[str, Any]:
    """Return the parameters by which queries find the calls of a period."""
    from_ms, to_ms = period.bounds_ms
    return {"from_day": period.start.isoformat(), "to_day": period.end.isoformat(), "from_ms": from_ms, "to_ms": to_ms}


def add(*several: Money) -> dict[str, int]:
    """Return sums, currency by currency."""
    total: dict[str, int] = defaultdict(int)
    for money in several:
        for currency, amount in money.items():
            total[currency] += amount
    return dict(total)


def each(money: Money, count: int, times: int = 1) -> dict[str, int]:
    """Return what `times` of `count` cost; nothing where there is nothing to divide by."""
    return {currency: _rounded(Fraction(amount * times, count)) for currency, amount in money.items()} if count else {}


def part_of_month(month: str, period: Period) -> Fraction:
    """Return which part of a month (`2026-11`) lies within the period."""
    year, number = int(month[:4]), int(month[5:])
    length = monthrange(year, number)[1]
    first, last = max(date(year, number, 1), period.start), min(date(year, number, length), period.end)
    return Fraction(max((last - first).days + 1, 0), length)


def _rounded(amount: Fraction) -> int:
    return int(amount + Fraction(1, 2))
