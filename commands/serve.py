"""`callward serve`: everything that runs all day. The console is a process of its own: no page delays a call."""

import asyncio
from collections.abc import Coroutine, Iterator
from typing import TYPE_CHECKING, Any

import click

from commands.beside import console_beside
from commands.common import App, pass_app
from commands.listen import listeners, run_until_stopped
from commands.web import consoles

if TYPE_CHECKING:
    from callbacks.rounds import Round
    from store import Store


@click.command()
@click.option("--pbx", "names", metavar="NAME", multiple=True, help="Only this exchange; may be given several times.")
@click.option("--quiet", is_flag=True, help="Do not print calls as they change.")
@pass_app
def serve(app: App, names: tuple[str, ...], quiet: bool) -> None:
    """Listen, serve the console, and tell people what is due.

    The console is where [web] says, by default at http://127.0.0.1:8480; `callward users add` says who may use it.
    Writes every call down as `callward listen` does and keeps the callback queue in order while time passes. Reminds
    people of callbacks that are due, sums up each morning, sounds alerts, tells webhooks, and texts missed callers:
    each only where [notify], [alerts] and [text_back] say so. Where [web.public] is enabled it also opens the public
    door: the number script and "call me back" for the clinic's web site.

    Example: callward --config clinic.toml serve --quiet
    """
    run_until_stopped(
        app,
        lambda store, writer: [
            *_loops(app, store), *listeners(app, store, writer, names, quiet),
            *(consoles(app, store, writer, patient=True) if store.engine.shared else [console_beside(app)]),
        ],
    )


def rounds(app: App, store: "Store") -> "Iterator[tuple[Round, float]]":
    """Yield everything that is done again and again, each with the seconds between.

    Raises:
        settings.SettingsError: a secret cannot be read.
    """
    from callbacks.alerts import Alerts
    from callbacks.reminders import Reminders
    from callbacks.requests import RequestNotices
    from callbacks.summary import Summary
    from callbacks.text_back import TextBack
    from commands.report_mail import limits_of, plans_of
    from deliveries import Deliveries
    from patients.pulling import Pull as PatientsPull
    from reports.schedule import Schedule
    from tracking.appointments_pull import Pull, Relate
    from tracking.visitors_retention import Forgetting
    from wiring import (
        appointment_sources_of,
        callbacks_of,
        gateway_of,
        patients_server_of,
        people_of,
        texts_of,
        thresholds_of,
        webhooks_of,
    )

    settings = app.settings
    ctx, people, max_age = callbacks_of(settings, live=True), people_of(settings), settings.notify.max_age_minutes
    yield Reminders(store, ctx, people.levels, max_age), 20.0
    yield Alerts(store, ctx, thresholds_of(settings), people.alerts), 30.0
    if settings.notify.summary:
        yield Summary(store, ctx, people.summary), 60.0
    if settings.requests.enabled:
        yield RequestNotices(store, ctx, people.desk, max_age), 2.0
    if settings.web.public.enabled:
        yield Forgetting(store, settings.retention.visits_days), 3600.0
    gateway = gateway_of(settings)
    if settings.text_back.enabled and gateway is not None:
        yield TextBack(store, texts_of(settings), gateway), 10.0
    if server := patients_server_of(settings):
        yield PatientsPull(store, server, settings.clinic.country), settings.patients.every_minutes * 60.0
    appointments = appointment_sources_of(settings)
    if appointments:
        yield Pull(store, appointments), settings.appointments.every_minutes * 60.0
    yield Relate(store, appointments.clock), 120.0
    if plans := plans_of(app):
        yield Schedule(store, plans, limits_of(app)), 60.0
    for webhook in webhooks_of(settings):
        yield Deliveries(store, webhook, max_age), 2.0


def _loops(app: App, store: "Store") -> "list[Coroutine[Any, Any, None]]":
    from callbacks.rounds import repeat

    stop = asyncio.Event()  # never set: what runs is cancelled at the end
    return [repeat(job, app.now_ms, stop, every_s) for job, every_s in list(rounds(app, store))]
