"""The audit log: who looked at which patient, and who changed or exported what.

`action` is one word (looked, changed, exported, played, signed in …), `kind` and `ref` name the thing by its id, never
by a name or number of a patient; `detail` says what a reader needs and holds nothing personal either.
"""

from dataclasses import dataclass

from aiohttp import web

from store import Tx
from web.context import now_ms, whoever, write
from web.security import address_of


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did something, from where, and when."""

    person: str
    session: int | None
    address: str
    at_ms: int
    token: str = ""
    """The name of the token by which a program acted for the person."""


@dataclass(frozen=True, slots=True)
class Deed:
    """What was done to what."""

    action: str
    kind: str = ""
    ref: str = ""
    detail: str = ""


def actor(request: web.Request) -> Actor:
    """Return who is asking."""
    person = whoever(request)
    if person is None:
        return Actor("", None, address_of(request), now_ms(request))
    return Actor(person.name, person.session or None, address_of(request), now_ms(request), person.token)


def note(tx: Tx, who: Actor, deed: Deed) -> None:
    """Write one row, in the transaction of the deed itself."""
    detail = f"{deed.detail} (token {who.token})".lstrip() if who.token else deed.detail
    tx.run(
        "audit_add", id=tx.next_id("audit"), at_ms=who.at_ms, person=who.person, session=who.session,
        action=deed.action, kind=deed.kind, ref=deed.ref, detail=detail, address=who.address,
    )  # fmt: skip


async def looked(request: web.Request, kind: str, *refs: str) -> None:
    """Note that the person saw something, before it is shown: what cannot be noted is not shown."""
    who = actor(request)

    def change(tx: Tx) -> None:
        for ref in refs:
            note(tx, who, Deed("looked", kind, ref))

    if refs:
        await write(request, change)
