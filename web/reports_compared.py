"""What a report is compared with, as it stands in the address: `?compare=previous`, `year`, or `days` with two days."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from aiohttp import web

from reports.compare import WAYS, other_period
from reports.period import Period, PeriodError
from web.calls_filter import known_day
from web.i18n import gettext, mark
from web.periods import Chosen
from web.refusals import said

CHOICES: Mapping[str, str] = {
    "": "–", "previous": mark("the days before"), "year": mark("the same days of last year"),
    "days": mark("other days"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Against:
    """The days to compare with. `way` is one of CHOICES; `problem` says why two days were not taken."""

    way: str = ""
    period: Period | None = None
    problem: str = ""

    @property
    def query(self) -> str:
        """Return it as it stands in an address, "" for no comparison."""
        if self.period is None:
            return ""
        days = {"with_from": str(self.period.start), "with_to": str(self.period.end)} if self.way == "days" else {}
        return urlencode({"compare": self.way, **days})


def against_of(request: web.Request, chosen: Chosen) -> Against:
    """Read the address; what cannot be read compares with nothing, with a sentence."""
    way = request.query.get("compare", "")
    if way in WAYS:
        return Against(way, other_period(way, chosen.period))
    if way != "days":
        return Against()
    first, last = (request.query.get(name, "").strip()[:20] for name in ("with_from", "with_to"))
    if not (known_day(first) and known_day(last)):
        return Against("days", None, gettext("Choose the first and the last day to compare with."))
    try:
        return Against("days", other_period(f"{first}..{last}", chosen.period))
    except PeriodError as error:
        return Against("days", None, said(error))
