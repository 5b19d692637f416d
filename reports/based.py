"""What figures that are no counts are computed from: shares, times and money open to a list, too.

A share opens to what is above its line, anything else to what it is taken over. Mostly this is the list of another
figure of the same report; else the condition of the definition itself selects it. What cannot be listed so exactly that
the figure could be computed from the list anew is not here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reports import amounts, behind, entries
from reports.figure import COUNTED_DAYS, Cell, report_of
from reports.registry import KINDS, Limits
from reports.report import Report
from reports.selected import PARTS, selected
from reports.selected_callbacks import COMPUTED as OF_CALLBACKS
from reports.selected_callbacks import callbacks

if TYPE_CHECKING:
    from store import Tx


@dataclass(frozen=True, slots=True)
class Basis:
    """The list of which figure of the report it is, "" for one of its own, and of a share what is below the line.

    `out_of` are figures of the report whose sum that is; () where it is no share, or where its definition says it.
    `only` are texts that a row must have.
    """

    of: str = ""
    out_of: tuple[str, ...] = ()
    only: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """A figure with how many its list has, and out of how many these are (None for what is no share)."""

    report: Report
    figure: str
    value: Any
    count: int
    whole: int | None

    def name(self, language: str) -> str:
        """Return what the figure is called."""
        return self.report.heading(self.figure, language)

    def text(self, language: str) -> str:
        """Return the figure as people read it."""
        return amounts.shown(self.report, self.figure, self.value, language)


BASES: Mapping[str, Basis] = {
    "sources.revenue": Basis("visits"), "sources.roas": Basis("visits"), "sources.cost_per_call": Basis("calls"),
    "sources.cost_per_target": Basis("targets"), "sources.cost_per_booking": Basis("booked"),
    "missed.missed_rate": Basis("missed", ("calls",)), "hours.missed_rate": Basis("missed", ("calls",)),
    **{f"team.{name}": Basis("answered") for name in ("talk_s", "aht_s", "hold_s")},
    "team.wrap_s": Basis("topics"), "team.topic_rate": Basis("topics", ("answered",)),
    "team.outbound_talk_s": Basis("outbound"),
    "funnel.booked_share": Basis("booked_callers", ("rang_callers",)),
    "funnel.came_share": Basis("came_callers", ("booked_callers",)),
    "funnel.paid_share": Basis("paid_callers", ("came_callers",)),
    "funnel.conversion": Basis("booked_callers", ("talked_callers",)),
    "not-booked.lost_worth": Basis("lost_valued"), "models.revenue_counted": Basis("booked_counted"),
    "origins.show_rate": Basis("shown", ("shown", "no_shows", "cancelled_late")), "origins.revenue": Basis("shown"),
    "stages.went_on_share": Basis("went_on", ("people",)), "stages.median_days": Basis("went_on"),
    "channels.revenue": Basis("shown"), "channels.answer_s": Basis("answered", only={"channel": "request"}),
    "visits.acted_share": Basis("", ("visits",)),
    "pool.short_share": Basis("overflow", ("leases", "overflow")),
    "offline.booked_share": Basis("booked", ("calls",)), "offline.cost_per_call": Basis("calls"),
    **{name: Basis() for name in behind.COMPUTED},
    **{f"callbacks.{figure}": Basis("", () if figure.endswith("_s") else ("opened",)) for figure in OF_CALLBACKS},
}  # fmt: skip
"""Every figure that is no count and opens, as `sources.cost_per_call`."""


def listed(name: str) -> str:
    """Return of which figure the list is that a figure opens to: of itself where it is a count."""
    basis, report = BASES.get(name), name.split(".")[0]
    return name if basis is None or not basis.of else f"{report}.{basis.of}"


def opens_in(name: str, row: Mapping[str, Any]) -> bool:
    """Say whether one of BASES opens in a row."""
    only = BASES[name].only
    return only is None or all(row.get(key) == text for key, text in only.items())


def told(tx: "Tx", cell: Cell, limits: Limits) -> Told | None:
    """Return one of BASES in a row with its counts, None where there is none or counting would take long.

    Raises ReportsError: as the report does.
    """
    if cell.name not in BASES or not opens_in(cell.name, cell.row):
        return None
    (report, record), basis, figure = report_of(tx, cell, limits), BASES[cell.name], cell.name.split(".")[1]
    if record is None or record[figure] is None:
        return None
    whole = sum(int(record[name] or 0) for name in basis.out_of) if basis.out_of else None
    if basis.of:
        return Told(report, figure, record[figure], int(record[basis.of] or 0), whole)
    counted = _counted(tx, cell, limits)
    if counted is None:
        return None
    count, own_whole = counted
    return Told(report, figure, record[figure], count, own_whole if whole is None else whole)


def _counted(tx: "Tx", cell: Cell, limits: Limits) -> tuple[int, int | None] | None:
    """Return how many a definition's own condition selects, and out of how many where it is a share."""
    report, figure = cell.name.split(".")
    metric = next(metric for metric in KINDS[report].metrics if metric.id == figure)
    if cell.name in entries.COMPUTED:
        return entries.opened(tx, cell.name, cell.period, cell.row, limits).count(tx), None
    if report == "callbacks":
        return callbacks(cell.period, metric, cell.row).count(tx), None
    if cell.period.days > COUNTED_DAYS:
        return None
    count = behind.opened(tx, cell.name, cell.period, cell.row).count(tx)
    if metric.denominator_condition is None:
        return count, None
    row = {key: text for key, text in cell.row.items() if key in (*KINDS[report].dimensions, "label")}
    return count, selected(cell.period, metric.denominator_condition, row, PARTS).count(tx)
