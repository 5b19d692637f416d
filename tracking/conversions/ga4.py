"""Google Analytics 4: each call is one event by the Measurement Protocol. Pure.

The visitor is the client id of the `_ga` cookie; a call to a number without a visitor cannot be told. Consent to
advertising is denied in every request: the event is for the clinic's own reports.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from tracking.conversions.outgoing import Outgoing
from tracking.conversions.rules import Line


@dataclass(frozen=True, slots=True)
class Form:
    """The data stream, its API secret, the event's name, and where it is sent."""

    measurement_id: str
    secret: str = field(repr=False)
    event: str = "phone_call"
    url: str = "https://www.google-analytics.com/mp/collect"


def requests(lines: Sequence[Line], form: Form) -> list[Outgoing]:
    """Return one request for each call: the time is that of the request's only event."""
    query = urlencode({"measurement_id": form.measurement_id, "api_secret": form.secret})
    return [
        Outgoing(f"{form.url}?{query}", _body(line, form), (line,), {"Content-Type": "application/json"})
        for line in lines
    ]  # fmt: skip


def _body(line: Line, form: Form) -> bytes:
    params = {
        "engagement_time_msec": "1", "call_outcome": line.outcome, "call_duration": line.talk_s,
        "first_time": int(line.first_time), "source_number": "dni",
    }  # fmt: skip
    document = {
        "client_id": line.click_id, "timestamp_micros": line.at_ms * 1000,
        "consent": {"ad_user_data": "DENIED", "ad_personalization": "DENIED"},
        "events": [{"name": form.event, "params": params}],
    }  # fmt: skip
    return json.dumps(document, separators=(",", ":")).encode()
