"""Which figure of the report on callbacks a list of callbacks stands behind, as its address says."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import parse_qsl, urlencode

from reports.callback_metrics import CALLBACKS_BY_ID
from reports.metrics import Metric
from reports.period import Period, PeriodError
from reports.selected_callbacks import NAMES, Callbacks, callbacks

LONGEST = 4000


@dataclass(frozen=True, slots=True)
class Behind:
    """A figure in a row of the report: `row` has its texts as an address has them, "" for the total."""

    metric: Metric
    period: Period
    row: str

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Behind | None":
        """Read it from an address; None when that names no figure, or no days."""
        figure, row = query.get("figure", ""), query.get("row", "")
        try:
            period = Period(*(date.fromisoformat(query.get(name, "")) for name in ("start", "end")))
        except (ValueError, PeriodError):
            return None
        return cls(CALLBACKS_BY_ID[figure], period, row) if figure in NAMES and len(row) <= LONGEST else None

    @property
    def query(self) -> str:
        """Return it as a part of an address."""
        return urlencode({"figure": self.metric.id, "row": self.row, "start": self.period.start.isoformat(),
                          "end": self.period.end.isoformat()})  # fmt: skip

    @property
    def texts(self) -> dict[str, str]:
        """Return the texts of the row, {} for the total."""
        return dict(parse_qsl(self.row, keep_blank_values=True))

    @property
    def callbacks(self) -> Callbacks:
        """Return the callbacks, the newest first: as many as the figure says."""
        return callbacks(self.period, self.metric, self.texts)
