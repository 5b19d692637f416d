"""How Asterisk writes the time of a row, and how it is read. Pure.

CEL and CDR carry no zone: they are read in the exchange's own. In the hour that autumn repeats a wall clock shows every
time twice. The ids decide: a channel's uniqueid begins with the second it was made in, which is always UTC, and nothing
is written of a channel before it was made, nor, in a file, before anything that stands further up.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from pbx.backfill.rows import RowError
from pbx.live import age

_SLACK_MS = 5000
"""Rows of one moment may be written in any order, and the id's second may be a little ahead of the row's."""
_FIRST_YEAR = 2000


@dataclass(slots=True)
class Moments:
    """Reads the times of one source, in the order in which it wrote them. `zone` is that of the wall clock."""

    zone: ZoneInfo
    newest_ms: int = 0
    """The youngest channel met so far, by its id."""

    def read(self, value: object, uniqueid: str = "") -> int:
        """Return the milliseconds since the epoch of a time as text, number or datetime.

        Raises:
            RowError: it is no time.
        """
        return self._settle(_moment(value), uniqueid)

    def _settle(self, moment: datetime | int, uniqueid: str) -> int:
        made_ms = age(uniqueid)[0] * 1000
        if isinstance(moment, int):
            return moment
        if moment.tzinfo is not None:
            return _ms(moment)
        first = moment.replace(tzinfo=self.zone, fold=0)
        second = moment.replace(tzinfo=self.zone, fold=1)
        self.newest_ms = max(self.newest_ms, made_ms)
        if first.utcoffset() == second.utcoffset():
            return _ms(first)
        early, late = sorted((_ms(first), _ms(second)))
        return late if early + _SLACK_MS < max(made_ms, self.newest_ms) <= late + _SLACK_MS else early

    def wall(self, ms: int) -> datetime:
        """Return what the wall clock showed, without a zone: what a table is asked with."""
        return datetime.fromtimestamp(ms / 1000, UTC).astimezone(self.zone).replace(tzinfo=None)


def is_time(text: str) -> bool:
    """Say whether a text reads as a time: how the columns of a file without a header are told apart."""
    try:
        _moment(text)
    except RowError:
        return False
    return True


def _moment(value: object) -> datetime | int:
    """Return a datetime with or without a zone, or milliseconds since the epoch."""
    if isinstance(value, datetime):
        return value
    text = str(value if value is not None else "").strip()
    head, _, tail = text.partition(".")
    if head.isascii() and head.isdigit() and (not tail or tail.isdigit()) and len(head) in (9, 10):
        return int(head) * 1000 + int((tail + "000")[:3])
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise RowError(f"{text!r} is not a time") from None
    if len(text) < len("2026-11-22 01:00") or moment.year < _FIRST_YEAR:
        raise RowError(f"{text!r} is not a time")
    return moment


def _ms(moment: datetime) -> int:
    return round((moment - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(milliseconds=1))
