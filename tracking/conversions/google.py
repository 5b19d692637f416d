"""Google Ads: conversions from clicks, as the file that is uploaded or fetched on a schedule. Pure.

The click comes first, at most 90 days before; the name is exactly that of a conversion action, six hours old or more. A
gclid only: calls to the clinic's own numbers are no "calls from ads". What is taken back goes into a file of its
own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from tracking.conversions.forms import amount, table, wall
from tracking.conversions.rules import Line

COLUMNS = ("Google Click ID", "Conversion Name", "Conversion Time", "Conversion Value", "Conversion Currency")
CONSENT = ("Ad User Data", "Ad Personalization")
ADJUSTMENT = ("Google Click ID", "Conversion Name", "Conversion Time", "Adjustment Time", "Adjustment Type")


@dataclass(frozen=True, slots=True)
class Form:
    """The zone of the times, and the consent that the file states ("" leaves the two columns out)."""

    zone: ZoneInfo
    ad_user_data: str = ""
    ad_personalization: str = ""


def conversions(lines: Sequence[Line], form: Form) -> bytes:
    """Return the file of conversions."""
    said = (form.ad_user_data, form.ad_personalization) if form.ad_user_data else ()
    return table(
        [[f"Parameters:TimeZone={form.zone.key}"], [*COLUMNS, *(CONSENT if said else ())]],
        ([line.click_id, line.name, wall(line.at_ms, form.zone), amount(line.value_minor, line.currency),
          line.currency or "", *said] for line in lines),
    )  # fmt: skip


def retractions(lines: Sequence[Line], form: Form, now_ms: int) -> bytes:
    """Return the file that takes conversions back."""
    return table(
        [[f"Parameters:TimeZone={form.zone.key}"], ADJUSTMENT],
        ([line.click_id, line.name, wall(line.at_ms, form.zone), wall(now_ms, form.zone), "RETRACT"] for line in lines),
    )
