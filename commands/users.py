"""`callward users`: who may use the console."""

import getpass
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from commands.common import App, json_option, pass_app, plain, print_json, say

if TYPE_CHECKING:
    from store import Tx

ROLES = ("receptionist", "marketer", "manager", "admin")
"""As in `web.rights`, which is imported when it is needed; a test holds the two together."""

role_option = click.option("--role", "roles", type=click.Choice(ROLES), multiple=True, required=True,
                           help="What they are; may be given several times.")


@click.group()
def users() -> None:
    """Say who may use the console.

    Roles are sets of rights: a receptionist sees calls, patients and callbacks; a marketer sees figures by campaign and
    never a patient; a manager has both; an admin looks after users and the installation, and sees no patient.

    Example: callward users list
    """


@users.command()
@click.argument("name")
@role_option
@click.option("--display", metavar="TEXT", help="The name to show. [default: the login]")
@pass_app
def add(app: App, name: str, roles: tuple[str, ...], display: str | None) -> None:
    """Add a user, and print a link by which they choose their password.

    There is no default password. The link works once, for a day; `callward users password` prints another.

    Example: callward users add anna --role receptionist --display "Anna Nowak"
    """
    from web.users import NewUser, invite
    from web.users import add as add_user

    now = app.now_ms()

    def change(tx: "Tx") -> str:
        add_user(tx, NewUser(name, display or name, roles), now)
        return invite(tx, name, now)

    token = _changed(app, change, "added", name, " ".join(roles))
    say(f"{plain(display or name)} may sign in as {name} ({', '.join(roles)}). Hand them this link:")
    say(f"  {_url(app)}/enter/{token}")
    say("It works once, for a day. Whoever has it can choose the password: hand it over in person.")


@users.command("list")
@json_option
@pass_app
def list_(app: App, as_json: bool) -> None:
    """List the users.

    Example: callward users list --json
    """
    from store.documents import iso

    with app.store() as store, store.read() as tx:
        rows = tx.all("users_all")
    if as_json:
        print_json([
            {"name": row["name"], "display": row["display"], "roles": row["roles"].split(),
             "password": bool(row["password"]), "code": bool(row["pin"]), "app": bool(row["totp"]),
             "disabled": row["disabled_ms"] is not None, "seen_at": iso(row["seen_ms"])}
            for row in rows
        ])  # fmt: skip
        return
    app.print_table(
        ["login", "name", "roles", "password", "code", "app", "last seen"],
        ([row["name"], row["display"], row["roles"].replace(" ", ", "), _password(row), "yes" if row["pin"] else "",
          "yes" if row["totp"] else "", app.show_time(row["seen_ms"])] for row in rows),
        "Nobody may use the console yet; `callward users add` adds somebody.",
    )  # fmt: skip


@users.command()
@click.argument("name")
@role_option
@pass_app
def roles(app: App, name: str, roles: tuple[str, ...]) -> None:
    """Give a user other roles; they hold from the next click on.

    Example: callward users roles anna --role receptionist --role marketer
    """
    from web.users import set_roles

    _changed(app, lambda tx: set_roles(tx, name, roles), "changed", name, " ".join(roles))
    say(f"{name} is now {', '.join(roles)}.")


@users.command()
@click.argument("name")
@click.option("--here", is_flag=True, help="Type it here instead of printing a link.")
@pass_app
def password(app: App, name: str, here: bool) -> None:
    """Print a link by which a user chooses a new password.

    The old password works until then. The link works once, for a day. Wrong tries are forgiven.

    Example: callward users password anna
    """
    from web.passwords import hash_now
    from web.users import check_password, enable, invite, set_password, user

    now = app.now_ms()
    with app.store() as store, store.read() as tx:
        disabled = user(tx, name)["disabled_ms"] is not None
    if disabled:
        raise click.ClickException(f"{name} is disabled; `callward users enable {name}` lets them in again.")

    if here:
        typed = click.prompt("New password", hide_input=True, confirmation_prompt=True)
        check_password(name, typed)
        hashed = hash_now(typed)
        _changed(app, lambda tx: set_password(tx, name, hashed, now), "changed", name, "password")
        say(f"The password of {name} is changed, and every session of theirs has ended.")
        return

    def change(tx: "Tx") -> str:
        enable(tx, name)
        return invite(tx, name, now)

    token = _changed(app, change, "invited", name, "password")
    say(f"By this link {name} chooses a password; it works once, for a day:")
    say(f"  {_url(app)}/enter/{token}")


@users.command()
@click.argument("name")
@pass_app
def disable(app: App, name: str) -> None:
    """Let a user in no more, from this moment on. What they wrote stays theirs.

    Example: callward users disable anna
    """
    from web.users import disable as disable_user

    now = app.now_ms()
    _changed(app, lambda tx: disable_user(tx, name, now), "disabled", name)
    say(f"{name} may not sign in any more, and every session of theirs has ended.")


@users.command()
@click.argument("name")
@pass_app
def enable(app: App, name: str) -> None:
    """Let a user in again, and forgive wrong tries.

    Example: callward users enable anna
    """
    from web.users import enable as enable_user

    _changed(app, lambda tx: enable_user(tx, name), "enabled", name)
    say(f"{name} may sign in again.")


@users.command()
@click.argument("name")
@click.option("--off", is_flag=True, help="Ask for no code any more: the telephone with the app is lost.")
@pass_app
def totp(app: App, name: str, off: bool) -> None:
    """Ask for a code of an authenticator app at each sign-in.

    Prints the key to be added to the app. People can do this for themselves on their account page.

    \b
    Example:
      callward users totp anna
      callward users totp anna --off
    """
    from web.passwords import totp_link, totp_secret
    from web.users import set_totp

    secret = "" if off else totp_secret()
    _changed(app, lambda tx: set_totp(tx, name, secret), "changed", name, "no app" if off else "app")
    if off:
        say(f"{name} is asked for no code any more.")
        return
    import segno

    link = totp_link(secret, name, app.clinic.name)
    segno.make(link, error="m").terminal(compact=True)
    say(f"From now on {name} is asked for a code. Add this key to their app: {secret}")


@users.command()
@click.argument("name")
@pass_app
def revoke(app: App, name: str) -> None:
    """End every session, link and API token of a user.

    Example: callward users revoke anna
    """
    from web.users import revoke as end_sessions

    now = app.now_ms()
    ended = _changed(app, lambda tx: end_sessions(tx, name, now), "revoked", name)
    say(f"{ended} session{'' if ended == 1 else 's'} of {name} ended.")


@users.command()
@click.option("--user", "person", metavar="NAME", help="Only what this user did.")
@click.option("--patient", metavar="REF", help="Only what was done with this patient.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=50, show_default=True, help="How many to show.")
@click.option("--before", type=click.IntRange(1), metavar="ID", help="Older than this one, to turn the page.")
@json_option
@pass_app
def audit(app: App, person: str | None, patient: str | None, limit: int, before: int | None, as_json: bool) -> None:
    """Show who signed in, looked at which patient, changed or exported what; the newest first.

    Example: callward users audit --patient P-1001
    """
    from store.documents import iso

    with app.store() as store, store.read() as tx:
        rows = tx.all("audit_list", person=person, kind="patient" if patient else None, ref=patient, limit=limit,
                      before=before)
    if as_json:
        print_json([
            {key: row[key] for key in ("id", "person", "session", "action", "kind", "ref", "detail", "address")}
            | {"at": iso(row["at_ms"])}
            for row in rows
        ])  # fmt: skip
        return
    app.print_table(
        ["id", "at", "who", "did", "what", "detail", "from"],
        ([row["id"], app.show_time(row["at_ms"]), row["person"], row["action"], f"{row['kind']} {row['ref']}".strip(),
          row["detail"], row["address"]] for row in rows),
        "Nothing was written down yet.",
    )  # fmt: skip


def _changed(app: App, change: "Callable[[Tx], Any]", action: str, name: str, detail: str = "") -> Any:
    """Make a change and write it into the audit log, in one transaction; return what it gave."""
    from web.audit import Actor, Deed, note

    who = Actor(getpass.getuser(), None, "command line", app.now_ms())
    with app.store() as store, store.write() as tx:
        given = change(tx)
        note(tx, who, Deed(action, "user", name, detail))
    return given


def _url(app: App) -> str:
    from commands.web import config_of

    return config_of(app).url


def _password(row: dict[str, Any]) -> str:
    if row["disabled_ms"] is not None:
        return "disabled"
    return "yes" if row["password"] else "not chosen yet"
