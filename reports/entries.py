"""What is behind a figure that counts other things than calls alone: requests to be rung back together with calls,
visits to the web site, leases of numbers. Each once, as many as the figure says.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from reports import channels, pool, visits
from reports.metrics import Metric
from reports.period import Period
from reports.registry import KINDS, Limits
from reports.selected import Place, Selected, selected

if TYPE_CHECKING:
    from store import Row, Tx

_AT_ONCE = 500
"""Visits that one query asks about."""
_COLUMNS = "visit.id, visit.started_ms, visit.visitor, visit.site, visit.page, visit.source, visit.medium, visit.name"
_LATEST = "ORDER BY visit.started_ms DESC, visit.id DESC"
_BEFORE = "visit.started_ms <= :before_ms AND (visit.started_ms, visit.id) < (:before_ms, :before_id)"


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that a figure counts. `kind` is "call", "request", "visit" or "lease"; `id` is "" of no other one.

    `until_ms` is when a call was answered, when who asked to be rung back was spoken with, or when a lease ended; None
    where it did not. `number` (E.164) rang or asked, "" where it is not known; `visitor` is the id of who visited.
    `ended` is in what a visit ended, by the id of the figure that counts it.
    """

    kind: str
    at_ms: int
    id: str
    pbx: str = ""
    until_ms: int | None = None
    number: str = ""
    visitor: str = ""
    did: str = ""
    site: str = ""
    page: str = ""
    source: str = ""
    medium: str = ""
    campaign: str = ""
    ended: str = ""

    @property
    def place(self) -> Place:
        """Return where a page ends that ends here."""
        return self.at_ms, self.id, self.pbx


@dataclass(frozen=True, slots=True)
class Few:
    """Entries that were found one by one, the newest first whatever their order here."""

    entries: Sequence[Entry]

    def count(self, tx: "Tx") -> int:
        """Return how many there are."""
        return len(self.entries)

    def page(self, tx: "Tx", place: Place | None, limit: int) -> list[Entry]:
        """Return those before a place."""
        before = None if place is None else (place[0], _number(place[1]))
        ordered = sorted(self.entries, key=_order, reverse=True)
        return [one for one in ordered if before is None or _order(one) < before][:limit]


@dataclass(frozen=True, slots=True)
class Leases:
    """Leases that were found one by one: rows with id, did, from_ms, to_ms, visit (its id)."""

    rows: "Sequence[Row]"

    def count(self, tx: "Tx") -> int:
        """Return how many there are."""
        return len(self.rows)

    def page(self, tx: "Tx", place: Place | None, limit: int) -> list[Entry]:
        """Return those before a place, the newest first."""
        visits_by = {str(row["id"]): row["visit"] for row in self.rows}
        found = Few([Entry("lease", row["from_ms"], str(row["id"]), until_ms=row["to_ms"], did=row["did"])
                     for row in self.rows]).page(tx, place, limit)  # fmt: skip
        whose = {row["id"]: row["visitor"]
                 for row in Visits((), {}).those(tx, {visits_by[one.id] for one in found})}  # fmt: skip
        return [replace(one, visitor=whose.get(visits_by[one.id], "")) for one in found]


@dataclass(frozen=True, slots=True)
class Contacts:
    """Calls that are selected in the database, and requests, the newest first; of one moment calls come first."""

    calls: Selected
    requests: Few

    def count(self, tx: "Tx") -> int:
        """Return how many there are."""
        return self.calls.count(tx) + self.requests.count(tx)

    def page(self, tx: "Tx", place: Place | None, limit: int) -> list[Entry]:
        """Return those before a place: one without an exchange is a request's."""
        of_call, of_request = place, place
        if place is not None and place[2]:
            of_request = (place[0] + 1, "0", "")
        elif place is not None:
            of_call = (place[0], "", "")
        found = [_call(tx, row) for row in self.calls.page(tx, of_call, limit)]
        merged = [*found, *self.requests.page(tx, of_request, limit)]
        return sorted(merged, key=lambda one: one.at_ms, reverse=True)[:limit]


@dataclass(frozen=True, slots=True)
class Visits:
    """Visits that some conditions select, as SQL over `visit`. `ended` says in what those ended that did in something.

    `only` are the ids of those that count, None for all; `without_ended` leaves out those of `ended`.
    """

    conditions: tuple[str, ...]
    params: Mapping[str, Any]
    ended: Mapping[int, str] = field(default_factory=dict)
    only: frozenset[int] | None = None
    without_ended: bool = False

    def count(self, tx: "Tx") -> int:
        """Return how many there are."""
        if self.only is not None:
            return len(self.those(tx, self.only))
        [row] = tx.select(f"SELECT COUNT(*) AS n FROM visit WHERE {self._where()}", **self.params)  # noqa: S608
        return int(row["n"]) - (len(self.those(tx, self.ended)) if self.without_ended else 0)

    def page(self, tx: "Tx", place: Place | None, limit: int) -> list[Entry]:
        """Return those before a place, the newest first."""
        if self.only is not None:
            return Few([self._entry(row) for row in self.those(tx, self.only)]).page(tx, place, limit)
        found: list[Entry] = []
        while len(found) < limit:
            rows = self._older(tx, place, limit)
            found += (self._entry(row) for row in rows if not (self.without_ended and row["id"] in self.ended))
            if len(rows) < limit:
                break
            place = (rows[-1]["started_ms"], str(rows[-1]["id"]), "")
        return found[:limit]

    def _older(self, tx: "Tx", place: Place | None, limit: int) -> "list[Row]":
        more = () if place is None else (_BEFORE,)
        before = {} if place is None else {"before_ms": place[0], "before_id": _number(place[1])}
        return tx.select(f"SELECT {_COLUMNS} FROM visit WHERE {self._where(*more)} {_LATEST} LIMIT :rows",  # noqa: S608
                         **self.params, **before, rows=limit)  # fmt: skip

    def those(self, tx: "Tx", ids: Iterable[int]) -> "list[Row]":
        """Return those of some visits that the conditions select."""
        rows: list[Row] = []
        for some in _batches(sorted(ids)):
            bound = {f"id{n}": ident for n, ident in enumerate(some)}
            among = f"visit.id IN ({', '.join(f':{name}' for name in bound)})"
            rows += tx.select(f"SELECT {_COLUMNS} FROM visit WHERE {self._where(among)}",  # noqa: S608
                              **self.params, **bound)  # fmt: skip
        return rows

    def _where(self, *more: str) -> str:
        return " AND ".join(f"({one})" for one in (*self.conditions, *more))

    def _entry(self, row: "Row") -> Entry:
        return Entry("visit", row["started_ms"], str(row["id"]), visitor=row["visitor"], site=row["site"],
                     page=row["page"], source=row["source"], medium=row["medium"], campaign=row["name"],
                     ended=self.ended.get(row["id"], "ended_nothing"))  # fmt: skip


Entries = Few | Leases | Contacts | Visits
_Behind = Callable[["Tx", Period, Metric, Mapping[str, str], Limits], Entries]


def _contacts(tx: "Tx", period: Period, metric: Metric, row: Mapping[str, str], _: Limits) -> Entries:
    """Requests to be rung back, in the total with the calls."""
    found = channels.requests_of(tx, period)
    requests = Few([
        Entry("request", one["at_ms"], str(one["id"]), until_ms=one["contacted_ms"], number=one["number"],
              site=one["site"], page=one["page"])
        for one in found if metric.id == "contacts" or one["contacted_ms"] is not None
    ])  # fmt: skip
    channel = row.get("channel")
    if channel is None:
        return Contacts(selected(period, metric.condition, {}), requests)
    return requests if channel == "request" else Few(())


def _visits(tx: "Tx", period: Period, metric: Metric, row: Mapping[str, str], _: Limits) -> Entries:
    conditions, params, ended = visits.visits_of(tx, period, row)
    only = frozenset(one for one, what in ended.items() if metric.id in (what, "acted_share"))
    all_but = metric.id in ("visits", "ended_nothing")
    return Visits(conditions, params, ended, None if all_but else only, without_ended=metric.id == "ended_nothing")


def _leases(tx: "Tx", period: Period, metric: Metric, row: Mapping[str, str], limits: Limits) -> Entries:
    return Leases(pool.leases_of(tx, period, row, limits.zone, overflow=metric.id == "overflow"))


def _without(tx: "Tx", period: Period, _: Metric, row: Mapping[str, str], limits: Limits) -> Entries:
    """Visits that were shown no number of the pool."""
    conditions, params, ended = visits.visits_of(tx, period, {})
    return Visits(conditions, params, ended, frozenset(pool.without_of(tx, period, row, limits.zone)))


_FIGURES: Mapping[str, tuple[tuple[str, ...], tuple[str, ...], _Behind]] = {
    "channels": (("contacts", "answered"), channels.DIMENSIONS, _contacts),
    "visits": (("visits", "ended_booking", "ended_call", "ended_form", "ended_nothing"), visits.DIMENSIONS, _visits),
    "pool": (("leases", "overflow"), pool.DIMENSIONS, _leases),
}
_WITHOUT = "pool.without"
NAMES = frozenset(f"{name}.{figure}" for name, (figures, *_) in _FIGURES.items() for figure in figures) | {_WITHOUT}
"""Every figure that opens to such a list, as `visits.ended_nothing`."""
COMPUTED = frozenset(("visits.acted_share",))
"""A share that opens to what is above its line."""
OF_CONTACTS = frozenset(name for name in NAMES if name.startswith("channels."))
"""Those whose lists have who rang or asked; the others' have visitors to the web site, of whom none is named."""


def are_entries(name: str, row: Mapping[str, Any]) -> bool:
    """Say whether one of NAMES opens to such a list in a row: of channels, calls alone are in a list of calls."""
    return name not in OF_CONTACTS or row.get("channel", "request") == "request"


def kind_of(name: str) -> str:
    """Return what one of NAMES counts: "contact", "visit" or "lease"."""
    return "contact" if name in OF_CONTACTS else "lease" if name in ("pool.leases", "pool.overflow") else "visit"


def metric_of(name: str) -> Metric:
    """Return the definition of one of NAMES or COMPUTED."""
    report, figure = name.split(".")
    return next(metric for metric in KINDS[report].metrics if metric.id == figure)


def opened(tx: "Tx", name: str, period: Period, row: Mapping[str, str], limits: Limits) -> Entries:
    """Return what is behind one of NAMES or COMPUTED in a row ({} for the total).

    Texts that are no dimension of the report are passed over.
    """
    _, known, behind = _FIGURES[name.split(".")[0]]
    if any("\x00" in text for text in row.values()):  # no row has it, and PostgreSQL refuses it
        return Few(())
    found = _without if name == _WITHOUT else behind
    return found(tx, period, metric_of(name), {key: text for key, text in row.items() if key in known}, limits)


def _call(tx: "Tx", key: "Row") -> Entry:
    row = tx.one("call_get", pbx=key["pbx"], id=key["id"]) or {}
    return Entry("call", key["started_ms"], key["id"], key["pbx"], until_ms=row.get("answered_ms"),
                 number="" if row.get("withheld") else row.get("party") or "", did=row.get("did") or "")


def _order(entry: Entry) -> tuple[int, int]:
    return entry.at_ms, _number(entry.id)


def _number(ident: str) -> int:
    """Return the number that an id is; what an address made up is before all."""
    return int(ident) if ident.isascii() and ident.isdigit() and len(ident) < len(str(2**63)) else 0


def _batches(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for n in range(0, len(ids), _AT_ONCE):
        yield ids[n : n + _AT_ONCE]
