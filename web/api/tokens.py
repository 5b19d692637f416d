"""Tokens of programs: 256 random bits, shown once and stored hashed, with an end, and with scopes.

A scope is one right of the console in other words: `calls.see` is `calls:read`. A token can do what it was given and
what its owner may do now, never more; when the owner is disabled, it works no longer.

    TokensError     a token cannot be made or revoked as asked; the text says why
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from refusals import Refusal
from store import Row, Tx
from web.context import Me
from web.passwords import token_hash
from web.rights import Right, rights_of
from web.sessions import token as random_token
from web.tries import Limit, take
from web.users import user

PREFIX = "cw_"
"""So that a token which leaks is known for what it is."""
DAY_MS = 86_400_000
USUAL_DAYS = 365
MOST_DAYS = 3 * 365
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}")
_MINUTE_MS = 60_000


def scope_of(right: Right) -> str:
    """Return a right as a scope: `calls.see` is `calls:read`, every other keeps its verb."""
    noun, _, verb = right.value.partition(".")
    return f"{noun}:{'read' if verb == 'see' else verb}"


SCOPES: dict[str, Right] = {scope_of(right): right for right in Right}


class TokensError(Refusal):
    """A token cannot be made or revoked as asked; the text says why."""


class NoSuchToken(TokensError):  # noqa: N818
    """There is no token of this name."""

    def __init__(self, name: str) -> None:
        super().__init__('There is no token "%(name)s"; `callward tokens list` shows those there are.', name=name)


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token to be made."""

    name: str
    owner: str
    scopes: tuple[str, ...]
    days: int = USUAL_DAYS


@dataclass(frozen=True, slots=True)
class Entering:
    """Who comes with a token: the person it acts as, or how long to wait (ms) when it asked too often."""

    person: Me
    token: int
    wait_ms: int


def add(tx: Tx, new: NewToken, by: str, now_ms: int) -> str:
    """Make a token and return it; nothing but this answer ever holds it.

    Raises:
        UsersError: its owner is no user.
        TokensError: the name, the scopes or the days cannot be taken.
    """
    if not _NAME.fullmatch(new.name):
        raise TokensError('"%(name)s" cannot name a token; write 1 to 32 of a-z, 0-9, dot, dash and underscore.',
                          name=new.name)
    if not 1 <= new.days <= MOST_DAYS:
        raise TokensError("A token lasts 1 to %(most)s days.", most=MOST_DAYS)
    owner = user(tx, new.owner)
    if owner["disabled_ms"] is not None:
        raise TokensError("%(owner)s is disabled; a token acts as somebody who may use the console.", owner=new.owner)
    scopes = _scopes(new.scopes, rights_of(owner["roles"].split()), new.owner)
    if tx.one("api_token_named", name=new.name) is not None:
        raise TokensError('There is a token "%(name)s" already; revoke it first, or choose another name.',
                          name=new.name)
    made = PREFIX + random_token()
    tx.run(
        "api_token_add", id=tx.next_id("api_token"), name=new.name, token=token_hash(made), owner=new.owner,
        scopes=" ".join(scopes), created_ms=now_ms, created_by=by, until_ms=now_ms + new.days * DAY_MS,
    )  # fmt: skip
    return made


def revoke(tx: Tx, name: str, now_ms: int) -> Row:
    """Let a token work no longer, from this moment on; return what it was. Raises NoSuchToken."""
    row = tx.one("api_token_named", name=name)
    if row is None:
        raise NoSuchToken(name)
    tx.run("api_token_revoke", name=name, now_ms=now_ms)
    return row


def tokens(tx: Tx, now_ms: int, *, owner: str | None = None, everything: bool = False) -> list[Row]:
    """Return the tokens that work, by name, without the tokens themselves; with `everything` also those that ended."""
    return tx.all("api_tokens", owner=owner, everything=int(everything), now_ms=now_ms)


def knows(tx: Tx, given: str, now_ms: int) -> bool:
    """Say whether a token works now. Asked before anything is written: strangers write nothing."""
    return given.startswith(PREFIX) and tx.one("api_token_live", token=token_hash(given), now_ms=now_ms) is not None


def enter(tx: Tx, given: str, now_ms: int, per_minute: int) -> Entering | None:
    """Count a request of a token and note that it was used; return who comes, None when it does not work."""
    row = tx.one("api_token_live", token=token_hash(given), now_ms=now_ms)
    if row is None:
        return None
    wait = take(tx, (Limit(f"token:{row['id']}", per_minute, _MINUTE_MS),), now_ms)
    if row["used_ms"] is None or now_ms - row["used_ms"] >= _MINUTE_MS:
        tx.run("api_token_used", id=row["id"], now_ms=now_ms)
    return Entering(_person(row), row["id"], wait)


def _person(row: Row) -> Me:
    roles = tuple(row["roles"].split())
    given = frozenset(SCOPES[scope] for scope in row["scopes"].split() if scope in SCOPES)
    return Me(
        name=row["owner"], display=row["display"], roles=roles, rights=given & rights_of(roles), session=0,
        means="token", desk="", language="en", proved_ms=0, until_ms=row["until_ms"], token=row["name"],
    )  # fmt: skip


def _scopes(asked: Iterable[str], held: frozenset[Right], owner: str) -> list[str]:
    wanted = list(dict.fromkeys(asked))
    for scope in wanted:
        if scope not in SCOPES:
            raise TokensError('There is no scope "%(scope)s"; there are %(known)s.', scope=scope,
                              known=", ".join(SCOPES))
        if SCOPES[scope] not in held:
            raise TokensError("%(owner)s may not do %(scope)s, so no token of theirs may; leave it out, or name "
                              "another.", owner=owner, scope=scope)
    if not wanted:
        raise TokensError("A token without scopes can do nothing; give at least one of %(known)s.",
                          known=", ".join(SCOPES))
    return sorted(wanted, key=list(SCOPES).index)
