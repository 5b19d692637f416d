"""Yandex.Metrica: calls, as the CSV that it takes by upload or by request. Pure.

A call is known by the visitor (ClientId) or by the click (Yclid); a file has one of the two, so there may be two files.
The number, the topic and the page are left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from urllib.parse import urlencode

from tracking.conversions.forms import amount, table
from tracking.conversions.outgoing import Outgoing
from tracking.conversions.rules import Line

KINDS = {"ym_client": "ClientId", "yclid": "Yclid"}
COLUMNS = (
    "DateTime", "StaticCall", "Price", "Currency", "TalkDuration", "HoldDuration", "CallMissed", "FirstTimeCaller",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Form:
    """The counter, the token that may write to it, the name of the goal ("" for none), and where it is sent."""

    counter: int
    token: str = field(repr=False)
    goal: str = ""
    url: str = "https://api-metrica.yandex.net"


def files(lines: Sequence[Line]) -> list[tuple[str, bytes, tuple[Line, ...]]]:
    """Return (column, file, its lines) for each way that visitors are known by."""
    return [
        (column, _file(column, some), some) for kind, column in KINDS.items()
        if (some := tuple(line for line in lines if line.click_kind == kind))
    ]  # fmt: skip


def requests(lines: Sequence[Line], form: Form) -> list[Outgoing]:
    """Return the uploads."""
    query = "?" + urlencode({"new_goal_name": form.goal}) if form.goal else ""
    url = f"{form.url.rstrip('/')}/management/v1/counter/{form.counter}/offline_conversions/upload_calls{query}"
    return [_upload(url, form.token, data, some) for _, data, some in files(lines)]


def _file(column: str, lines: Sequence[Line]) -> bytes:
    return table([[column, *COLUMNS]], (
        [line.click_id, str(line.at_ms // 1000), "0", amount(line.value_minor, line.currency), line.currency or "",
         str(line.talk_s), str(line.wait_s), "0" if line.outcome == "answered" else "1", str(int(line.first_time))]
        for line in lines
    ))  # fmt: skip


def _upload(url: str, token: str, data: bytes, lines: tuple[Line, ...]) -> Outgoing:
    mark = "callward-" + sha256(data).hexdigest()[:32]
    head = (
        f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="calls.csv"\r\n'
        "Content-Type: text/csv; charset=utf-8\r\n\r\n"
    )
    body = head.encode() + data + f"\r\n--{mark}--\r\n".encode()
    headers = {"Authorization": f"OAuth {token}", "Content-Type": f"multipart/form-data; boundary={mark}"}
    return Outgoing(url, body, lines, headers)
