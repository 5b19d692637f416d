"""The API's own guard: a token and nothing else opens it, so that no browser can be made to act here.

1. Without a token that works: 401. Cookies count for nothing.
2. A token that asks too often waits: 429.
3. Only then is said what there is: 404, 405, and 403 for a scope that the token lacks.
4. Whatever goes wrong is answered as `application/problem+json`.
"""

import logging

from aiohttp import web

from callbacks.errors import CallbacksError, NoSuchCallback
from patients import PatientsError
from reports import ReportsError
from store import StoreBusy
from tracking import TrackingError
from web import i18n
from web.api import tokens
from web.api.operations import TOKEN_ID
from web.api.problems import SENTENCES, Problem
from web.api.tokens import NoSuchToken, TokensError, scope_of
from web.calls_dial import RefusedError
from web.calls_notes import RefusedNoteError
from web.context import CONFIG, ME, Me, now_ms, read, write
from web.queue_pause import RefusedPauseError
from web.rights import Handler, access_of
from web.users import NoSuchUser, UsersError

log = logging.getLogger("callward.web")
PREFIX = "/api/v1"
_REALM = 'Bearer realm="Callward"'


def is_here(request: web.Request) -> bool:
    """Say whether a request is for the API."""
    return request.path == PREFIX or request.path.startswith(f"{PREFIX}/")


async def through(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let a request through to its handler, or answer why not."""
    try:
        return await _guarded(request, handler)
    except Problem as problem:
        return problem.response()
    except web.HTTPException as error:
        return _of_http(error).response()
    except Exception as error:
        found = problem_of(error)
        if found is None:
            resource = request.match_info.route.resource
            log.exception("A request to %s failed.", resource.canonical if resource is not None else PREFIX)
            found = Problem(500)
        return found.response()


def problem_of(error: Exception) -> Problem | None:
    """Return how an error of the house is answered; None for a fault."""
    match error:
        case NoSuchCallback() | NoSuchUser() | NoSuchToken():
            return Problem(404, str(error))
        case (CallbacksError() | TrackingError() | PatientsError() | UsersError() | TokensError() | RefusedError()
              | RefusedNoteError() | RefusedPauseError()):
            return Problem(409, str(error))
        case ReportsError():
            text = str(error)
            return Problem(409, text[:1].upper() + text[1:])
        case StoreBusy():
            return Problem(503, headers={"Retry-After": "1"})
    return None


async def _guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
    i18n.speak("en")
    person = await _recognise(request)
    if request.match_info.http_exception is not None:
        raise request.match_info.http_exception
    access = access_of(request.match_info.handler)
    if access is None:
        raise web.HTTPForbidden
    if not access.lets_in(person.rights):
        scopes = " ".join(sorted(scope_of(right) for right in access.rights - person.rights or access.one_of))
        raise Problem(403, f"This token lacks the scope {scopes}, or its owner may not do that any more.",
                      headers={"WWW-Authenticate": f'{_REALM}, error="insufficient_scope", scope="{scopes}"'})
    return await handler(request)


async def _recognise(request: web.Request) -> Me:
    """Find the token, count the request. Raises Problem."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not given.strip():
        raise Problem(401, headers={"WWW-Authenticate": _REALM})
    given, now, most = given.strip(), now_ms(request), request.app[CONFIG].api_per_minute
    entering = None
    if await read(request, lambda tx: tokens.knows(tx, given, now)):
        entering = await write(request, lambda tx: tokens.enter(tx, given, now, most))
    if entering is None:
        raise Problem(401, "This token does not work: it is misspelt, revoked or too old, or its owner is disabled.",
                      headers={"WWW-Authenticate": f'{_REALM}, error="invalid_token"'})
    if entering.wait_ms:
        raise Problem(429, headers={"Retry-After": str(-(-entering.wait_ms // 1000))})
    request[ME], request[TOKEN_ID] = entering.person, entering.token
    return entering.person


def _of_http(error: web.HTTPException) -> Problem:
    status = error.status if error.status in SENTENCES else 400 if error.status < 500 else 500
    said = error.text if error.text and error.text != f"{error.status}: {error.reason}" else ""
    headers = {name: error.headers[name] for name in ("Allow", "Retry-After") if name in error.headers}
    return Problem(status, said, headers=headers)


__all__ = ["PREFIX", "is_here", "problem_of", "through"]
