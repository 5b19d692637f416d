"""Who may use the console and the API, and who did what."""

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from store import Row, Tx
from store.documents import iso
from web import users as book
from web.api import tokens as token_book
from web.api.operations import Ask, Operations
from web.api.paging import page_of, parts_of
from web.api.problems import Problem
from web.api.shapes import LINE, Answered, Page, Paging, Person, Place, Ref, Sent
from web.audit import Deed, note
from web.context import CONFIG
from web.rights import Right

people = Operations("Users")
Role = Literal["receptionist", "marketer", "manager", "admin"]
Roles = Annotated[list[Role], Field(min_length=1, max_length=4)]


class User(Answered):
    """Somebody who may use the console."""

    name: str
    display: str
    roles: list[str]
    password: bool = Field(description="whether they have chosen one")
    code: bool = Field(description="whether they have a code to take over a desk")
    app: bool = Field(description="whether an authenticator app is asked for")
    disabled: bool
    seen_at: str | None


class Users(Answered):
    """Everybody."""

    items: list[User]


class NewUser(Sent):
    """Somebody to be added."""

    name: Annotated[Person, Field(examples=["piotr"])]
    display: Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=LINE)]
    roles: Roles


class NewRoles(Sent):
    """What they are from now on."""

    roles: Roles


class UserPlace(Place):
    """Who."""

    user: Annotated[Person, Field(examples=["anna"])]


class Link(Answered):
    """A link that works once, for a day: whoever has it chooses the password."""

    url: str


class Ended(Answered):
    """How many sessions ended."""

    sessions: int


class Token(Answered):
    """A token; what it is itself is never told again."""

    name: str
    owner: str
    scopes: list[str]
    created_at: str
    created_by: str
    until: str
    used_at: str | None


class Tokens(Answered):
    """The tokens that work."""

    items: list[Token]


class TokenPlace(Place):
    """Which token."""

    token: Annotated[str, StringConstraints(pattern="^[a-z0-9][a-z0-9._-]{0,31}$")]


class Happening(Answered):
    """Who did what, and when. Patients are named by their reference."""

    id: int
    at: str
    person: str
    action: str
    kind: str
    ref: str
    detail: str
    address: str


class Audit(Paging):
    """Whose and what."""

    person: Person | None = None
    patient: Ref | None = Field(None, description="only what was done with this patient")


@people.get("/users", Right.USERS, answer=Users)
async def every(ask: Ask) -> dict[str, Any]:
    """List who may use the console."""
    rows = await ask.read(lambda tx: tx.all("users_all"))
    return {"items": [
        {"name": row["name"], "display": row["display"], "roles": row["roles"].split(),
         "password": bool(row["password"]), "code": bool(row["pin"]), "app": bool(row["totp"]),
         "disabled": row["disabled_ms"] is not None, "seen_at": iso(row["seen_ms"])}
        for row in rows
    ]}  # fmt: skip


@people.post("/users", Right.USERS, body=NewUser, answer=Link, status=201, refuses=(409,))
async def add(ask: Ask) -> Link:
    """Add somebody, and return the link by which they choose their password. 409 when somebody has the name."""
    body = ask.body

    def change(tx: Tx) -> str:
        book.add(tx, book.NewUser(body.name, body.display, tuple(body.roles)), ask.now)
        return book.invite(tx, body.name, ask.now)

    return _link(ask, await _do(ask, body.name, "added", " ".join(body.roles), change))


@people.put("/users/{user}/roles", Right.USERS, place=UserPlace, body=NewRoles, refuses=(404, 409))
async def set_roles(ask: Ask) -> None:
    """Give somebody other roles; they hold from the next click on. 409 for the owner of the token that asks."""
    name, roles = _another(ask), tuple(ask.body.roles)
    await _do(ask, name, "changed", " ".join(roles), lambda tx: book.set_roles(tx, name, roles))


@people.post("/users/{user}/link", Right.USERS, place=UserPlace, answer=Link, status=201, refuses=(404, 409))
async def link(ask: Ask) -> Link:
    """Return a link by which somebody chooses a new password; the old one works until then."""
    name = ask.place.user

    def change(tx: Tx) -> str:
        if book.user(tx, name)["disabled_ms"] is not None:
            raise Problem(409, f"{name} is disabled; enable them first.")
        return book.invite(tx, name, ask.now)

    return _link(ask, await _do(ask, name, "invited", "password", change))


@people.post("/users/{user}/disable", Right.USERS, place=UserPlace, refuses=(404, 409))
async def disable(ask: Ask) -> None:
    """Let somebody in no more, from this moment on: sessions, links and tokens of theirs end.

    409 for the owner of the token that asks: nobody locks themselves out.
    """
    name = _another(ask)
    await _do(ask, name, "disabled", "", lambda tx: book.disable(tx, name, ask.now))


@people.post("/users/{user}/forget-app", Right.USERS, place=UserPlace, refuses=(404,))
async def forget_app(ask: Ask) -> None:
    """Ask somebody for no code of an authenticator app any more: the telephone with it is lost."""
    name = ask.place.user
    await _do(ask, name, "changed", "no app", lambda tx: book.set_totp(tx, name, ""))


@people.post("/users/{user}/enable", Right.USERS, place=UserPlace, refuses=(404,))
async def enable(ask: Ask) -> None:
    """Let somebody in again, and forgive wrong tries."""
    name = ask.place.user
    await _do(ask, name, "enabled", "", lambda tx: book.enable(tx, name))


@people.post("/users/{user}/sign-out", Right.USERS, place=UserPlace, answer=Ended, refuses=(404,))
async def sign_out(ask: Ask) -> Ended:
    """End every session, link and token of somebody."""
    name = ask.place.user
    return Ended(sessions=await _do(ask, name, "revoked", "", lambda tx: book.revoke(tx, name, ask.now)))


@people.get("/tokens", Right.USERS, answer=Tokens)
async def tokens(ask: Ask) -> dict[str, Any]:
    """List the tokens that work: whose they are, what they may do, when they were used."""
    rows = await ask.read(lambda tx: token_book.tokens(tx, ask.now))
    return {"items": [
        {"name": row["name"], "owner": row["owner"], "scopes": row["scopes"].split(),
         "created_at": iso(row["created_ms"]), "created_by": row["created_by"], "until": iso(row["until_ms"]),
         "used_at": iso(row["used_ms"])}
        for row in rows
    ]}  # fmt: skip


@people.delete("/tokens/{token}", Right.USERS, place=TokenPlace, refuses=(404,))
async def revoke(ask: Ask) -> None:
    """Let a token work no longer, from this moment on."""
    who, name = ask.who, ask.place.token

    def change(tx: Tx) -> None:
        row = token_book.revoke(tx, name, ask.now)
        note(tx, who, Deed("revoked", "token", name, row["owner"]))

    await ask.write(change)


@people.get("/audit", Right.AUDIT, query=Audit, answer=Page[Happening], refuses=(404,))
async def audit(ask: Ask) -> dict[str, Any]:
    """List who signed in, looked at which patient, changed or exported what; the newest first."""
    wanted, place = ask.query, parts_of(ask.query.cursor, (int,))
    rows = await ask.read(lambda tx: tx.all(
        "audit_list", person=wanted.person, kind="patient" if wanted.patient else None, ref=wanted.patient,
        limit=wanted.limit + 1, before=place[0] if place else None,
    ))  # fmt: skip
    shown, more = page_of(rows, wanted.limit, lambda row: (row["id"],))
    return {"items": [_happening(row) for row in shown], "next": more}


def _another(ask: Ask) -> str:
    """Return whom it is about. Raises Problem: they are the token's owner, who would be locked out."""
    if ask.place.user == ask.me.name:
        raise Problem(409, "A token does not change what its own owner may do; ask another admin.")
    return str(ask.place.user)


def _happening(row: Row) -> dict[str, Any]:
    same = ("id", "person", "action", "kind", "ref", "detail", "address")
    return {**{name: row[name] for name in same}, "at": iso(row["at_ms"])}


async def _do(ask: Ask, name: str, action: str, detail: str, change: Any) -> Any:
    """Make a change and write it into the audit log, in one transaction; return what it gave."""
    who = ask.who

    def both(tx: Tx) -> Any:
        given = change(tx)
        note(tx, who, Deed(action, "user", name, detail))
        return given

    return await ask.write(both)


def _link(ask: Ask, token: str) -> Link:
    return Link(url=f"{ask.app[CONFIG].url}/enter/{token}")
