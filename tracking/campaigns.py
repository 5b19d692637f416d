"""Campaigns (source, medium, name in the utm vocabulary) and what they cost, by day or by month."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from patients.importing import read_day
from patients.rejects import Problem, Rejects
from patients.tables import Column, Source, TableRow, open_table
from store import Row, Store, Tx

COLUMNS = (
    Column("date", ("day", "data", "dzień", "дата", "день", "fecha", "día")),
    Column("month", ("period", "miesiąc", "okres", "месяц", "mes", "período")),
    Column("source", ("utm_source", "źródło", "источник", "fuente"), required=True),
    Column("medium", ("utm_medium", "channel", "kanał", "канал", "medio"), required=True),
    Column("campaign", ("utm_campaign", "campaign name", "name", "kampania", "кампания", "campaña"), required=True),
    Column("cost", ("spend", "amount", "koszt", "wydatki", "расход", "стоимость", "coste", "gasto", "importe")),
    Column("currency", ("currency code", "waluta", "валюта", "moneda", "divisa")),
)
_MONTH = re.compile(r"(\d{4})-(\d{2})\Z")
_CURRENCY = re.compile(r"[A-Z]{3}\Z")
# Decimal places of the currencies that do not have two (ISO 4217).
_PLACES = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF",
                     "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}  # fmt: skip


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
class Cost:
    """What a campaign cost in a period: a day `2026-09-05` or a month `2026-09`, in the currency's smallest unit."""

    period: str
    minor: int
    currency: str


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


def title(row: Row) -> str:
    """Return how a campaign is named to people: `billboard / offline / Billboard autumn`.

    The row has source, medium, and campaign_name or name. Without a name two parts are left.
    """
    name = row["campaign_name"] if "campaign_name" in row else row["name"]
    return " / ".join(part for part in (row["source"], row["medium"], name) if part)


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
        ValueError: it is no amount, is negative, or is finer than the currency.
    """
    places = _PLACES.get(currency, 2)
    digits = re.sub(r"[\s'\u2019]", "", text)
    if not re.fullmatch(r"\d+([.,]\d+)*", digits):
        raise ValueError(f'"{text[:40]}" is not an amount; write it as 1234.50')
    whole, mark, rest = digits.rpartition("," if digits.rfind(",") > digits.rfind(".") else ".")
    # Three digits after the last mark are thousands, unless the currency has thousandths or the other mark came before.
    decimals = mark and not (len(rest) == 3 and places != 3 and len(set(digits) & {",", "."}) == 1)
    if not mark or not decimals:
        whole, rest = digits, ""
    if len(rest) > places:
        raise ValueError(f'"{text[:40]}" is finer than {currency} is counted; round it to {places} places')
    try:
        amount = Decimal(re.sub(r"[.,]", "", whole) + "." + (rest or "0"))
    except InvalidOperation:
        raise ValueError(f'"{text[:40]}" is not an amount; write it as 1234.50') from None
    return int(amount.scaleb(places))


def read_currency(cells: dict[str, str]) -> str:
    """Return the currency of a row. Raises RowError."""
    currency = cells.get("currency", "").upper()
    if not _CURRENCY.match(currency):
        raise RowError("currency", f'"{currency[:10]}" is not a currency; write three letters, such as PLN')
    return currency


def from_minor(minor: int, currency: str) -> str:
    """Return an amount as `1234.50 PLN`."""
    places = _PLACES.get(currency, 2)
    return f"{Decimal(minor).scaleb(-places):.{places}f} {currency}"


def _key(source: str, medium: str, name: str) -> dict[str, str]:
    return {"source": source.strip().lower(), "medium": medium.strip().lower(), "name": name.strip()}


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
    if cost is None:
        return "added" if known is None else "unchanged"
    if (campaign, cost.period) in lines:
        raise RowError("cost", f"{cost.period} is already on line {lines[campaign, cost.period]}; add the two up")
    clash = _covering(tx, campaign, cost.period)
    if clash:
        where = f" (line {lines[campaign, clash]})" if (campaign, clash) in lines else ""
        raise RowError("cost", f"{clash}{where} has a cost and overlaps {cost.period}; keep the days or the month")
    lines[campaign, cost.period] = row.line
    stored = tx.one("campaign_cost_get", campaign=campaign, period=cost.period)
    if stored and (stored["cost_minor"], stored["currency"]) == (cost.minor, cost.currency):
        return "unchanged"
    tx.run("campaign_cost_put", campaign=campaign, period=cost.period, cost_minor=cost.minor, currency=cost.currency)
    return "changed" if stored else "added"


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
