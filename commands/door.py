"""The public door as `callward serve` opens it; no command of its own."""

from collections.abc import Coroutine
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from commands.common import App

if TYPE_CHECKING:
    from aiohttp.web import Application

    from callbacks.requests import Limits
    from settings import Settings
    from store import Store, Writer
    from web.calls_dial import Dialler
    from web.public.door import DoorConfig


def door_of(app: App, store: "Store", writer: "Writer") -> "Coroutine[Any, Any, None]":
    """Return the running public door. It tries again where it cannot start: the listener beside it must go on."""
    from commands.web import dialler_of
    from pbx.telephones import Telephones
    from web.app import Certificate, serve
    from wiring import lines_of

    settings, folder = app.settings.web.public, app.settings.folder
    phones = Telephones(lines_of(app.settings) if app.settings.requests.ring_at_once else [])
    door = public_door(app, store, writer, dialler_of(phones))
    certificate = None
    if settings.certificate is not None and settings.key is not None:
        certificate = Certificate(folder / settings.certificate, folder / settings.key)

    async def run() -> None:
        async with phones.connected():
            await serve(door, certificate, patient=True, what="public door")

    return run()


def public_door(
    app: App, store: "Store", writer: "Writer", dialler: "Dialler | None" = None
) -> "Application":
    """Return the public door, ready to be run."""
    from web.app import Ground
    from web.context import WebConfig
    from web.public.app import make_door
    from web.public.ringing import at_once
    from wiring import clinic_of

    settings, clinic = app.settings.web.public, app.settings.clinic
    config = WebConfig(
        clinic=clinic.name, zone=clinic.zone, languages=tuple(clinic.languages), host=settings.host,
        port=settings.port, public_url=settings.public_url, encrypts=settings.certificate is not None,
        trusted_proxies=tuple(settings.trusted_proxies),
    )  # fmt: skip
    ground = Ground(store, writer, clinic_of(app.settings, live=True), app.now_ms)
    door, requests = door_config_of(app.settings), app.settings.requests
    if door.form is not None and requests.ring_at_once and dialler is not None:
        door = replace(door, form=replace(door.form, ring=at_once(dialler, requests.phone, ground)))
    return make_door(config, door, ground)


def door_config_of(settings: "Settings") -> "DoorConfig":
    """Return what the settings say to the public door."""
    from web.public.door import DoorConfig, FormConfig
    from web.public.gate import Caps
    from wiring import terms_of

    public, requests = settings.web.public, settings.requests
    form = None
    if requests.enabled:
        words = {str(language): text for language, text in requests.consent.items()}
        form = FormConfig(limits_of(settings), words, requests.privacy_url)
    return DoorConfig(
        tuple(public.domains), {str(site): where for site, where in public.locations.items()}, terms_of(settings),
        Caps(public.leases_per_network, public.flood_per_minute, public.flood_minutes), form,
    )  # fmt: skip


def limits_of(settings: "Settings") -> "Limits":
    """Return how many requests are taken."""
    from callbacks.requests import Limits

    table = settings.requests
    return Limits(
        table.per_number, table.per_network, table.per_day, table.burst, table.burst_minutes, table.off_minutes
    )


__all__ = ["door_config_of", "door_of", "limits_of", "public_door"]
