"""What the advertising platforms' own export files say: which campaign cost how much, and when.

A file is taken as it was downloaded. Lines above the table (a title, the period) are looked through for the period,
totals and lines below the table are passed over, amounts are read with their own decimal mark, a heading may name the
currency (`Amount spent (PLN)`, `Расход (руб.)`), and amounts in micros are recognised.

Which column is which is told by HEADINGS: one list for all platforms, in the languages of their pages. What platform
it is follows from what is peculiar to each (PECULIAR); where nothing is, a person says so.
"""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from patients import PatientsError
from patients.encodings import detect, named
from patients.match import fold
from patients.rejects import Problem
from patients.tables import clean
from tracking import TrackingError
from tracking.campaigns import places_of
from tracking.written import Span, decimal_mark, month_first, read_amount, read_currency, read_span, spans

PLATFORMS = {
    "google_ads": "Google Ads",
    "microsoft_ads": "Microsoft Advertising",
    "meta_ads": "Meta Ads",
    "yandex_direct": "Yandex Direct",
}
"""The platforms by our names for them."""

HEADINGS = {
    "name": "campaign, campaign name, campaignname, kampania, nazwa kampanii, campaña, nombre de la campaña, "
            "nombre de campaña, кампания, название кампании",
    "ref": "campaign id, campaignid, identyfikator kampanii, id kampanii, id de campaña, id. de campaña, "
           "id de la campaña, identificador de la campaña, id кампании, номер кампании, № кампании, "
           "идентификатор кампании",
    "cost": "cost, cost micros, metrics cost micros, spend, amount spent, koszt, wydatki, wydana kwota, coste, costo, "
            "gasto, gastos, importe gastado, inversión, стоимость, расход, расходы, затраты, сумма затрат, "
            "потраченная сумма",
    "day": "day, date, gregorian date, gregoriandate, timeperiod, time period, segments date, dzień, data, día, fecha, "
           "день, дата",
    "month": "month, segments month, miesiąc, mes, месяц",
    "first": "reporting starts, date start, początek raportowania, rozpoczęcie raportowania, początek raportu, "
             "inicio del informe, дата начала отчетности, начало отчетности",
    "last": "reporting ends, date stop, koniec raportowania, zakończenie raportowania, koniec raportu, "
            "fin del informe, finalización del informe, дата окончания отчетности, окончание отчетности",
    "currency": "currency, currency code, currencycode, waluta, kod waluty, moneda, divisa, código de moneda, "
                "валюта, код валюты",
}  # fmt: skip
"""What a column is, by what platforms call it. Brackets, signs and capitals do not matter."""

PECULIAR = {
    "microsoft_ads": "gregorian date, gregoriandate, timeperiod, time period, report aggregation, report filter, "
                     "last completed available day, microsoft corporation",
    "meta_ads": "amount spent, wydana kwota, importe gastado, сумма затрат, потраченная сумма, reporting starts, "
                "inicio del informe, дата начала отчетности",
    "yandex_direct": "№ кампании, расход, расход с ндс, total rows, яндекс директ, всего с",
    "google_ads": "campaign status, campaign state, stan kampanii, status kampanii, estado de la campaña, "
                  "состояние кампании, статус кампании, segments date, metrics cost micros, campaign report, "
                  "raport kampanii, informe de campañas, informe de la campaña, отчет о кампаниях, total account",
}  # fmt: skip

_TOTALS = frozenset(map(fold, ("total", "totals", "grand total", "all", "łącznie", "razem", "suma", "итого", "всего",
                               "total rows")))  # fmt: skip
_SEARCHED = 30
"""Lines at the top of a file among which the headings are looked for."""


@dataclass(frozen=True, slots=True)
class Spend:
    """What a campaign cost in a span of days, in the currency's smallest unit. `ref` is the platform's id or name."""

    line: int
    ref: str
    name: str
    span: Span
    minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """The file, and what a person said about it: platform (None is found out), currency, encoding, region.

    `today` is the clinic's local day: nothing was spent after it.
    """

    path: Path
    region: str
    today: str
    platform: str | None = None
    currency: str | None = None
    encoding: str | None = None


@dataclass(slots=True)
class Export:
    """A file that was read: what it tells, and the rows that could not be read."""

    platform: str
    rows: int = 0
    spends: list[Spend] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read_export(wanted: Wanted) -> Export:
    """Read a platform's export file.

    Raises:
        TrackingError: it is no such file, or lacks a column, a period or a currency; with the way out.
        PatientsError: it cannot be read, or its encoding is not known.
    """
    return _Reading(wanted, _lines(wanted)).export()


@dataclass(slots=True)
class _Reading:
    wanted: Wanted
    lines: list[tuple[int, list[str]]]

    def export(self) -> Export:
        """Find the headings, and read what stands under them."""
        at, places = self._headings()
        header, above = self.lines[at][1], self.lines[:at]
        body = [(line, cells) for line, cells in self.lines[at + 1:] if any(cell.strip() for cell in cells)]
        export = Export(self._platform(header))
        columns = {name: [_cell(cells, place) for _, cells in body] for name, place in places.items()}
        days = [text for name in ("day", "month", "first", "last") for text in columns.get(name, [])]
        top = " ".join(cell for _, cells in above for cell in cells)
        usual = self.wanted.region == "US" or export.platform == "microsoft_ads"
        how = _How(
            places=places,
            american=month_first([*days, top], usual),
            mark=decimal_mark(columns["cost"]),
            micros=_in_micros(header[places["cost"]], header, columns["cost"]),
            currency=self.wanted.currency or read_currency(header[places["cost"]]),
            around=_around(top, month_first([*days, top], usual)),
            today=self.wanted.today,
        )
        if not days and how.around is None:
            raise TrackingError(
                f"{self.wanted.path}: does not say when the money was spent; export it with a column of days or months."
            )
        for line, cells in body:
            self._row(export, how, line, cells)
        return export

    def _row(self, export: Export, how: "_How", line: int, cells: list[str]) -> None:
        if how.is_no_campaign(cells):
            return
        export.rows += 1
        try:
            spend = how.spend(line, cells)
        except ValueError as refused:
            column, reason = refused.args
            export.problems.append(Problem(line, column, reason))
            return
        if spend is not None:
            export.spends.append(spend)

    def _headings(self) -> tuple[int, dict[str, int]]:
        """Return which line names the columns, and where each of ours stands."""
        best: dict[str, int] = {}
        for at, (_, cells) in enumerate(self.lines[:_SEARCHED]):
            places = _places(cells)
            if "cost" in places and ("name" in places or "ref" in places):
                return at, places
            best = max(best, places, key=len)
        lacking = "campaigns" if "cost" in best else "costs"
        raise TrackingError(
            f"{self.wanted.path}: has no column of {lacking} among its first {_SEARCHED} lines; "
            "export it with the columns campaign, day and cost, or rename the headings."
        )

    def _platform(self, header: list[str]) -> str:
        if self.wanted.platform is not None:
            return self.wanted.platform
        ends = [*self.lines[:_SEARCHED], *self.lines[-3:]]
        texts = {_key(cell) for _, cells in ends for cell in cells}
        text = " | ".join(sorted(texts))
        scores = {
            platform: sum(words in texts or (" " in words and words in text) for words in map(_key, marks.split(", ")))
            for platform, marks in PECULIAR.items()
        }
        keys = [_squeezed(name) for name in header]
        scores["yandex_direct"] += "campaignname" in keys and "cost" in keys and " " not in "".join(header)
        scores["microsoft_ads"] += "campaignname" in keys and "spend" in keys
        best = max(scores, key=scores.__getitem__)
        if not scores[best] or list(scores.values()).count(scores[best]) > 1:
            raise TrackingError(
                f"{self.wanted.path}: it is not plain which platform made it; say so with --platform "
                f"({', '.join(PLATFORMS)})."
            )
        return best


@dataclass(frozen=True, slots=True)
class _How:
    """How the rows of one file are to be read."""

    places: dict[str, int]
    american: bool
    mark: str | None
    micros: bool
    currency: str | None
    around: Span | None
    """The period that the lines above the table name."""
    today: str

    def cell(self, cells: list[str], name: str) -> str:
        """Return what a row says in one of our columns, "" when there is none."""
        return _cell(cells, self.places[name]) if name in self.places else ""

    def is_no_campaign(self, cells: list[str]) -> bool:
        """Say whether a row is a total, or a line below the table."""
        if len(cells) == 1 or cells[0].lstrip().startswith("©"):
            return True
        named = [self.cell(cells, name) for name in ("name", "ref") if name in self.places]
        if all(not text.strip(" -\u2013\u2014") for text in named):
            return True
        beside = [cells[0], *(self.cell(cells, name) for name in ("day", "month")), *named]
        return any(_is_total(text) for text in beside)

    def spend(self, line: int, cells: list[str]) -> Spend | None:
        """Return what a row says, None when nothing was spent. Raises ValueError(column, reason)."""
        name, text = self.cell(cells, "name"), self.cell(cells, "cost")
        ref = self.cell(cells, "ref") or name
        if not text.strip(" -\u2013\u2014"):
            return None
        code = (self.cell(cells, "currency") or read_currency(text) or self.currency or "").upper()
        if not re.fullmatch(r"[A-Z]{3}", code):
            raise ValueError("currency", "the file does not name the currency; say it with --currency, such as PLN")
        places = places_of(code)
        minor = read_amount(text, places, self.mark)
        if minor is None:
            raise ValueError("cost", f'"{text[:40]}" is not an amount')
        if self.micros:
            minor = round(minor / 1_000_000)
        if minor == 0:
            return None
        return Spend(line, ref[:200], (name or ref)[:200], self._span(cells), minor, code)

    def _span(self, cells: list[str]) -> Span:
        for name in ("day", "month"):
            text = self.cell(cells, name)
            if text:
                return self._within(name, text, read_span(text, american=self.american))
        first, last = (self.cell(cells, name) for name in ("first", "last"))
        if first:
            begin = read_span(first, american=self.american)
            end = read_span(last or first, american=self.american)
            whole = None if begin is None or end is None or end.last < begin.first else Span(begin.first, end.last)
            return self._within("first", f"{first} {last}".strip(), whole)
        if self.around is None:
            raise ValueError("day", "is empty")
        return self._within("day", "the period above the table", self.around)

    def _within(self, column: str, text: str, span: Span | None) -> Span:
        """Return the part of a span in which money can have been spent. Raises ValueError."""
        if span is None:
            raise ValueError(column, f'"{text[:40]}" is not a day or a month')
        first, last = span.first, min(span.last, self.today)
        if self.around is not None and column == "month":
            first, last = max(first, self.around.first), min(last, self.around.last)
        if last < first:
            raise ValueError(column, f'"{text[:40]}" is still to come')
        return Span(first, last)


def _lines(wanted: Wanted) -> list[tuple[int, list[str]]]:
    """Return the lines of the file with their numbers, cut into cells."""
    path = wanted.path
    try:
        head = path.read_bytes()[:4]
    except OSError as error:
        raise PatientsError(f"{path}: cannot be read ({error.strerror}); check the path.") from None
    if head[:2] == b"PK" or head == b"\xd0\xcf\x11\xe0":
        raise PatientsError(f"{path}: is a spreadsheet; download it as CSV.")
    encoding = named(wanted.encoding) if wanted.encoding else detect(path, wanted.region)
    try:
        text = path.read_bytes().decode(encoding.name)
    except UnicodeDecodeError:
        raise PatientsError(f"{path}: is not in {encoding.name}; name its encoding with --encoding.") from None
    tables = (_cut(text, mark) for mark in ",;\t")
    # The mark that parts more of the lines into more cells is the right one; a preamble has none at all.
    best = max(tables, key=lambda table: (max((len(_places(cells)) for _, cells in table[:_SEARCHED]), default=0),
                                          sum(len(cells) > 1 for _, cells in table)))
    return [(line, [clean(cell) for cell in cells]) for line, cells in best]


def _cut(text: str, mark: str) -> list[tuple[int, list[str]]]:
    found, reader = [], csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=mark)
    csv.field_size_limit(131_072)
    while True:
        line = reader.line_num + 1
        try:
            found.append((line, next(reader)))
        except StopIteration:
            return found
        except csv.Error:
            continue


def _places(cells: Sequence[str]) -> dict[str, int]:
    """Return where each of our columns stands; of two that may be one, the first."""
    places: dict[str, int] = {}
    for name, keys in _KEYS.items():
        for place, cell in enumerate(cells):
            if _squeezed(cell) in keys:
                places.setdefault(name, place)
    return places


def _key(text: str) -> str:
    """Return a heading as it is compared: without what stands in brackets or behind a comma, small, plain."""
    bare = re.split(r"[(\[,:]", text.replace("_", " ").replace(".", " "))[0]
    return fold(bare).strip()


def _squeezed(text: str) -> str:
    return _key(text).replace(" ", "")


_KEYS = {name: {_squeezed(word) for word in words.split(", ")} for name, words in HEADINGS.items()}


def _cell(cells: Sequence[str], place: int) -> str:
    return cells[place].strip() if place < len(cells) else ""


def _is_total(text: str) -> bool:
    """Say whether a cell is a total's: `Total`, `Total: Campaigns`, `Итого:`, never `Total body check`."""
    before, colon, _ = text.partition(":")
    return fold(before) in _TOTALS and (bool(colon) or fold(text) in _TOTALS)


def _in_micros(heading: str, header: list[str], costs: list[str]) -> bool:
    """Say whether amounts are millionths: the heading says so, or an API's column `Cost` holds large whole numbers."""
    if "micros" in heading.lower():
        return True
    from_api = "campaignname" in map(_squeezed, header) and not any(" " in name for name in header)
    told = [cell for cell in costs if cell.strip(" -")]
    return from_api and bool(told) and all(cell.isdecimal() for cell in told) and any(len(cell) > 5 for cell in told)


def _around(top: str, american: bool) -> Span | None:
    """Return the period that the lines above the table name: the first two days; later ones say when it was made."""
    found = spans(top, american=american)[:2]
    return Span(found[0].first, max(span.last for span in found)) if found else None
