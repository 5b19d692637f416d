"""`callward web`: the console alone."""

import re
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

import click

from commands.common import App, pass_app
from commands.listen import run_until_stopped

if TYPE_CHECKING:
    from store import Store, Writer
    from web.context import WebConfig

_EXTENSION = re.compile(r"[A-Za-z0-9_-]{1,32}")
_TECHNOLOGIES = ("PJSIP", "SIP", "IAX2", "DAHDI", "SCCP")


@click.command()
@pass_app
def web(app: App) -> None:
    """Serve the console alone.

    For a second machine or process beside `callward listen`; `callward serve` has the console in it. It is where [web]
    says, by default at http://127.0.0.1:8480; `callward users add` says who may use it.

    Example: callward --config clinic.toml web
    """
    run_until_stopped(app, lambda store, writer: [console_of(app, store, writer)])


def console_of(app: App, store: "Store", writer: "Writer", *, patient: bool = False) -> "Coroutine[Any, Any, None]":
    """Return the running console. `patient` tries again where it cannot start, instead of raising OSError."""
    from web.app import Certificate, Ground, make_app, serve
    from web.live_pages import Reception
    from wiring import clinic_of

    settings, folder = app.settings.web, app.settings.folder
    ground = Ground(store, writer, clinic_of(app.settings, live=True), app.now_ms)
    console = make_app(config_of(app), ground, Reception(settings.patient_link))
    certificate = None
    if settings.certificate is not None and settings.key is not None:
        certificate = Certificate(folder / settings.certificate, folder / settings.key)
    return serve(console, certificate, patient=patient)


def config_of(app: App) -> "WebConfig":
    """Return what the settings say to the console."""
    from pbx.endpoints import ChannelName
    from web.context import WebConfig
    from wiring import endpoints_of

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
    )  # fmt: skip
