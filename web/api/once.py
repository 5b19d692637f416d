"""A request that may be repeated and is done once: whoever gets no answer sends it again with the same Idempotency-Key.

1. The key is taken before anything is done, with what was asked.
2. The same key and the same request get the first answer again; a request that is still being done is a 409.
3. The same key with another request is a 409: a program that mixes up its keys is told.

What failed gives the key back, for nothing was done. Answers are kept for a day and name nobody.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from hashlib import sha256

from aiohttp import web

from store import Row, Tx
from web.api.problems import Problem
from web.context import now_ms, write

KEPT_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Wish:
    """A request with its key."""

    request: web.Request
    token: int
    key: str
    body: bytes

    @property
    def mark(self) -> str:
        """Return what tells this request from others."""
        head = f"{self.request.method} {self.request.raw_path}\n".encode("utf-8", "replace")
        return sha256(head + self.body).hexdigest()

    @property
    def row(self) -> Row:
        """Return the key of its row."""
        return {"token": self.token, "idempotency_key": self.key}


async def do(wish: Wish, act: Callable[[], Awaitable[web.StreamResponse]]) -> web.StreamResponse:
    """Act once. Raises Problem."""
    before = await write(wish.request, lambda tx: _begin(tx, wish, now_ms(wish.request)))
    if before is not None:
        return _again(wish, before)
    try:
        response = await act()
    except BaseException:
        await write(wish.request, lambda tx: tx.run("api_answer_drop", **wish.row))
        raise
    sent = response.body if isinstance(response, web.Response) else None
    body = sent.decode() if isinstance(sent, bytes) else ""
    await write(wish.request, lambda tx: tx.run("api_answer_put", **wish.row, status=response.status, body=body))
    return response


def _begin(tx: Tx, wish: Wish, now: int) -> Row | None:
    tx.run("api_answers_forget", before_ms=now - KEPT_MS)
    if tx.run("api_answer_begin", **wish.row, request=wish.mark, at_ms=now) == 1:
        return None
    return tx.one("api_answer_get", **wish.row)


def _again(wish: Wish, before: Row) -> web.Response:
    if before["request"] != wish.mark:
        raise Problem(409, "This Idempotency-Key was used for another request; take a new one.")
    if before["status"] is None:
        raise Problem(409, "The request with this Idempotency-Key is still being done; ask again in a moment.")
    body = before["body"].encode()
    return web.Response(status=before["status"], body=body or None, headers={"Idempotent-Replay": "true"},
                        content_type="application/json" if body else "application/octet-stream")
