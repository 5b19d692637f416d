"""What campaigns cost: the platforms' own figures, taken from their export files, beside what people wrote down.

A platform's figures are kept by its own campaigns, day by day; a file told again, or told later with more, replaces the
days it tells and adds nothing twice. Which of our campaigns a platform's campaign is, a person says once, or the two
are called the same; spend of a campaign that is nobody's is kept, and shown as a row of its own, so that totals add up.

Of one campaign a day's cost is told by the platform or by a person, never by both.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from patients.match import fold
from store import Row, Store, Tx
from tracking import Author, TrackingError
from tracking.campaigns import Imported, get_campaign
from tracking.exports import PLATFORMS, Spend, Wanted, read_export

_SOURCES = {
    "google_ads": ("google", "google ads", "googleads", "adwords"),
    "microsoft_ads": ("bing", "microsoft", "microsoft ads", "msn"),
    "meta_ads": ("facebook", "meta", "instagram", "fb", "ig"),
    "yandex_direct": ("yandex", "yandex direct", "direct", "ya"),
}
"""What clinics call a platform in utm_source."""


@dataclass(frozen=True, slots=True)
class Unmatched:
    """Spend of a platform's campaign that is none of ours; `why` is a sentence for a person."""

    platform: str
    name: str
    minor: int
    currency: str
    first: str
    last: str
    why: str


@dataclass(frozen=True, slots=True)
class Costs:
    """What an import of an export file did. `table` counts days of campaigns, not lines."""

    platform: str
    table: Imported
    minor: int
    currencies: tuple[str, ...]
    unmatched: tuple[Unmatched, ...]


@dataclass(frozen=True, slots=True)
class DayCost:
    """What a campaign cost on a local day. `campaign` is None for spend of a platform's campaign that is none of ours.

    `platform` is "" for a cost that a person told, and `name` is the platform's word for the campaign.
    """

    day: str
    campaign: int | None
    platform: str
    name: str
    minor: int
    currency: str


def import_costs(
    store: Store, wanted: Wanted, who: Author, account: str = "", progress: Callable[[int, int], None] | None = None
) -> Costs:
    """Import a platform's export file in one transaction; the same file again changes nothing.

    `account` tells apart several accounts of one platform, when they call their campaigns the same.

    Raises:
        TrackingError: it is no such file, or lacks a column, a period or the currency.
        PatientsError: it cannot be read.
    """
    export = read_export(wanted)
    with store.write() as tx:
        days = _by_day(export.spends)
        done = _put(tx, (export.platform, account, who.now_ms), days, progress)
        unmatched = match_spend(tx, export.platform)
    named = {spend.name for spend in export.spends}
    return Costs(
        export.platform,
        # The bad rows are not written to a file of their own: alone, they would replace the days they tell in part.
        Imported(export.rows, **done, not_imported=len(export.problems), problems=tuple(export.problems[:20]),
                 rejected=None, ignored=()),
        sum(spend.minor for spend in export.spends),
        tuple(sorted({spend.currency for spend in export.spends})),
        tuple(one for one in unmatched if one.name in named),
    )  # fmt: skip


def map_spend(tx: Tx, platform: str, name: str, campaign: int, who: Author) -> int:
    """Say that a platform's campaign is this one of ours, from now on and for what it cost before.

    Return how many days of spend changed hands.

    Raises:
        TrackingError: there is no such platform or campaign, or the campaign has costs of its own on those days.
    """
    if platform not in PLATFORMS:
        raise TrackingError(f'There is no platform "{platform[:40]}"; there are {", ".join(PLATFORMS)}.')
    get_campaign(tx, campaign)
    clash = tx.one("spend_clash", platform=platform, name=name, campaign=campaign)
    if clash is not None:
        raise TrackingError(
            f"Campaign {campaign} has a cost for {clash['period']} that a person told, and {PLATFORMS[platform]} tells "
            f'{clash["day"]} of "{name[:60]}"; take the one away with `callward campaigns cost {campaign} '
            f"{clash['period']} none`."
        )
    tx.run("platform_name_put", platform=platform, name=name, campaign=campaign, author=who.name, at_ms=who.now_ms)
    return tx.run("spend_match", platform=platform, name=name, campaign=campaign)


def match_spend(tx: Tx, platform: str | None = None) -> list[Unmatched]:
    """Join what platforms' campaigns cost to ours, as far as is plain; return what is left over.

    1. What a person said about the platform's name.
    2. The campaign of ours that is called the same, of the platform's own sources first.
    3. Nothing, when there is none, or several, or when the campaign has costs of those days that a person told.
    """
    said = {(row["platform"], row["name"]): row["campaign"] for row in tx.all("platform_names")}
    ours: dict[str, list[Row]] = {}
    for row in tx.all("campaigns_of_any_name"):
        ours.setdefault(fold(row["name"]), []).append(row)
    left = []
    for row in tx.all("spend_unmatched", platform=platform):
        campaign, why = said.get((row["platform"], row["name"])), ""
        if campaign is None:
            campaign, why = _called_so(row, ours.get(fold(row["name"]), []))
        key = {"platform": row["platform"], "name": row["name"]}
        if campaign is not None:
            clash = tx.one("spend_clash", **key, campaign=campaign)
            if clash is None:
                tx.run("spend_match", **key, campaign=campaign)
                continue
            why = f"Campaign {campaign} has a cost for {clash['period']} that a person told; take it away first."
        left.append(Unmatched(**key, minor=row["cost_minor"], currency=row["currency"], first=row["first_day"],
                              last=row["last_day"], why=why))
    return left


def unmatched_spend(tx: Tx, first: str = "0000-01-01", last: str = "9999-12-31") -> list[Row]:
    """Return spend that is no campaign's of ours, a row for each platform's campaign and currency.

    A row has platform, name, currency, cost_minor, first_day, last_day.
    """
    return tx.all("spend_nobodys", first=first, last=last)


def daily_costs(tx: Tx, first: str, last: str) -> list[DayCost]:
    """Return what every campaign cost on each local day of a period, nobody's spend included.

    A cost that is known by the month is spread over its days; the days of a whole month add up to it exactly.
    """
    told = [
        DayCost(row["day"], row["campaign"], row["platform"], row["name"], row["cost_minor"], row["currency"])
        for row in tx.all("spend_days", first=first, last=last)
    ]
    by_hand = (
        DayCost(day, row["campaign"], "", "", minor, row["currency"])
        for row in tx.all("campaign_costs_within", first=first, last=last, first_month=first[:7], last_month=last[:7])
        for day, minor in spread(row["cost_minor"], *_days_of(row["period"]))
        if first <= day <= last
    )
    return sorted([*told, *by_hand], key=lambda cost: (cost.day, cost.campaign or 0, cost.platform, cost.name))


def period_costs(tx: Tx, first: str, last: str) -> dict[int, list[Row]]:
    """Return what each campaign of ours cost in a period, by currency: currency, cost_minor, periods (days)."""
    sums: dict[int, dict[str, Row]] = {}
    for cost in daily_costs(tx, first, last):
        if cost.campaign is not None:
            row = sums.setdefault(cost.campaign, {}).setdefault(
                cost.currency, {"currency": cost.currency, "cost_minor": 0, "periods": 0}
            )
            row["cost_minor"] += cost.minor
            row["periods"] += 1
    return {campaign: [money[currency] for currency in sorted(money)] for campaign, money in sums.items()}


def spread(minor: int, first: str, last: str) -> Iterator[tuple[str, int]]:
    """Give an amount to the days of a span as evenly as whole units allow; the shares add up to it exactly."""
    begin = date.fromisoformat(first)
    days = (date.fromisoformat(last) - begin).days + 1
    for n in range(days):
        yield (begin + timedelta(days=n)).isoformat(), minor * (n + 1) // days - minor * n // days


def _days_of(period: str) -> tuple[str, str]:
    """Return the first and the last day of a day or a month."""
    if len(period) > len("2026-09"):
        return period, period
    begin = date.fromisoformat(f"{period}-01")
    return begin.isoformat(), ((begin + timedelta(days=32)).replace(day=1) - timedelta(days=1)).isoformat()


def _by_day(spends: list[Spend]) -> dict[tuple[str, str], tuple[str, int, str]]:
    """Return (ref, day) to name, amount and currency; several lines of one campaign and day add up."""
    days: dict[tuple[str, str], tuple[str, int, str]] = {}
    for spend in spends:
        for day, minor in spread(spend.minor, spend.span.first, spend.span.last):
            before = days.get((spend.ref, day))
            if before is not None and before[2] != spend.currency:
                raise TrackingError(
                    f'Line {spend.line}: "{spend.name}" cost {before[2]} and {spend.currency} on {day}; export one '
                    "account at a time."
                )
            days[spend.ref, day] = (spend.name, minor + (before[1] if before else 0), spend.currency)
    return days


def _put(
    tx: Tx, whose: tuple[str, str, int], days: dict[tuple[str, str], tuple[str, int, str]],
    progress: Callable[[int, int], None] | None,
) -> dict[str, int]:  # fmt: skip
    """Store the days of a file, and count them. `whose` is platform, account and the time of import."""
    platform, account, now_ms = whose
    done = {"added": 0, "changed": 0, "unchanged": 0}
    for n, ((ref, day), (name, minor, currency)) in enumerate(sorted(days.items())):
        if progress and n % 1000 == 0:
            progress(n, len(days))
        key = {"platform": platform, "account": account, "day": day}
        # A file without ids tells of the same campaign by its name, and the other way.
        stored = tx.one("spend_get", **key, ref=ref, name=name)
        if stored is not None and (stored["name"], stored["cost_minor"], stored["currency"]) == (name, minor, currency):
            done["unchanged"] += 1
            continue
        tx.run("spend_put", **key, ref=ref if stored is None else stored["ref"], name=name, cost_minor=minor,
               currency=currency, imported_ms=now_ms)
        done["added" if stored is None else "changed"] += 1
    return done


def _called_so(row: Row, alike: list[Row]) -> tuple[int | None, str]:
    """Return the campaign of ours that is called as the platform's, or why there is none."""
    own = [one for one in alike if one["source"] in _SOURCES[row["platform"]]]
    found = own or alike
    if len(found) == 1:
        return found[0]["id"], ""
    if not found:
        return None, "No campaign of ours is called so; say which one it is with --map."
    return None, f"{len(found)} campaigns of ours are called so; say which one it is with --map."

