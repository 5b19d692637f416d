"""`callward serve`: everything that runs all day, in one process."""

import asyncio
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

import click

from commands.common import App, pass_app
from commands.listen import listeners, run_until_stopped

if TYPE_CHECKING:
    from notify import Channel
    from store import Store


@click.command()
@click.option("--pbx", "names", metavar="NAME", multiple=True, help="Only this exchange; may be given several times.")
@click.option("--quiet", is_flag=True, help="Do not print calls as they change.")
@pass_app
def serve(app: App, names: tuple[str, ...], quiet: bool) -> None:
    """Listen, and send reminders.

    Writes every call down as `callward listen` does, keeps the callback queue in order while time passes, and reminds
    people of callbacks that are due, by [notify.mail] if it is set.

    Example: callward --config clinic.toml serve --quiet
    """
    channels = _channels(app)
    run_until_stopped(
        app, lambda store, writer: [*listeners(app, store, writer, names, quiet), _reminders(app, store, channels)]
    )


def _reminders(app: App, store: "Store", channels: "list[Channel]") -> "Coroutine[Any, Any, None]":
    from callbacks.reminders import Reminders, usual_levels
    from callbacks.rounds import repeat
    from wiring import callbacks_of

    reminders = Reminders(store, callbacks_of(app.settings, live=True), usual_levels(channels),
                          app.settings.notify.max_age_minutes)
    return repeat(reminders, app.now_ms, asyncio.Event())


def _channels(app: App) -> "list[Channel]":
    """Return the ways in which people are told.

    Raises:
        settings.SettingsError: the mail server's password cannot be read.
    """
    mail = app.settings.notify.mail
    if mail is None:
        return []
    from notify.mail import Mail, MailServer
    from settings import reveal

    password = reveal(mail.secret, app.settings.folder) if mail.secret is not None else None
    return [Mail(MailServer(mail.host, mail.sender, tuple(mail.recipients), mail.port, mail.security, mail.username,
                            password))]
