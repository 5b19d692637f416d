"""The application: its guards, its pages, and how it is served."""

import asyncio
import logging
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web
from aiohttp.abc import AbstractAccessLogger

from intake import Clinic
from store import Store, Writer
from web import account, auth, entrance, home, live_pages, office_pages, pages, quick_card, security
from web.api import areas as api
from web.api import pages as api_pages
from web.backroom import Backroom
from web.context import CLINIC, CLOCK, CONFIG, STORE, WRITER, Clock, WebConfig
from web.live_pages import Reception

log = logging.getLogger("callward.web")

_AGAIN_S = 30
_RENEWED_S = 60.0
"""Every so many seconds a renewed certificate is looked for."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What the console stands on. Store and writer stay the caller's to close."""

    store: Store
    writer: Writer
    clinic: Clinic
    now_ms: Callable[[], int]


def make_app(
    config: WebConfig, ground: Ground, reception: Reception = Reception(), backroom: Backroom = Backroom(),  # noqa: B008
) -> web.Application:
    """Return the console, ready to be run."""
    app = web.Application(middlewares=[security.known_host, security.in_words, auth.guard])
    app[CONFIG], app[STORE], app[WRITER], app[CLINIC] = config, ground.store, ground.writer, ground.clinic
    app[CLOCK] = Clock(ground.now_ms)
    app[pages.LINKS] = [*office_pages.FIRST, *live_pages.LINKS, *office_pages.LINKS]
    pages.set_up(app)
    app.router.add_get("/static/{name:.+}", pages.static, name="static")
    for area in (entrance, account, home, quick_card):
        app.add_routes(area.routes)
    live_pages.set_up(app, reception)
    office_pages.set_up(app, backroom)
    api.set_up(app)
    api_pages.set_up(app)
    app.on_response_prepare.append(security.add_headers)
    return app


@dataclass(frozen=True, slots=True)
class Certificate:
    """The files of a certificate, for HTTPS without a proxy."""

    chain: Path
    key: Path


async def serve(
    app: web.Application, certificate: Certificate | None = None, *, patient: bool = False, what: str = "console"
) -> None:
    """Serve until cancelled. `what` is what the log calls it.

    `patient` tries again and again where it cannot start: beside the listener, the console must not end it.

    Raises:
        OSError: the address cannot be listened on, or the certificate not be used, unless `patient`.
    """
    config = app[CONFIG]
    # Streams are open all day: at the end nobody waits for them.
    # Nobody sends compressed requests but who means to fill the memory, or to see what a broken one does.
    runner = web.AppRunner(app, access_log_class=AccessLog, access_log=log, handle_signals=False, shutdown_timeout=1,
                           auto_decompress=False)
    await runner.setup()
    try:
        while True:
            try:
                context = await _listen(runner, config, certificate)
                break
            except OSError as error:
                if not patient:
                    raise
                log.error("The %s cannot be served at %s (%s); it is tried again.", what, config.url, error)
            await asyncio.sleep(_AGAIN_S)
        log.info("The %s is at %s", what, config.url)
        await _keep_renewed(context, certificate)
    finally:
        await runner.cleanup()


async def _keep_renewed(context: ssl.SSLContext | None, certificate: Certificate | None) -> None:
    """Take up a renewed certificate for new connections, without a restart; for ever."""
    taken = _stamp(certificate)
    while True:
        await asyncio.sleep(_RENEWED_S)
        there = _stamp(certificate)
        if context is None or certificate is None or there in (taken, None):
            continue
        try:
            context.load_cert_chain(certificate.chain, certificate.key)
        except OSError as error:
            log.error("The renewed certificate %s cannot be used (%s); the old one is served.",
                      certificate.chain, error)
        else:
            log.info("The renewed certificate %s is served.", certificate.chain)
        taken = there


def _stamp(certificate: Certificate | None) -> tuple[int, int] | None:
    """Return when the files were changed, None while they are not there."""
    if certificate is None:
        return None
    try:
        return certificate.chain.stat().st_mtime_ns, certificate.key.stat().st_mtime_ns
    except OSError:
        return None


async def _listen(
    runner: web.AppRunner, config: WebConfig, certificate: Certificate | None
) -> ssl.SSLContext | None:
    context = None
    if certificate is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(certificate.chain, certificate.key)
    site = web.TCPSite(runner, config.host, config.port, ssl_context=context)
    try:
        await site.start()
    except OSError:
        await site.stop()
        raise
    return context


class AccessLog(AbstractAccessLogger):
    """One line a request, with the pattern of its path only: paths hold tokens, queries hold names and numbers."""

    @property
    def enabled(self) -> bool:
        """Say whether lines are wanted: not beside a listener that prints calls."""
        return self.logger.isEnabledFor(logging.DEBUG)

    def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
        """Write the line."""
        resource = request.match_info.route.resource if isinstance(request, web.Request) else None
        path = resource.canonical if resource is not None else "-"
        self.logger.debug("%s %s %s %.0f ms", request.method, path, response.status, time * 1000)
