"""The receptionist's pages, put together: board, cards, callbacks, call log, and the stream that keeps them live."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import aiohttp_jinja2
from aiohttp import web

from web import (
    board_pages,
    callbacks_pages,
    calls_campaign,
    calls_click,
    calls_dial,
    calls_notes,
    calls_pages,
    calls_words,
    due,
    patients_pages,
    pop_pages,
    queue_pause,
    recordings,
    streams,
    today_pages,
)
from web.calls_dial import DIALLER, Dialler
from web.context import CLINIC
from web.i18n import mark
from web.pages import Link
from web.pop_pages import OWN_HEARD, PATIENT_LINK
from web.recordings import FOLDERS, Folders
from web.rights import Right

LINKS = (
    Link("/board", mark("Board"), Right.BOARD, "board"),
    Link("/callbacks", mark("Callbacks"), Right.CALLBACKS, "callbacks"),
    Link("/calls", mark("Calls"), Right.CALLS, "calls"),
    Link("/patients", mark("Patients"), Right.PATIENTS, "patients"),
)


@dataclass(frozen=True, slots=True)
class Reception:
    """What the settings say to these pages."""

    patient_link: str = ""
    """`https://…/{ref}`: a patient in the clinic's own system."""
    dialler: Dialler | None = None
    """None: numbers are shown to be dialled by hand."""
    folders: Mapping[str, Folders] = field(default_factory=dict)
    """Where the sound of each exchange lies."""
    heard: tuple[str, ...] = ()
    """The clinic's own answers to *How did you hear of us?*; none means the shipped ones."""


def set_up(app: web.Application, reception: Reception) -> None:
    """Add the pages to an application that has its templates."""
    region = app[CLINIC].callbacks.region
    app[PATIENT_LINK], app[OWN_HEARD] = reception.patient_link, reception.heard
    app[FOLDERS] = reception.folders
    if reception.dialler is not None:
        app[DIALLER] = reception.dialler
    aiohttp_jinja2.get_env(app).filters["phone"] = lambda number: calls_words.phone_text(number, region)
    streams.set_up(app, (board_pages.area(app), pop_pages.area(app), callbacks_pages.area(app), calls_click.area(app),
                      queue_pause.area(app), due.DUE, today_pages.area(app)))
    for pages in (board_pages, callbacks_pages, calls_campaign, calls_dial, calls_notes, calls_pages, patients_pages,
                  queue_pause, recordings):
        pages.set_up(app)
