"""The people who use the console: added by the command line, with a link that works once; no default password.

    UsersError
     ├─ NoSuchUser     nobody has this name
     ├─ NameTaken      somebody has it already
     └─ NotAllowed     a name, role or choice cannot be taken as asked; the text says why
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from refusals import Refusal
from store import Row, Tx
from web import passwords
from web.passwords import token_hash
from web.rights import ROLES
from web.sessions import token
from web.tries import Limit, forgive

_NAME = re.compile(r"[a-z][a-z0-9._-]{1,31}")
LINK_MS = 24 * 3_600_000
CODE_MS = 5 * 60_000


class UsersError(Refusal):
    """A user cannot be added or changed as asked."""


class NoSuchUser(UsersError):  # noqa: N818
    """Nobody has this name."""

    def __init__(self, name: str) -> None:
        super().__init__('There is no user "%(name)s"; `callward users list` shows those there are.', name=name)


class NameTaken(UsersError):  # noqa: N818
    """Somebody has this name already."""

    def __init__(self, name: str) -> None:
        super().__init__("There is a user \"%(name)s\" already; choose another name, or change that one's roles.",
                         name=name)


class NotAllowed(UsersError):  # noqa: N818
    """Something cannot be taken as asked; the text says why."""


@dataclass(frozen=True, slots=True)
class NewUser:
    """Somebody to be added."""

    name: str
    display: str
    roles: tuple[str, ...]
    desk: str = ""


def add(tx: Tx, user: NewUser, now_ms: int) -> None:
    """Add a user, who has no password yet. Raises NameTaken, NotAllowed."""
    if not _NAME.fullmatch(user.name):
        raise NotAllowed(
            '"%(name)s" cannot be a login; write 2 to 32 of a-z, 0-9, dot, dash and underscore, a letter first.',
            name=user.name,
        )
    if not user.display.strip() or len(user.display) > 80 or not user.display.isprintable():
        raise NotAllowed("The name to show is empty, too long, or holds control characters; write it as on a badge.")
    if not tx.run("user_add", name=user.name, display=user.display.strip(), roles=_roles(user.roles),
                  created_ms=now_ms):
        raise NameTaken(user.name)


def set_roles(tx: Tx, name: str, roles: Iterable[str]) -> None:
    """Give a user other roles; they hold from the next click on. Raises NoSuchUser, NotAllowed."""
    if not tx.run("user_roles", name=name, roles=_roles(roles)):
        raise NoSuchUser(name)


def set_password(tx: Tx, name: str, hashed: str, now_ms: int, but: int = 0) -> None:
    """Store a new password's hash: links stop working, and every session but one ends. Raises NoSuchUser."""
    if not tx.run("user_password", name=name, password=hashed):
        raise NoSuchUser(name)
    tx.run("tickets_withdraw", person=name, now_ms=now_ms)
    tx.run("sessions_end", person=name, now_ms=now_ms, but=but)


def check_password(name: str, password: str) -> None:
    """Refuse a weak password. Raises NotAllowed."""
    if passwords.weakness(password, name):
        raise NotAllowed(
            "This password is too easy to guess; take %(least)s characters or more, best a few words, without the "
            "login in it.", least=passwords.LEAST,
        )


def disable(tx: Tx, name: str, now_ms: int) -> None:
    """Let a user in no more, from this moment on; what they wrote stays theirs. Raises NoSuchUser."""
    if not tx.run("user_disabled", name=name, disabled_ms=now_ms):
        raise NoSuchUser(name)
    revoke(tx, name, now_ms)


def enable(tx: Tx, name: str) -> None:
    """Let a user in again, and forgive wrong tries. Raises NoSuchUser."""
    if not tx.run("user_disabled", name=name, disabled_ms=None):
        raise NoSuchUser(name)
    forgive(tx, (Limit(f"name:{name}", 0), Limit(f"pin:{name}", 0)))


def revoke(tx: Tx, name: str, now_ms: int) -> int:
    """End all sessions, links and API tokens of a user; return how many sessions. Raises NoSuchUser."""
    user(tx, name)
    tx.run("api_tokens_revoke_of", owner=name, now_ms=now_ms)
    tx.run("tickets_withdraw", person=name, now_ms=now_ms)
    tx.run("calendar_links_revoke", person=name, now_ms=now_ms)
    return tx.run("sessions_end", person=name, now_ms=now_ms, but=0)


def set_totp(tx: Tx, name: str, secret: str, step: int = 0) -> None:
    """Ask for a code of an authenticator app at each sign-in, or no more ("" as secret). Raises NoSuchUser."""
    if not tx.run("user_totp", name=name, totp=secret, totp_step=step):
        raise NoSuchUser(name)


def invite(tx: Tx, name: str, now_ms: int, *, purpose: str = "password", desk: str = "") -> str:
    """Return a fresh token for `/enter/…`, which works once within a day.

    `purpose` is `password` (choose one, and be signed in) or `enter` (be signed in, as the demo's people are).
    Raises NoSuchUser.
    """
    user(tx, name)
    return ticket(tx, name, (purpose, desk), now_ms + LINK_MS)


def ticket(tx: Tx, name: str, purpose_desk: tuple[str, str], until_ms: int) -> str:
    """Store a token that works once, for a purpose at a desk; return it."""
    purpose, desk = purpose_desk
    made = token()
    tx.run("ticket_add", token=token_hash(made), person=name, purpose=purpose, desk=desk, until_ms=until_ms)
    return made


def demo_logins(tx: Tx, people: Sequence[NewUser], now_ms: int) -> dict[str, str]:
    """Add invented people as far as they are missing; return a path for each name that signs them in once."""
    paths = {}
    for person in people:
        if tx.one("user", name=person.name) is None:
            add(tx, person, now_ms)
        paths[person.name] = f"/enter/{invite(tx, person.name, now_ms, purpose='enter', desk=person.desk)}"
    return paths


def user(tx: Tx, name: str) -> Row:
    """Return a user's row. Raises NoSuchUser."""
    row = tx.one("user", name=name)
    if row is None:
        raise NoSuchUser(name)
    return row


def _roles(roles: Iterable[str]) -> str:
    chosen = sorted(set(roles), key=list(ROLES).index) if set(roles) <= set(ROLES) else []
    if not chosen:
        raise NotAllowed("Give at least one role of %(roles)s.", roles=", ".join(ROLES))
    return " ".join(chosen)
