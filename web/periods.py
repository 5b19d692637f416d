"""The period picker: presets and two days, kept in the address."""

from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode

from aiohttp import web

from reports.period import Period, PeriodError, between, preset
from web.calls_filter import PERIODS, known_day
from web.context import CLINIC, now_ms
from web.refusals import said


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the address says. `preset` is "" where two days were chosen; `problem` says why they were not taken."""

    period: Period
    preset: str
    problem: str = ""

    @property
    def query(self) -> str:
        """Return it as it stands in an address."""
        if self.preset:
            return urlencode({"period": self.preset})
        return urlencode({"from": self.period.start.isoformat(), "to": self.period.end.isoformat()})

    @property
    def days(self) -> str:
        """Return its days as the call log's address has them: a figure and its list must not part at midnight."""
        return urlencode({"start": self.period.start.isoformat(), "end": self.period.end.isoformat()})


def period_of(request: web.Request, default: str) -> Chosen:
    """Read `?period=7d`, or `?from=2026-11-01&to=2026-11-22`; what cannot be read is the default, with a sentence."""
    now, zone = datetime.fromtimestamp(now_ms(request) / 1000, UTC), request.app[CLINIC].zone
    start, end = (request.query.get(name, "").strip()[:20] for name in ("from", "to"))
    named = request.query.get("period", "")
    named = named if named in PERIODS else ""
    try:
        if (start or end) and not named:
            for text in (start, end):
                if text and not known_day(text):
                    raise PeriodError('"%(day)s" is not a day; write it as 2026-11-22.', day=text)
            return Chosen(between(start or None, end or None, now, zone), "")
    except PeriodError as error:
        return Chosen(preset(default, now, zone), default, said(error))
    return Chosen(preset(named or default, now, zone), named or default)
