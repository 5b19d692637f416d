"""What the platforms' forms have in common: CSV without surprises, amounts, times. Pure."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tracking.campaigns import from_minor


def table(*rows: Iterable[Sequence[str]]) -> bytes:
    """Return CSV in UTF-8 without a byte order mark, with LF line ends, from some lists of rows."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    for part in rows:
        writer.writerows(part)
    return out.getvalue().encode()


def amount(minor: int | None, currency: str | None) -> str:
    """Return `250.00`, "" for none."""
    return "" if minor is None or currency is None else from_minor(minor, currency).partition(" ")[0]


def wall(at_ms: int, zone: ZoneInfo) -> str:
    """Return `2026-11-15 14:05:00` of a zone; in the hour that autumn repeats with its offset, `…+01:00`."""
    moment = datetime.fromtimestamp(at_ms // 1000, zone)
    text = moment.strftime("%Y-%m-%d %H:%M:%S")
    twice = moment.replace(fold=0).utcoffset() != moment.replace(fold=1).utcoffset()
    return text + _offset(moment.utcoffset() or timedelta()) if twice else text


def _offset(offset: timedelta) -> str:
    minutes = int(offset.total_seconds()) // 60
    sign = "-" if minutes < 0 else "+"
    return f"{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
