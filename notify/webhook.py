"""Webhooks: what happens, told to a program of the clinic's choice by signed HTTP POST.

`X-Signature` is `sha256=` and the HMAC-SHA256 (RFC 2104), in hex, of `X-Timestamp`, a full stop and the body, with the
webhook's secret. `X-Timestamp` is the second of this try: a receiver refuses old ones, so that nothing recorded can be
played again. `X-Delivery-Id` is the same at every try of one delivery: a receiver drops what it has seen.
"""

import hmac
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from hashlib import sha256

from notify import NotifyError
from notify.edge import Edge, Request


@dataclass(frozen=True, slots=True)
class Webhook:
    """One receiver. `events` are names or patterns (`callback.*`); `numbers` says that it may see phone numbers."""

    name: str
    url: str
    edge: Edge
    secret: str = field(repr=False)
    events: tuple[str, ...] = ("*",)
    numbers: bool = False

    def wants(self, event: str) -> bool:
        """Say whether it asked for this event."""
        return any(fnmatchcase(event, pattern) for pattern in self.events)

    async def post(self, delivery: str, body: bytes, now_ms: int) -> None:
        """Deliver one body. Raises NotifyError unless the answer is 2xx; a redirect is none."""
        stamp = str(now_ms // 1000)
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "X-Delivery-Id": delivery,
            "X-Timestamp": stamp,
            "X-Signature": signature(self.secret, stamp, body),
        }
        reply = await self.edge.call(Request(self.url, headers=headers, body=body))
        if not 200 <= reply.status < 300:
            raise NotifyError(
                f"{self.edge.what}: the receiver answered {reply.status}; it must answer 2xx, and not redirect."
            )


def signature(secret: str, stamp: str, body: bytes) -> str:
    """Return the value of `X-Signature`."""
    return "sha256=" + hmac.new(secret.encode(), stamp.encode() + b"." + body, sha256).hexdigest()
