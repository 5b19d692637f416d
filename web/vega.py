"""The module that makes charts live: Vega of the installed package, bundled once and served from here.

It is made next door, for it takes some seconds, and kept compressed: in memory, and in a cache folder of this user's
own, where the next start finds it. Its expressions are interpreted (`ast`), so the page needs no `unsafe-eval`.
"""

import asyncio
import gzip
import logging
import os
import stat
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from aiohttp import web

from reports import ReportsError, drawing
from web.rights import Right, needs

SNIPPET = "export {vegaEmbed};"
PATH = "/vendor/vega.js"
VERSION = sha256(f"{version('vl-convert-python')} {SNIPPET}".encode()).hexdigest()[:12]

log = logging.getLogger(__name__)


class Bundle:
    """The compressed module, made when it is first asked for."""

    def __init__(self, folder: Path | None) -> None:
        self._file = folder / f"vega-{VERSION}.js.gz" if folder is not None else None
        self._made: bytes | None = None
        self._lock = asyncio.Lock()

    async def packed(self) -> bytes:
        """Return it, gzip-compressed. Raises ReportsError: it could not be made."""
        async with self._lock:
            if self._made is None:
                self._made = await asyncio.to_thread(self._find)
            return self._made

    def _find(self) -> bytes:
        kept = _kept(self._file) if self._file is not None else None
        if kept is not None:
            return kept
        made = gzip.compress(drawing.bundle(SNIPPET).encode(), mtime=0)
        if self._file is not None:
            _keep(self._file, made)
        return made


def cache_folder() -> Path | None:
    """Return where this user keeps what can be made again; None where there is no such place."""
    given = os.environ.get("CACHE_DIRECTORY") or os.environ.get("XDG_CACHE_HOME")
    try:
        return (Path(given.split(":")[0]) if given else Path.home() / ".cache") / "callward"
    except RuntimeError:
        return None


def _kept(file: Path) -> bytes | None:
    """Return what is kept in a file that only we can have written: it is run by every browser of the clinic."""
    try:
        for path in (file.parent, file):
            facts = path.stat()
            if facts.st_uid != os.getuid() or facts.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
                return None
        found = file.read_bytes()
        gzip.decompress(found)
    except (OSError, EOFError):
        return None
    return found


def _keep(file: Path, made: bytes) -> None:
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = file.with_suffix(f".{os.getpid()}")
        part.write_bytes(made)
        part.chmod(0o600)
        part.replace(file)
    except OSError as error:
        log.info("The charts' module is not kept (%s); it is made again at the next start.", error)


BUNDLE = web.AppKey("bundle", Bundle)


@needs(Right.FIGURES)
async def module(request: web.Request) -> web.Response:
    """`GET /vendor/vega.js`: one ES module that exports `vegaEmbed`."""
    try:
        packed = await request.app[BUNDLE].packed()
    except ReportsError as error:
        log.warning("Charts stay still pictures: %s", error)
        raise web.HTTPNotFound from error
    kept = "private, max-age=31536000, immutable" if request.query.get("v") == VERSION else "no-cache"
    headers = {"Content-Type": "text/javascript; charset=utf-8", "Cache-Control": kept, "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        return web.Response(body=packed, headers={**headers, "Content-Encoding": "gzip"})
    return web.Response(body=await asyncio.to_thread(gzip.decompress, packed), headers=headers)


def set_up(app: web.Application) -> None:
    """Add the route."""
    app[BUNDLE] = Bundle(cache_folder())
    app.router.add_get(PATH, module)
