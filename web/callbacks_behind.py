"""Which figure of the report on callbacks a list of callbacks stands behind, as its address says."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from urllib.parse import parse_qsl, urlencode

from reports import ReportsError
from reports.based import Told, told
from reports.callback_metrics import CALLBACKS_BY_ID
from reports.figure import Cell
from reports.metrics import Metric
from reports.period import Period, PeriodError
from reports.registry import Limits
from reports.selected_callbacks import COMPUTED, NAMES, Callbacks, callbacks
from store import Tx
from web.calls_filter import known_computed

LONGEST = 4000


@dataclass(frozen=True, slots=True)
class Behind:
    """A figure in a row of the report: `row` has its texts as an address has them, "" for the total.

    `computed` is the figure of the report that is computed from these callbacks, "" where that is none.
    """

    metric: Metric
    period: Period
    row: str
    computed: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Behind | None":
        """Read it from an address; None when that names no figure, or no days."""
        figure, row = query.get("figure", ""), query.get("row", "")
        try:
            period = Period(*(date.fromisoformat(query.get(name, "")) for name in ("start", "end")))
        except (ValueError, PeriodError):
            return None
        computed = known_computed(f"callbacks.{figure}", query.get("computed", ""))
        known = figure in NAMES | COMPUTED and len(row) <= LONGEST
        return cls(CALLBACKS_BY_ID[figure], period, row, computed) if known else None

    @property
    def query(self) -> str:
        """Return it as a part of an address."""
        asked = {"figure": self.metric.id, "row": self.row, "start": self.period.start.isoformat(),
                 "end": self.period.end.isoformat()}  # fmt: skip
        return urlencode(asked | ({"computed": self.computed} if self.computed else {}))

    @property
    def texts(self) -> dict[str, str]:
        """Return the texts of the row, {} for the total."""
        return dict(parse_qsl(self.row, keep_blank_values=True))

    def told(self, tx: Tx, limits: Limits) -> Told | None:
        """Return the figure that is computed from these callbacks, with their count and what they are a part of."""
        with suppress(ReportsError):
            return told(tx, Cell(f"callbacks.{self.computed}", self.period, self.texts), limits)
        return None

    @property
    def callbacks(self) -> Callbacks:
        """Return the callbacks, the newest first: as many as the figure says."""
        return callbacks(self.period, self.metric, self.texts)
