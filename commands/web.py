"""`callward web`: the console and the public door, without a listener."""

import re
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands.beside import end_with_parent
from commands.common import App, pass_app
from commands.listen import run_until_stopped

if TYPE_CHECKING:
    from aiohttp.web import Application

    from pbx.telephones import Telephones
    from settings import Pbx
    from store import Store, Writer
    from web.calls_dial import Dialler
    from web.context import WebConfig
    from web.recordings import Folders

_EXTENSION = re.compile(r"[A-Za-z0-9_-]{1,32}")
_TECHNOLOGIES = ("PJSIP", "SIP", "IAX2", "DAHDI", "SCCP")


@click.command()
@click.option("--beside", is_flag=True, hidden=True, help="End with the `serve` that started it.")
@pass_app
def web(app: App, beside: bool) -> None:
    """Serve the console alone.

    For a machine or process of its own beside `callward listen`; `callward serve` starts one by itself. It is where
    [web] says, by default at http://127.0.0.1:8480; `callward users add` says who may use it. Where [web.public] is
    enabled it also opens the public door.

    Example: callward --config clinic.toml web
    """
    run_until_stopped(app, lambda store, writer: [
        *consoles(app, store, writer, patient=beside), *([end_with_parent()] if beside else []),
    ])  # fmt: skip


def consoles(
    app: App, store: "Store", writer: "Writer", *, patient: bool
) -> "list[Coroutine[Any, Any, None]]":
    """Return the running console and, where it is enabled, the public door."""
    from commands.door import door_of

    return [console_of(app, store, writer, patient=patient),
            *([door_of(app, store, writer)] if app.settings.web.public.enabled else [])]  # fmt: skip


def console_of(app: App, store: "Store", writer: "Writer", *, patient: bool = False) -> "Coroutine[Any, Any, None]":
    """Return the running console. `patient` tries again where it cannot start, instead of raising OSError."""
    from pbx.telephones import Telephones
    from web.app import Certificate, serve
    from wiring import lines_of

    settings, folder = app.settings.web, app.settings.folder
    phones = Telephones(lines_of(app.settings))
    console = application_of(app, store, writer, dialler_of(phones))
    certificate = None
    if settings.certificate is not None and settings.key is not None:
        certificate = Certificate(folder / settings.certificate, folder / settings.key)

    async def run() -> None:
        async with phones.connected():
            await serve(console, certificate, patient=patient)

    return run()


def dialler_of(phones: "Telephones") -> "Dialler | None":
    """Return how clicks become calls, None where no exchange has a [pbx.click]."""
    from web.calls_dial import CONTEXT, Dialler

    if not phones.lines:
        return None

    def context(extension: str) -> str:
        line = phones.line_of(extension)
        return line.context if line is not None else CONTEXT

    def presents(extension: str) -> str:
        line = phones.line_of(extension)
        return line.presents if line is not None else ""

    return Dialler(phones.ring, phones.channel, context, presents, phones.pause)


def application_of(
    app: App, store: "Store", writer: "Writer", dialler: "Dialler | None" = None
) -> "Application":
    """Return the console, ready to be served. `dialler` starts the calls that people click."""
    from commands.backroom import backroom_of
    from web.app import Ground, make_app
    from web.live_pages import Reception
    from wiring import clinic_of

    ground = Ground(store, writer, clinic_of(app.settings, live=True), app.now_ms)
    folders = folders_of(app.settings.pbx, app.settings.folder)
    settings = app.settings.web
    reception = Reception(
        settings.patient_link, dialler, heard=tuple(settings.heard_of_us), folders=folders)
    return make_app(config_of(app), ground, reception, backroom_of(app, store))


def folders_of(exchanges: "list[Pbx]", at: Path) -> "dict[str, Folders]":
    """Return where the sound of each exchange lies; paths are read from the settings' folder on."""
    from web.recordings import Folders

    return {
        pbx.name: Folders(at / pbx.recordings if pbx.recordings is not None else None,
                          at / pbx.voicemail if pbx.voicemail is not None else None)
        for pbx in exchanges
    }  # fmt: skip


def config_of(app: App) -> "WebConfig":
    """Return what the settings say to the console."""
    from pbx.endpoints import ChannelName
    from web.context import WebConfig
    from wiring import endpoints_of, privacy_of

    settings, clinic = app.settings.web, app.settings.clinic
    exchanges = [endpoints_of(pbx) for pbx in app.settings.pbx]

    def is_phone(extension: str) -> bool:
        names = [ChannelName(tech, extension, 0, "") for tech in _TECHNOLOGIES]
        return bool(_EXTENSION.fullmatch(extension)) and any(
            known.role(name) == "phone" for known in exchanges for name in names
        )

    return WebConfig(
        clinic=clinic.name, zone=clinic.zone, languages=tuple(clinic.languages), host=settings.host,
        port=settings.port, public_url=settings.public_url, encrypts=settings.certificate is not None,
        session_hours=settings.session_hours, trusted_proxies=tuple(settings.trusted_proxies), is_phone=is_phone,
        unrecorded=frozenset(pbx.name for pbx in app.settings.pbx if not (pbx.cel or pbx.cdr)),
        privacy=privacy_of(app.settings), api_per_minute=settings.api_per_minute,
        late_hours=app.settings.appointments.late_hours,
    )  # fmt: skip
