"""Campaigns (source, medium, name in the utm vocabulary) and what they cost, by day or by month.

A campaign may also say what its advertisement promises: the receptionist reads it while the caller speaks.
"""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from pathlib import Path

from patients.importing import read_day
from patients.rejects import Problem, Rejects
from patients.tables import Column, Source, TableRow, open_table
from refusals import Refusal, Words
from store import Row, Store, Tx
from store.money import PLACES
from tracking import TrackingError

COLUMNS = (
    Column("date", ("day", "data", "dzień", "дата", "день", "fecha", "día")),
    Column("month", ("period", "miesiąc", "okres", "месяц", "mes", "período")),
    Column("source", ("utm_source", "źródło", "источник", "fuente"), required=True),
    Column("medium", ("utm_medium", "channel", "kanał", "канал", "medio"), required=True),
    Column("campaign", ("utm_campaign", "campaign name", "name", "kampania", "кампания", "campaña"), required=True),
    Column("cost", ("spend", "amount", "koszt", "wydatki", "расход", "стоимость", "coste", "gasto", "importe")),
    Column("currency", ("currency code", "waluta", "валюта", "moneda", "divisa")),
    Column("promise", ("offer", "advert text", "obietnica", "treść reklamy", "обещание", "promesa", "oferta")),
    Column("content", ("utm_content", "treść", "содержание", "contenido")),
    Column("location", ("site", "placówka", "lokalizacja", "филиал", "centro", "sede")),
)
LONGEST_NAME = 200
LONGEST_PROMISE = 1000
_MONTH = re.compile(r"(\d{4})-(\d{2})\Z")
_CURRENCY = re.compile(r"[A-Z]{3}\Z")


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did. `problems` are the rows that were not imported; `rejected` is the file they are in."""

    rows: int
    added: int
    changed: int
    unchanged: int
    not_imported: int
    problems: tuple[Problem, ...]
    rejected: Path | None
    ignored: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Campaign:
    """What a person says of a campaign. `promise` is what its advertisement tells patients, for the receptionist.

    `content` tells advertisements of one campaign apart, as utm_content; `location` is "" when it is for every site.
    """

    source: str
    medium: str
    name: str = ""
    content: str = ""
    location: str = ""
    promise: str = ""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a campaign cost in a period: a day `2026-09-05` or a month `2026-09`, in the currency's smallest unit."""

    period: str
    minor: int
    currency: str


class AmountError(Refusal, ValueError):
    """A text is no amount of a currency."""


class RowError(Exception):
    """A row that cannot be imported: its column and the reason. Never leaves this package."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column = column


def campaign_id(tx: Tx, source: str, medium: str, name: str) -> int:
    """Return the campaign's id; one that is not known yet is made. Source and medium are written small."""
    found = _find(tx, source, medium, name)
    if found is None:
        found = tx.next_id("campaign")
        tx.run("campaign_add", id=found, **_key(source, medium, name))
    return found


def add_campaign(tx: Tx, campaign: Campaign, locations: Collection[str] = ()) -> int:
    """Store a new campaign; return its id. Where the clinic has named its locations, there are no others.

    Raises:
        TrackingError: a part is missing or too long, or there is such a campaign already.
    """
    said = _checked(campaign, locations)
    known = _find(tx, said.source, said.medium, said.name)
    if known is not None:
        raise TrackingError('There is a campaign "%(campaign)s" already, number %(number)s; change that one.',
                            campaign=_words(said), number=known)
    added = tx.next_id("campaign")
    tx.run("campaign_add", id=added, **_key(said.source, said.medium, said.name))
    tx.run("campaign_put", id=added, **_row(said))
    return added


def edit_campaign(tx: Tx, campaign: int, to: Campaign, locations: Collection[str] = ()) -> bool:
    """Store what a campaign is called and promises from now on; return whether that is news.

    Its calls, numbers and costs stay its own, whatever it is called.

    Raises:
        TrackingError: there is no such campaign, a part is missing or too long, or another one is called so.
    """
    before, said = get_campaign(tx, campaign), _checked(to, locations)
    known = _find(tx, said.source, said.medium, said.name)
    if known not in (None, campaign):
        raise TrackingError('Campaign %(number)s is called "%(campaign)s" already; choose another name.',
                            number=known, campaign=_words(said))
    if before == said:
        return False
    tx.run("campaign_put", id=campaign, **_row(said))
    return True


def set_cost(tx: Tx, campaign: int, cost: Cost | None, period: str) -> bool:
    """Store what a campaign cost in a period (a day or a month), or with None that it is not known after all.

    Return whether that is news.

    Raises:
        TrackingError: there is no such campaign, or a cost of an overlapping period is known already.
    """
    get_campaign(tx, campaign)
    stored = tx.one("campaign_cost_get", campaign=campaign, period=period)
    if cost is None:
        return tx.run("campaign_cost_drop", campaign=campaign, period=period) > 0
    clash = _covering(tx, campaign, period)
    if clash:
        raise TrackingError("%(other)s has a cost and overlaps %(period)s; take that one away, or leave it at that.",
                            other=clash, period=period)
    refuse_told(tx, campaign, period)
    if stored and (stored["cost_minor"], stored["currency"]) == (cost.minor, cost.currency):
        return False
    tx.run("campaign_cost_put", campaign=campaign, period=period, cost_minor=cost.minor, currency=cost.currency)
    return True


def refuse_told(tx: Tx, campaign: int, period: str) -> None:
    """Raise TrackingError when a platform's file has told a cost within the period: it would count twice."""
    first, last = (period, period) if len(period) == len("2026-09-05") else (f"{period}-01", f"{period}-31")
    told = tx.one("spend_of_campaign_within", campaign=campaign, first=first, last=last)
    if told is not None:
        raise TrackingError(
            "%(platform)s has told what this campaign cost on %(day)s; its file is the cost of %(period)s.",
            platform=told["platform"], day=told["day"], period=period,
        )


def get_campaign(tx: Tx, campaign: int) -> Campaign:
    """Return what is known of a campaign. Raises TrackingError when there is none with this id."""
    row = tx.one("campaign_get", id=campaign)
    if row is None:
        raise TrackingError("There is no campaign %(campaign)s; `callward campaigns list` shows them.",
                            campaign=campaign)
    return Campaign(
        row["source"], row["medium"], row["name"], row["content"] or "", row["location"] or "", row["promise"]
    )


def find_campaign(tx: Tx, text: str) -> int:
    """Return the campaign that a person means: by its id, as `source / medium / name`, or by a name that only one has.

    Raises:
        TrackingError: there is none, or there are several.
    """
    wanted = text.strip()
    if wanted.isdecimal() and len(wanted) < 18 and tx.one("campaign_get", id=int(wanted)) is not None:
        return int(wanted)
    parts = [part.strip() for part in wanted.split("/", 2)]
    if len(parts) > 1:
        found = _find(tx, parts[0], parts[1], parts[2] if len(parts) > 2 else "")
        if found is not None:
            return found
    rows = tx.all("campaigns_named", name=wanted)
    if len(rows) == 1:
        return int(rows[0]["id"])
    if rows:
        names = ", ".join(f"{row['id']} ({title(row)})" for row in rows[:5])
        raise TrackingError('Several campaigns are called "%(name)s": %(names)s; write the number of one.',
                            name=wanted[:60], names=names)
    raise TrackingError('There is no campaign "%(name)s"; `callward campaigns list` shows them.', name=wanted[:60])


def read_period(text: str, region: str) -> str:
    """Return a period of costs: a day `2026-09-05` or a month `2026-09`. Raises TrackingError."""
    month = _MONTH.match(text)
    found = text if month and 1 <= int(month[2]) <= 12 else read_day(text, region)
    if found is None:
        raise TrackingError('"%(period)s" is neither a day nor a month; write 2026-09-05 or 2026-09.',
                            period=text[:40])
    return found


def title(row: Row) -> str:
    """Return how a campaign is named to people: `billboard / offline / Billboard autumn`.

    The row has source, medium, and campaign_name or name. Without a name two parts are left.
    """
    name = row["campaign_name"] if "campaign_name" in row else row["name"]
    return " / ".join(part for part in (row["source"], row["medium"], name) if part)


def titles(tx: Tx) -> dict[int, str]:
    """Return how every campaign is named to people, by its id."""
    return {row["id"]: title(row) for row in tx.all("campaigns_all")}


def import_campaigns(store: Store, source: Source, progress: Callable[[int, int], None] | None = None) -> Imported:
    """Import campaigns with or without costs, in one transaction. The same period again replaces its cost.

    Raises:
        PatientsError: the file cannot be read or lacks a column that is needed.
    """
    table = open_table(source, COLUMNS)
    rejects = Rejects(source.path, table.header)
    done = {"added": 0, "changed": 0, "unchanged": 0}
    lines: dict[tuple[int, str], int] = {}
    rows = 0
    try:
        with store.write() as tx:
            for row in table.rows():
                rows += 1
                try:
                    done[_take(tx, row, source.region, lines)] += 1
                except RowError as refused:
                    rejects.add(Problem(row.line, refused.column, str(refused)), row.original)
                if progress and rows % 1000 == 0:
                    progress(rows, 0)
    except BaseException:
        rejects.abandon()
        raise
    return Imported(
        rows, **done, not_imported=rejects.count, problems=tuple(rejects.first), rejected=rejects.finish(),
        ignored=tuple(table.ignored),
    )  # fmt: skip


def list_campaigns(tx: Tx, *, limit: int, offset: int = 0) -> list[Row]:
    """Return a page of campaigns: id, source, medium, name, how many numbers, `costs` by currency in minor units."""
    return [
        {**row, "costs": tx.all("campaign_cost_totals", campaign=row["id"])}
        for row in tx.all("campaigns_list", limit=limit, offset=offset)
    ]


def to_minor(text: str, currency: str) -> int:
    """Return an amount in the currency's smallest unit, exactly. Understood are `1234.50`, `1 234,50`, `1.234,50`.

    Raises:
        AmountError: it is no amount, is negative, or is finer than the currency.
    """
    places = PLACES.get(currency, 2)
    digits = re.sub(r"[\s'\u2019]", "", text)
    if not re.fullmatch(r"\d+([.,]\d+)*", digits):
        raise AmountError('"%(amount)s" is not an amount; write it as 1234.50', amount=text[:40])
    whole, mark, rest = digits.rpartition("," if digits.rfind(",") > digits.rfind(".") else ".")
    # Three digits after the last mark are thousands, unless the currency has thousandths or the other mark came before.
    decimals = mark and not (len(rest) == 3 and places != 3 and len(set(digits) & {",", "."}) == 1)
    if not mark or not decimals:
        whole, rest = digits, ""
    if len(rest) > places:
        raise AmountError('"%(amount)s" is finer than %(currency)s is counted; round it to %(places)s places',
                          amount=text[:40], currency=currency, places=places)
    try:
        amount = Decimal(re.sub(r"[.,]", "", whole) + "." + (rest or "0"))
    except InvalidOperation:
        raise AmountError('"%(amount)s" is not an amount; write it as 1234.50', amount=text[:40]) from None
    return int(amount.scaleb(places))


def read_currency(cells: dict[str, str]) -> str:
    """Return the currency of a row. Raises RowError."""
    currency = cells.get("currency", "").upper()
    if not _CURRENCY.match(currency):
        raise RowError("currency", f'"{currency[:10]}" is not a currency; write three letters, such as PLN')
    return currency


def places_of(currency: str) -> int:
    """Return how many decimals a currency is counted in."""
    return PLACES.get(currency, 2)


def from_minor(minor: int, currency: str) -> str:
    """Return an amount as `1234.50 PLN`."""
    places = PLACES.get(currency, 2)
    return f"{Decimal(minor).scaleb(-places):.{places}f} {currency}"


def _words(campaign: Campaign) -> str:
    return " / ".join(part for part in (campaign.source, campaign.medium, campaign.name) if part)


def _checked(campaign: Campaign, locations: Collection[str]) -> Campaign:
    """Return a campaign as it is stored. Raises TrackingError."""
    said = replace(
        campaign, source=campaign.source.strip().lower(), medium=campaign.medium.strip().lower(),
        name=campaign.name.strip(), content=campaign.content.strip(), location=campaign.location.strip(),
        promise="\n".join(" ".join(line.split()) for line in campaign.promise.strip().splitlines()),
    )  # fmt: skip
    if not said.source or not said.medium:
        raise TrackingError("A campaign needs a source and a medium, such as google and cpc, or billboard and offline.")
    names = ((said.source, Words("The source")), (said.medium, Words("The medium")), (said.name, Words("The name")),
             (said.content, Words("The content")))  # fmt: skip
    for text, what in names:
        if len(text) > LONGEST_NAME:
            raise TrackingError("%(what)s is longer than %(most)s characters; shorten it.", what=what,
                                most=LONGEST_NAME)
    if len(said.promise) > LONGEST_PROMISE:
        raise TrackingError("The promise is longer than %(most)s characters; keep what patients ask about.",
                            most=LONGEST_PROMISE)
    if said.location and locations and said.location not in locations:
        known = ", ".join(f'"{name}"' for name in sorted(locations))
        raise TrackingError('"%(location)s" is not a location of the settings; there are %(known)s.',
                            location=said.location[:40], known=known)
    return said


def _row(campaign: Campaign) -> dict[str, str | None]:
    return {
        **_key(campaign.source, campaign.medium, campaign.name), "content": campaign.content or None,
        "location": campaign.location or None, "promise": campaign.promise,
    }  # fmt: skip


def _key(source: str, medium: str, name: str) -> dict[str, str]:
    return {"source": source.strip().lower(), "medium": medium.strip().lower(), "name": name.strip()}


def find_known(tx: Tx, source: str, medium: str, name: str) -> int | None:
    """Return the campaign that is called exactly so, or None."""
    return _find(tx, source, medium, name)


def _find(tx: Tx, source: str, medium: str, name: str) -> int | None:
    found = tx.value("campaign_find", **_key(source, medium, name))
    return None if found is None else int(found)


def _take(tx: Tx, row: TableRow, region: str, lines: dict[tuple[int, str], int]) -> str:
    """Store one row; return whether it was added, changed or unchanged."""
    if row.problem:
        raise RowError("", row.problem)
    cells = row.cells
    for column in ("source", "medium"):
        if not cells[column]:
            raise RowError(column, "is empty")
    cost = _cost(cells, region)
    known = _find(tx, cells["source"], cells["medium"], cells["campaign"])
    campaign = campaign_id(tx, cells["source"], cells["medium"], cells["campaign"])
    told = _told(tx, campaign, cells)
    if cost is None:
        return "added" if known is None else "changed" if told else "unchanged"
    if (campaign, cost.period) in lines:
        raise RowError("cost", f"{cost.period} is already on line {lines[campaign, cost.period]}; add the two up")
    clash = _covering(tx, campaign, cost.period)
    if clash:
        where = f" (line {lines[campaign, clash]})" if (campaign, clash) in lines else ""
        raise RowError("cost", f"{clash}{where} has a cost and overlaps {cost.period}; keep the days or the month")
    try:
        refuse_told(tx, campaign, cost.period)
    except TrackingError as refused:
        raise RowError("cost", str(refused).removesuffix(".")) from None
    lines[campaign, cost.period] = row.line
    stored = tx.one("campaign_cost_get", campaign=campaign, period=cost.period)
    if stored and (stored["cost_minor"], stored["currency"]) == (cost.minor, cost.currency):
        return "changed" if told else "unchanged"
    tx.run("campaign_cost_put", campaign=campaign, period=cost.period, cost_minor=cost.minor, currency=cost.currency)
    return "changed" if stored else "added"


def _told(tx: Tx, campaign: int, cells: dict[str, str]) -> bool:
    """Store what a row says of the campaign itself; an empty cell says nothing. Return whether that was news."""
    before = get_campaign(tx, campaign)
    said = {what: cells[what] for what in ("content", "location", "promise") if cells.get(what)}
    try:
        return edit_campaign(tx, campaign, replace(before, **said)) if said else False
    except TrackingError as refused:
        raise RowError(next(iter(said)), str(refused).removesuffix(".")) from None


def _cost(cells: dict[str, str], region: str) -> Cost | None:
    text = cells.get("cost", "")
    if not text:
        return None
    currency = read_currency(cells)
    try:
        return Cost(_period(cells, region), to_minor(text, currency), currency)
    except ValueError as error:
        raise RowError("cost", str(error)) from None


def _period(cells: dict[str, str], region: str) -> str:
    text = cells.get("month") or cells.get("date", "")
    month = _MONTH.match(text)
    if month and 1 <= int(month[2]) <= 12:
        return text
    day = read_day(text, region)
    if day is None:
        column = "month" if cells.get("month") else "date"
        raise RowError(column, f'"{text[:40]}" is neither a day nor a month; write 2026-09-05 or 2026-09')
    return day


def _covering(tx: Tx, campaign: int, period: str) -> str | None:
    """Return a stored period of the campaign that overlaps this one without being it: cost would count twice."""
    month = period[:7]
    found = tx.value(
        "campaign_cost_within", campaign=campaign, period=period, month=month, first=month + "-01", last=month + "-31"
    )
    return None if found is None else str(found)
