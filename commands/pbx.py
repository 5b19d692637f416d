"""`callward pbx`: ask the exchange, or make it ring. One login, one question, logged off again."""

import os
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from commands.common import App, json_option, pass_app, plain, print_json, say

if TYPE_CHECKING:
    from commands.ami import Login
    from settings import Pbx

CONTEXT = "callward-originate"
"""The one dialplan context that may be entered. It is given the digits of an E.164 number, without the plus."""

RING_S = 30
_STATUS = {
    "AsteriskVersion": "version",
    "AMIversion": "ami_version",
    "CoreStartupDate": "started_on",
    "CoreStartupTime": "started_at",
    "CoreReloadDate": "reloaded_on",
    "CoreReloadTime": "reloaded_at",
    "CoreCurrentCalls": "calls",
    "CoreMaxCalls": "max_calls",
}


@click.group()
def pbx() -> None:
    """Ask the exchange, or make it ring, with your own login."""


def login_options(required: bool) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Add --pbx, --username and --secret-env; the function is given the App, `at` and `login`.

    The listener's AMI user may read only, so what does more is asked for a login of its own (`required`).
    """

    options = (
        click.option("--secret-env", help="The environment variable with its secret; asked for when not given."),
        click.option("--username", help="Your AMI user." if required else "Another AMI user than the settings'."),
        click.option("--pbx", "name", help="Which exchange, when there are several."),
    )

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        def run(app: App, name: str | None, username: str | None, secret_env: str | None, **rest: Any) -> None:
            at = app.pbx(name)
            if required and username is None:
                username = click.prompt("AMI user", err=True)
            function(app, at, _login(app, at, username, secret_env), **rest)

        decorated: Callable[..., None] = pass_app(wraps(function)(run))
        for option in options:
            decorated = option(decorated)
        return decorated

    return decorate


def _login(app: App, at: "Pbx", username: str | None, secret_env: str | None) -> "Login":
    from commands.ami import Login
    from settings import reveal

    if username is None:
        username, secret = at.username, reveal(at.secret, app.settings.folder)
    elif secret_env is None:
        secret = click.prompt(f"Secret of {plain(username)}", hide_input=True, err=True)
    else:
        secret = os.environ.get(secret_env, "")
        if not secret:
            raise click.UsageError(f"The environment variable {secret_env} is not set; set it to the secret.")
    ca = app.settings.folder / at.tls_ca if at.tls_ca else None
    return Login(at.host, at.port, username, secret, at.tls, ca)


@pbx.command()
@login_options(required=False)
@json_option
def status(app: App, at: "Pbx", login: "Login", as_json: bool) -> None:
    """Show the exchange's version, since when it runs, and how many calls are up.

    \b
    Example:
      callward pbx status
    """
    from commands.ami import AmiRefused, Session

    told: dict[str, str] = {}
    refused: list[str] = []
    with Session(login) as ami:
        for action in ("CoreSettings", "CoreStatus"):
            try:
                told |= ami.ask(action)
            except AmiRefused as error:
                refused.append(str(error))
    found = {"pbx": at.name, "host": at.host, "port": at.port}
    found |= {name: told[key] for key, name in _STATUS.items() if key in told}
    if as_json:
        print_json({**found, "refused": refused})
        return
    for name, value in found.items():
        say(f"{name.replace('_', ' '):<12}  {plain(value)}")
    for sentence in refused:
        say(f"{plain(sentence)} The AMI user lacks `write = reporting`.")


@pbx.command()
@click.argument("phone")
@click.argument("number")
@click.option("--technology", type=click.Choice(["PJSIP", "SIP", "IAX2", "DAHDI"]), default="PJSIP", show_default=True,
              help="The channel of a phone that is named without one.")
@click.option("--yes", is_flag=True, help="Ring without asking.")
@login_options(required=True)
def originate(app: App, at: "Pbx", login: "Login", phone: str, number: str, technology: str, yes: bool) -> None:
    """Ring a phone of the clinic and, once it is picked up, a number.

    The AMI user needs `write = originate` and nothing else. The number is dialled by the dialplan's context
    callward-originate, which is given its digits with the country code and without a plus.

    \b
    Example:
      callward pbx originate 101 501000901 --username click
    """
    from commands.ami import AmiRefused, Session
    from patients.phones import display, e164, may_ring

    channel = _channel(at, phone, technology)
    clinic = app.clinic
    whole = e164(number, clinic.country)
    if whole is None:
        raise click.UsageError(f'"{plain(number)}" is not a phone number; write its digits.')
    permission = may_ring(whole, tuple(app.settings.callbacks.countries) or (clinic.country,))
    if not permission:
        raise click.ClickException(
            f"{whole} may not be rung ({permission.reason}); [callbacks] countries names the countries that may."
        )
    shown = display(whole, clinic.country)
    if not yes:
        click.confirm(f"Ring {channel}, then {shown}?", abort=True, err=True)
    fields = {"Channel": channel, "Context": CONTEXT, "Exten": whole.removeprefix("+"), "Priority": "1",
              "Timeout": str(RING_S * 1000), "CallerID": whole}
    try:
        with Session(login, timeout=RING_S + 10.0) as ami:
            ami.ask("Originate", **fields)
    except AmiRefused as error:
        if "does not exist" in str(error):
            raise click.ClickException(
                f"The dialplan has no context {CONTEXT} that takes this number; docs/commands.md shows one."
            ) from None
        raise
    say(f"{channel} was picked up; the exchange dials {shown}.")


def _channel(at: "Pbx", phone: str, technology: str) -> str:
    """Return the channel of a configured phone. Nothing else can be rung: no trunk, no Local, no application."""
    from pbx.endpoints import Endpoints, split_name

    channel = phone if "/" in phone else f"{technology}/{phone}"
    tech, _, endpoint = channel.partition("/")
    known = Endpoints.of(at.trunks, at.phones, at.peers)
    plain_name = endpoint.replace("-", "").replace("_", "").isalnum() and endpoint.isascii()
    if tech == "Local" or not plain_name or known.role(split_name(f"{channel}-0")) != "phone":
        raise click.UsageError(f'"{plain(phone)}" is not a phone of the clinic; [[pbx]] phones has {at.phones}.')
    return channel


@pbx.command()
@click.argument("words", nargs=-1, required=True)
@login_options(required=True)
@json_option
def command(app: App, at: "Pbx", login: "Login", words: tuple[str, ...], as_json: bool) -> None:
    """Run a command of Asterisk's console and print what it says.

    The AMI user needs `write = command`: it can do everything, so it is never the listener's.

    \b
    Example:
      callward pbx command core show uptime --username admin
    """
    from commands.ami import Session

    with Session(login) as ami:
        output = ami.ask("Command", Command=" ".join(words)).get("Output", "")
    lines = output.split("\n") if output else []
    if as_json:
        print_json({"pbx": at.name, "command": " ".join(words), "output": lines})
        return
    for line in lines:
        say(plain(line))
