"""Every area of the API, in the order of the documentation, and its routes."""

from aiohttp import web

from web.api.about import about
from web.api.callbacks import callbacks
from web.api.calls import calls
from web.api.campaigns import campaigns, numbers
from web.api.days import appointments, hours
from web.api.decisions import decisions
from web.api.door import PREFIX
from web.api.live import live
from web.api.operations import Operation
from web.api.patients import patients
from web.api.people import people
from web.api.proof import proof
from web.api.reports import figures
from web.api.reports_opened import opened
from web.api.telephony import telephony
from web.api.topics import marks, topics

AREAS = (calls, decisions, callbacks, telephony, live, patients, appointments, topics, marks, campaigns, numbers,
         figures, opened, hours, people, proof, about)


def operations() -> list[Operation]:
    """Return everything that the API can do."""
    return [operation for area in AREAS for operation in area.all]


def set_up(app: web.Application) -> None:
    """Add the routes. What is fixed in a path goes before what is not."""
    for operation in sorted(operations(), key=lambda operation: "{" in operation.path):
        app.router.add_route(operation.method, PREFIX + operation.path, operation.handler())
