"""`callward tokens`: which programs may use the API, as whom, and for what."""

import getpass
from typing import TYPE_CHECKING

import click

from commands.common import App, json_option, pass_app, print_json, say

if TYPE_CHECKING:
    from store import Tx


@click.group()
def tokens() -> None:
    """Say which programs may use the API at /api/v1.

    A token acts as one user, and can do what it was given and what that user may do now, never more. `callward tokens
    scopes` says what there is to give; /api/docs on the console says what each is for.

    Example: callward tokens list
    """


@tokens.command()
@click.argument("name")
@click.option("--for", "owner", required=True, metavar="USER", help="The user as whom it acts.")
@click.option("--scope", "scopes", multiple=True, required=True, metavar="SCOPE",
              help="What it may do, as calls:read; may be given several times.")
@click.option("--days", type=click.IntRange(1, 1095), default=365, show_default=True, help="How long it works.")
@pass_app
def add(app: App, name: str, owner: str, scopes: tuple[str, ...], days: int) -> None:
    """Make a token and print it, this once.

    Give every program a token of its own, with the scopes it needs and no other. A program that is nobody's acts best
    as a user made for it: `callward users add website --role receptionist`.

    Example: callward tokens add website --for anna --scope calls:read --scope callbacks:read
    """
    from web.api.tokens import NewToken
    from web.api.tokens import add as add_token
    from web.audit import Actor, Deed, note

    who = Actor(getpass.getuser(), None, "command line", app.now_ms())

    def change(tx: "Tx") -> str:
        made = add_token(tx, NewToken(name, owner, scopes, days), who.person, who.at_ms)
        note(tx, who, Deed("added", "token", name, f"for {owner}: {' '.join(scopes)}"))
        return made

    with app.store() as store, store.write() as tx:
        made = change(tx)
    say(f"The token {name} acts as {owner} for {days} days. It is shown this once:")
    say(f"  {made}")
    say("A program sends it as `Authorization: Bearer …`; `callward tokens revoke` ends it.")


@tokens.command("list")
@click.option("--all", "everything", is_flag=True, help="Also those that were revoked or ran out.")
@json_option
@pass_app
def list_(app: App, everything: bool, as_json: bool) -> None:
    """List the tokens: whose they are, what they may do, when they were used.

    Example: callward tokens list --json
    """
    from store.documents import iso
    from web.api.tokens import tokens as all_tokens

    now = app.now_ms()
    with app.store() as store, store.read() as tx:
        rows = all_tokens(tx, now, everything=everything)
    if as_json:
        print_json([
            {"name": row["name"], "owner": row["owner"], "scopes": row["scopes"].split(),
             "created_at": iso(row["created_ms"]), "created_by": row["created_by"], "until": iso(row["until_ms"]),
             "used_at": iso(row["used_ms"]), "revoked_at": iso(row["revoked_ms"])}
            for row in rows
        ])  # fmt: skip
        return
    app.print_table(
        ["token", "acts as", "may", "until", "last used", "state"],
        ([row["name"], row["owner"], row["scopes"].replace(" ", ", "), app.show_time(row["until_ms"], "%Y-%m-%d"),
          app.show_time(row["used_ms"]), _state(row["revoked_ms"], row["until_ms"], now)] for row in rows),
        "No program may use the API yet; `callward tokens add` makes a token.",
    )  # fmt: skip


@tokens.command()
@click.argument("name")
@pass_app
def revoke(app: App, name: str) -> None:
    """Let a token work no longer, from this moment on.

    Example: callward tokens revoke website
    """
    from web.api.tokens import revoke as revoke_token
    from web.audit import Actor, Deed, note

    who = Actor(getpass.getuser(), None, "command line", app.now_ms())
    with app.store() as store, store.write() as tx:
        row = revoke_token(tx, name, who.at_ms)
        note(tx, who, Deed("revoked", "token", name, f"for {row['owner']}"))
    say(f"The token {name} of {row['owner']} works no longer.")


@tokens.command()
@json_option
@pass_app
def scopes(app: App, as_json: bool) -> None:
    """List the scopes that a token can have, and the roles whose users may have such a token.

    Example: callward tokens scopes
    """
    from web.api.tokens import SCOPES
    from web.rights import ROLES

    rows = [(scope, [role for role, rights in ROLES.items() if right in rights]) for scope, right in SCOPES.items()]
    if as_json:
        print_json([{"scope": scope, "roles": roles} for scope, roles in rows])
        return
    app.print_table(["scope", "roles"], ([scope, ", ".join(roles)] for scope, roles in rows), "")


def _state(revoked_ms: int | None, until_ms: int, now_ms: int) -> str:
    if revoked_ms is not None:
        return "revoked"
    return "works" if until_ms > now_ms else "ran out"
