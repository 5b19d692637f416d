"""Sessions: rows of the store, found by the hash of a token that only the browser has.

A session ends when it is revoked, when its hours are over, when its user is disabled, or when the password changes.
"""

import hmac
import secrets
from dataclasses import dataclass, replace
from hashlib import sha256

from aiohttp import web

from store import Row, Tx
from web.context import CONFIG, STORE, Me, now_ms, reading
from web.passwords import token_hash
from web.rights import rights_of
from web.security import address_of

_DAY_MS = 86_400_000
DESK_DAYS = 365
_SEEN_EVERY_MS = 60_000


@dataclass(frozen=True, slots=True)
class Opening:
    """A session to be opened."""

    person: str
    means: str
    desk: str
    proved_ms: int
    until_ms: int
    address: str
    agent: str


def cookie_name(request: web.Request, what: str) -> str:
    """Return a cookie's name; over HTTPS one that no other host of the domain can set."""
    return f"__Host-callward-{what}" if request.app[CONFIG].secure else f"callward-{what}"


def opening(request: web.Request, person: str, means: str, desk: str) -> Opening:
    """Return a session that begins now and lasts the hours of the settings."""
    now = now_ms(request)
    until = now + request.app[CONFIG].session_hours * 3_600_000
    agent = request.headers.get("User-Agent", "")[:200]
    return Opening(person, means, desk, now, until, address_of(request), agent)


def inherited(request: web.Request, before: Me, person: str) -> Opening:
    """Return the session of who takes over a desk: it ends when the one before would have."""
    return replace(
        opening(request, person, "pin", before.desk), proved_ms=before.proved_ms, until_ms=before.until_ms
    )


def open_session(tx: Tx, wanted: Opening, token: str, now_ms: int) -> int:
    """Store a session under its token; return its id."""
    for forgotten in ("sessions_forget", "tickets_forget"):
        tx.run(forgotten, before_ms=now_ms - 30 * _DAY_MS)
    session = tx.next_id("web_session")
    tx.run(
        "session_add", id=session, token=token_hash(token), person=wanted.person, means=wanted.means, desk=wanted.desk,
        proved_ms=wanted.proved_ms, now_ms=now_ms, until_ms=wanted.until_ms, address=wanted.address,
        agent=wanted.agent,
    )  # fmt: skip
    return session


def find(tx: Tx, token: str, now_ms: int) -> tuple[Me, bool] | None:
    """Return who has this token, and whether it is time to note that they were seen."""
    row = tx.one("session_live", token=token_hash(token), now_ms=now_ms)
    return None if row is None else (person_of(row), now_ms - row["seen_ms"] >= _SEEN_EVERY_MS)


def person_of(row: Row) -> Me:
    """Return the person of a live session's row."""
    roles = tuple(row["roles"].split())
    return Me(
        name=row["person"], display=row["display"], roles=roles, rights=rights_of(roles, row["means"]),
        session=row["id"], means=row["means"], desk=row["desk"], language=row["language"], proved_ms=row["proved_ms"],
        until_ms=row["until_ms"],
    )  # fmt: skip


async def alive(app: web.Application, session: int, now_ms: int) -> bool:
    """Say whether a session may still be used; for streams, which outlive their request's check."""
    return await reading(app[STORE], lambda tx: tx.value("session_alive", id=session, now_ms=now_ms)) is not None


def token() -> str:
    """Return 256 random bits, as text that fits a cookie or a link."""
    return secrets.token_urlsafe(32)


def csrf_of(token: str) -> str:
    """Return what every changing request of the browser with this token must carry beside it."""
    return hmac.new(token.encode("utf-8", "surrogateescape"), b"callward csrf", sha256).hexdigest()


def set_cookie(request: web.Request, response: web.StreamResponse, what: str, value: str) -> None:
    """Give the browser a cookie: `session` and `guest` end with the browser, `desk` stays a year."""
    response.set_cookie(
        cookie_name(request, what), value, httponly=True, samesite="Lax", secure=request.app[CONFIG].secure, path="/",
        max_age=DESK_DAYS * 86_400 if what == "desk" else None,
    )  # fmt: skip


def drop_cookie(request: web.Request, response: web.StreamResponse, what: str) -> None:
    """Take a cookie back."""
    response.del_cookie(cookie_name(request, what), path="/", secure=request.app[CONFIG].secure, httponly=True)
