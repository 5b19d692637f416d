"""The application of the public door. It shares no route, no cookie and no template with the console."""

from aiohttp import web

from web.app import Ground
from web.context import CLINIC, CLOCK, CONFIG, STORE, WRITER, Clock, WebConfig
from web.public import form, numbers
from web.public.door import DOOR, GATE, DoorConfig, add_headers, plain_errors
from web.public.gate import Gate

LONGEST_BODY = 8192


def make_door(config: WebConfig, door: DoorConfig, ground: Ground) -> web.Application:
    """Return the public door, ready to be run. `config` says where it listens and how browsers reach it."""
    app = web.Application(middlewares=[plain_errors], client_max_size=LONGEST_BODY)
    app[CONFIG], app[STORE], app[WRITER], app[CLINIC] = config, ground.store, ground.writer, ground.clinic
    app[CLOCK], app[DOOR], app[GATE] = Clock(ground.now_ms), door, Gate(door.caps)
    app.add_routes(numbers.routes)
    app.add_routes(form.routes)
    app.on_response_prepare.append(add_headers)
    return app
