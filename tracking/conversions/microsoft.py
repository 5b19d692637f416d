"""Microsoft Advertising: offline conversions, as the file that is uploaded. Pure.

Times are UTC in the American way. The goal is at least two hours old when the file is uploaded. What is taken back goes
into a file of the bulk form, which alone has adjustments.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from tracking.conversions.forms import amount, table
from tracking.conversions.rules import Line

COLUMNS = ("Microsoft Click ID", "Conversion Name", "Conversion Time", "Conversion Value", "Conversion Currency")
BULK = (
    "Type", "Status", "Id", "Parent Id", "Client Id", "Name", "Conversion Currency Code", "Conversion Name",
    "Conversion Time", "Conversion Value", "Microsoft Click Id", "Adjustment Type", "Adjustment Time",
)  # fmt: skip


def conversions(lines: Sequence[Line]) -> bytes:
    """Return the file of conversions."""
    return table(
        [["Parameters:TimeZone=+0000"], COLUMNS],
        ([line.click_id, line.name, _time(line.at_ms), _amount(line), line.currency or ""] for line in lines),
    )


def retractions(lines: Sequence[Line], now_ms: int) -> bytes:
    """Return the file of the bulk form that takes conversions back."""
    version = ["Format Version", "", "", "", "", "6.0", *[""] * 7]
    return table(
        [BULK, version],
        (["Offline Conversion", "", "", "", "", "", line.currency or "", line.name, _time(line.at_ms), "",
          line.click_id, "Retract", _time(now_ms)] for line in lines),
    )  # fmt: skip


def _time(at_ms: int) -> str:
    moment = datetime.fromtimestamp(at_ms // 1000, UTC)
    half = "AM" if moment.hour < 12 else "PM"
    return f"{moment.month}/{moment.day}/{moment.year} {moment.hour % 12 or 12}:{moment:%M:%S} {half}"


def _amount(line: Line) -> str:
    text = amount(line.value_minor, line.currency)
    return text.rstrip("0").rstrip(".") if "." in text else text
