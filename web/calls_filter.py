"""What the call log is filtered by, as it stands in the address; and the calls that pass, page by page."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode
from zoneinfo import ZoneInfo

from aiohttp import web

from patients.match import fold
from reports import ReportsError, behind
from reports.based import BASES, Told, listed, told
from reports.callbacks import final_lost
from reports.figure import COUNTED_DAYS, Cell, count_of
from reports.listed import Listed
from reports.period import PRESETS, Period, preset
from reports.registry import Limits
from reports.today import BY_NAME, lost
from store import Row, Tx
from web import calls_words as words
from web.i18n import mark

KINDS = {"patient": mark("patients"), "internal": mark("internal"), "marked": mark("left out of the figures")}
OPEN = {"1": mark("while open"), "0": mark("when closed")}
PERIODS = dict(zip(PRESETS, (
    mark("Today"), mark("Yesterday"), mark("7 days"), mark("30 days"), mark("This month"), mark("Last month"),
), strict=True))  # fmt: skip
EARLIEST, LATEST = 1990, 2200
"""Years; days beyond are no days."""
LONGEST_ROW = 800
"""Signs of the texts of a report's row, as an address has them."""

Figure = Callable[[Tx, Period, int], list[Row]]
"""The very calls behind a figure: given a period and how long our talk must be, s. Rows have pbx, id, started_ms."""

FIGURES: Mapping[str, Figure] = {
    "final_lost": lambda tx, period, reached_s: final_lost(tx, period, reached_s=reached_s),
    "lost_first": lambda tx, period, reached_s: list(lost(tx, period, reached_s=reached_s).paid),
}

_OF_REPORTS = behind.NAMES | behind.OF_PEOPLE | behind.COMPUTED


@dataclass(frozen=True, slots=True)
class Filter:
    """What the log is filtered by; "" is no filter. As it stands in the address.

    `figure` shows the very calls behind a figure of the first page, or of a report (`visits.calls`) in one of its rows,
    whose texts `row` has as an address has them; beside it only the period counts, and of a report `number`, a whole
    one: the calls of one caller. `computed` is the figure of the same report that is computed from these calls.
    """

    start: str = ""
    end: str = ""
    direction: str = ""
    outcome: str = ""
    did: str = ""
    campaign: str = ""
    number: str = ""
    topic: str = ""
    person: str = ""
    patient: str = ""
    kind: str = ""
    hour: str = ""
    open: str = ""
    first: str = ""
    period: str = ""
    figure: str = ""
    row: str = ""
    computed: str = ""

    @classmethod
    def of(cls, request: web.Request) -> "Filter":
        """Read the address; what nobody can have chosen counts as no filter."""
        return cls.read({name: request.query.get(name, "") for name in cls.__dataclass_fields__})

    @classmethod
    def read(cls, query: Mapping[str, str]) -> "Filter":
        """Read the parts of an address."""
        given = {name: query.get(name, "").strip()[:LONGEST_ROW if name == "row" else 80]
                 for name in cls.__dataclass_fields__}  # fmt: skip
        for name in ("start", "end"):
            given[name] = known_day(given[name])
        for name, known in (("direction", words.DIRECTIONS), ("outcome", words.FILTERED), ("kind", KINDS),
                            ("open", OPEN), ("first", {"1": ""}), ("period", PERIODS),
                            ("figure", {*FIGURES, *_OF_REPORTS})):
            if given[name] not in known:
                given[name] = ""
        for name, most in (("campaign", 17), ("hour", 2)):
            if not (given[name].isascii() and given[name].isdigit() and len(given[name]) <= most):
                given[name] = ""
        given["number"] = "".join(sign for sign in given["number"] if sign.isdigit() and sign.isascii())
        if given["figure"] not in _OF_REPORTS:
            given["row"] = ""
        given["computed"] = known_computed(given["figure"], given["computed"])
        if given["period"]:
            given["start"] = given["end"] = ""
        return cls(**given)

    @property
    def any(self) -> bool:
        """Say whether anything is filtered."""
        return any(getattr(self, name) for name in self.__dataclass_fields__)

    @property
    def texts(self) -> dict[str, str]:
        """Return the texts of the row whose calls these are, {} where it is no row."""
        return dict(parse_qsl(self.row, keep_blank_values=True))

    def query(self, **more: str) -> str:
        """Return the address's query, with what is added or, by "", taken away."""
        given = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return urlencode({name: value for name, value in {**given, **more}.items() if value})

    def settled(self, now_ms: int, zone: ZoneInfo) -> "Filter":
        """Return the same with the days that a preset means now, in the clinic's zone."""
        if not self.period:
            return self
        chosen = preset(self.period, datetime.fromtimestamp(now_ms / 1000, UTC), zone)
        given = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return Filter(**{**given, "start": chosen.start.isoformat(), "end": chosen.end.isoformat()})

    def days(self, now_ms: int, zone: ZoneInfo) -> Period | None:
        """Return the days that are looked at; None when one end is open."""
        settled = self.settled(now_ms, zone)
        if not (settled.start and settled.end) or settled.end < settled.start:
            return None
        return Period(date.fromisoformat(settled.start), date.fromisoformat(settled.end))

    def params(self, zone: ZoneInfo) -> Row:
        """Return the parameters of `console_calls`, but for the page. Digits are matched anywhere in a number.

        A preset must be settled before.
        """
        named = "%".join(fold(self.patient).split())
        return {
            "from_ms": midnight(self.start, zone), "to_ms": midnight(self.end, zone, 1),
            "direction": self.direction or None, "outcome": self.outcome or None, "did": self.did or None,
            "campaign": int(self.campaign) if self.campaign else None,
            "fragment": f"%{self.number.removeprefix('00')}%" if self.number else None, "topic": self.topic or None,
            "person": self.person or None, "kind": self.kind or None,
            "hour": int(self.hour) if self.hour else None, "open": int(self.open) if self.open else None,
            "first_time": 1 if self.first else None, "patient": self.patient or None,
            "patient_name": f"%{named}%" if named else None,
        }  # fmt: skip


def known_computed(name: str, figure: str) -> str:
    """Return the figure that is computed from the list of another, or of itself, if it is; "" otherwise."""
    computed = f"{name.partition('.')[0]}.{figure}"
    return figure if computed in BASES and listed(computed) == name else ""


def known_day(text: str) -> str:
    """Return an ISO day, "" for anything else: also for days that no call was made on and no calendar reckons with."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return ""
    return found.isoformat() if EARLIEST <= found.year <= LATEST else ""


def midnight(day: str, zone: ZoneInfo, later: int = 0) -> int | None:
    """Return when a day, or the one so many days later, begins in a zone, ms; None for ""."""
    if not day:
        return None
    then = date.fromisoformat(day) + timedelta(days=later)
    return int(datetime(then.year, then.month, then.day, tzinfo=zone).timestamp() * 1000)


Place = tuple[int, str, str]
"""The last row of a page: when it started, its id, its exchange."""


def place_of(text: str) -> Place | None:
    """Read `1795309246011~main~1795309246.157`, what `place_text` wrote; None for anything else."""
    at, _, rest = text.partition("~")
    pbx, _, call = rest.partition("~")
    return (int(at), call, pbx) if at.isascii() and at.isdigit() and len(at) < 19 and call else None


def place_text(row: Row) -> str:
    """Write where a page ends."""
    return f"{row['started_ms']}~{row['pbx']}~{row['id']}"


def log(tx: Tx, chosen: Row, place: Place | None, limit: int) -> list[Row]:
    """Return calls older than a place, the newest first."""
    at, call, pbx = place if place is not None else (None, None, None)
    return tx.all("console_calls", **chosen, before_ms=at, before_id=call, before_pbx=pbx, limit=limit)


@dataclass(frozen=True, slots=True)
class Selection:
    """A filter with what it is read with: the clinic's zone, the time, and how long our talk must be, s."""

    filter: Filter
    zone: ZoneInfo
    now_ms: int
    reached_s: int = 5

    def page(self, tx: Tx, place: Place | None, limit: int) -> list[Row]:
        """Return calls older than a place, the newest first."""
        if not self.filter.figure:
            return log(tx, self.filter.settled(self.now_ms, self.zone).params(self.zone), place, limit)
        keys = self._behind(tx).page(tx, place, limit)
        rows = (tx.one("console_call_row", pbx=key["pbx"], call=key["id"]) for key in keys)
        return [row for row in rows if row is not None]

    def told(self, tx: Tx) -> Told | None:
        """Return the figure that is computed from these calls, with their count and what they are a part of."""
        name = f"{self.filter.figure.partition('.')[0]}.{self.filter.computed}"
        limits = Limits(reached_s=round(self.reached_s), zone=self.zone)
        if not self.filter.computed or self.filter.number:
            return None
        with suppress(ReportsError):
            return told(tx, Cell(name, self._days, self.filter.texts), limits)
        return None

    def count(self, tx: Tx) -> int | None:
        """Return how many calls there are, None where counting would take long."""
        if self.filter.figure:
            return self._count_behind(tx)
        days = self.filter.days(self.now_ms, self.zone)
        if days is None or days.days > COUNTED_DAYS:
            return None
        return int(tx.value("console_calls_count",
                            **self.filter.settled(self.now_ms, self.zone).params(self.zone)))

    @property
    def _days(self) -> Period:
        return self.filter.days(self.now_ms, self.zone) or preset(
            "today", datetime.fromtimestamp(self.now_ms / 1000, UTC), self.zone
        )

    def _behind(self, tx: Tx) -> behind.Calls:
        figure, number = self.filter.figure, self.filter.number
        if figure in _OF_REPORTS:
            return behind.opened(tx, figure, self._days, self.filter.texts, f"+{number}" if number else "")
        return Listed(FIGURES[figure](tx, self._days, self.reached_s))

    def _count_behind(self, tx: Tx) -> int | None:
        figure, found = self.filter.figure, self._behind(tx)
        if figure in behind.COMPUTED and self._days.days > COUNTED_DAYS:
            return None
        if figure not in behind.NAMES or self.filter.number:
            return found.count(tx)
        limits = Limits(reached_s=round(self.reached_s), zone=self.zone)
        return count_of(tx, found, Cell(figure, self._days, self.filter.texts), limits)


def definition(figure: str) -> Any:
    """Return the definition of a figure that can be opened."""
    return behind.metric_of(figure) if figure in _OF_REPORTS else BY_NAME[figure]
