"""Roles are sets of rights, not a ladder; each handler names the rights it needs.

A marketer has none of a receptionist's rights, a manager has both, an admin sees no patient unless also a manager.
Whoever took over a desk by a short code has a receptionist's rights at most: the code is weak, and more needs the
password.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import TypeVar

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
AnyHandler = TypeVar("AnyHandler", bound=Handler)
_MARK = "callward_access"


class Right(StrEnum):
    """What a person may do."""

    BOARD = "board.see"
    CALLS = "calls.see"
    NOTE = "calls.note"
    DIAL = "calls.dial"
    CALLBACKS = "callbacks.see"
    RING_BACK = "callbacks.work"
    PATIENTS = "patients.see"
    EDIT_PATIENTS = "patients.edit"

    FIGURES = "figures.see"
    COSTS = "campaigns.edit"
    EXPORT_FIGURES = "figures.export"

    TEAM = "team.see"
    ASSIGN = "callbacks.assign"
    RECORDINGS = "recordings.play"
    EXPORT_CALLS = "calls.export"
    MERGE_PATIENTS = "patients.merge"
    AUDIT = "audit.see"

    USERS = "users.manage"
    SETUP = "clinic.edit"
    SYSTEM = "system.see"


RECEPTIONIST = frozenset((
    Right.BOARD, Right.CALLS, Right.NOTE, Right.DIAL, Right.CALLBACKS, Right.RING_BACK, Right.PATIENTS,
    Right.EDIT_PATIENTS,
))  # fmt: skip
MARKETER = frozenset((Right.FIGURES, Right.COSTS, Right.EXPORT_FIGURES))
MANAGER = RECEPTIONIST | MARKETER | {
    Right.TEAM, Right.ASSIGN, Right.RECORDINGS, Right.EXPORT_CALLS, Right.MERGE_PATIENTS, Right.AUDIT,
}  # fmt: skip
ADMIN = frozenset((Right.USERS, Right.SETUP, Right.SYSTEM))

ROLES: dict[str, frozenset[Right]] = {
    "receptionist": RECEPTIONIST, "marketer": MARKETER, "manager": MANAGER, "admin": ADMIN,
}  # fmt: skip


def rights_of(roles: Iterable[str], means: str = "password") -> frozenset[Right]:
    """Return what somebody with these roles may do, having signed in by `means`. Unknown roles give nothing."""
    return _rights_of(tuple(roles), means)


@lru_cache(maxsize=256)
def _rights_of(roles: tuple[str, ...], means: str) -> frozenset[Right]:
    rights = frozenset[Right]().union(*(ROLES.get(role, frozenset()) for role in roles))
    return rights & RECEPTIONIST if means == "pin" else rights


@dataclass(frozen=True, slots=True)
class Access:
    """Who may use a handler."""

    session: bool = True
    rights: frozenset[Right] = frozenset()
    """All of these are needed."""
    one_of: frozenset[Right] = frozenset()
    """And, where there are any, one of these."""

    def lets_in(self, rights: frozenset[Right]) -> bool:
        """Say whether somebody who is signed in and has these rights may use it."""
        return self.rights <= rights and (not self.one_of or bool(self.one_of & rights))


def needs(*rights: Right) -> Callable[[AnyHandler], AnyHandler]:
    """Let in who is signed in and has all of these rights."""
    return _marked(Access(rights=frozenset(rights)))


def needs_one_of(*rights: Right) -> Callable[[AnyHandler], AnyHandler]:
    """Let in who is signed in and has one of these rights."""
    return _marked(Access(one_of=frozenset(rights)))


def signed_in(handler: AnyHandler) -> AnyHandler:
    """Let in whoever is signed in."""
    return _marked(Access())(handler)


def open_to_all(handler: AnyHandler) -> AnyHandler:
    """Let in everybody, signed in or not."""
    return _marked(Access(session=False))(handler)


def access_of(handler: object) -> Access | None:
    """Return what a handler declared; None closes it to everybody."""
    found = getattr(handler, _MARK, None)
    return found if isinstance(found, Access) else None


def requires(access: Access) -> Callable[[AnyHandler], AnyHandler]:
    """Let in whom the access lets in."""
    return _marked(access)


def _marked(access: Access) -> Callable[[AnyHandler], AnyHandler]:
    def mark(handler: AnyHandler) -> AnyHandler:
        setattr(handler, _MARK, access)
        return handler

    return mark
