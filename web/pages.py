"""Pages and fragments: templates with the person, their rights, their language, and links to what is served here."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import aiohttp_jinja2
import jinja2
from aiohttp import web

from reports import meaning
from web import formats, i18n
from web.context import CONFIG, csrf_token, now_ms, whoever
from web.people_names import NAMES
from web.rights import Right, open_to_all

HERE = Path(__file__).parent
STATIC = web.AppKey("static", dict[str, "Asset"])
LINKS = web.AppKey("links", list["Link"])


@dataclass(frozen=True, slots=True)
class Link:
    """An entry of the navigation, for who has the right."""

    path: str
    label: str
    """In English, marked by `web.i18n.mark`."""
    right: Right
    key: str = ""
    """What a page passes as `here` to show where one is."""


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that is served as it is."""

    path: Path
    version: str


_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".png": "image/png",
          ".woff2": "font/woff2", ".webmanifest": "application/manifest+json", ".mp3": "audio/mpeg",
          ".wav": "audio/wav"}  # fmt: skip


def assets() -> dict[str, Asset]:
    """Return every file that may be asked for, by its name below /static/. There is no other way to a file."""
    spec = find_spec("js_lib_htmx")  # found, not imported: its modules are Django's
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("The package django-js-lib-htmx is missing; install Callward again.")
    vendor = Path(spec.submodule_search_locations[0]) / "static" / "htmx"
    files = {path.relative_to(HERE / "static").as_posix(): path for path in (HERE / "static").rglob("*.*")}
    files["vendor/htmx.js"] = vendor / "htmx.min.js"
    return {
        name: Asset(path, sha256(path.read_bytes()).hexdigest()[:12])
        for name, path in files.items() if path.suffix in _TYPES
    }  # fmt: skip


@open_to_all
async def static(request: web.Request) -> web.StreamResponse:
    """Serve one of the assets. The version in the link changes with the file, so a browser keeps it for a year."""
    asset = request.app[STATIC].get(request.match_info["name"])
    if asset is None:
        raise web.HTTPNotFound
    kept = "public, max-age=31536000, immutable" if request.query.get("v") == asset.version else "no-cache"
    return web.FileResponse(
        asset.path, headers={"Cache-Control": kept, "Content-Type": f"{_TYPES[asset.path.suffix]}; charset=utf-8"}
    )


def set_up(app: web.Application) -> None:
    """Give the application its templates and its assets."""
    config, people = app[CONFIG], app[NAMES] = app[CONFIG], dict[str, str]()
    app[STATIC] = assets()
    env = aiohttp_jinja2.setup(
        app, loader=jinja2.FileSystemLoader(HERE / "templates"), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, auto_reload=False, extensions=["jinja2.ext.i18n"],
    )  # fmt: skip
    install: Any = env
    install.install_gettext_callables(
        i18n.gettext, i18n.ngettext, newstyle=True, pgettext=i18n.pgettext, npgettext=i18n.npgettext
    )
    env.globals |= {"clinic": config.clinic, "unrecorded": config.unrecorded, "LANGUAGES": i18n.LANGUAGES,
                    "static": lambda name: _asset_url(app, name)}
    env.filters |= {
        "person": lambda login: people.get(login, login),
        "clock": lambda ms: formats.time_text(ms, config.zone),
        "day": lambda ms: formats.day_text(ms, config.zone),
        "moment": lambda ms, now: formats.moment_text(ms, config.zone, now),
        "daytext": formats.date_text,
        "lasting": formats.lasting_text,
        "iso": lambda ms: formats.iso_text(ms, config.zone),
        "number": formats.number_text,
        "duration": formats.duration_text,
        "meaning": lambda metric: meaning.lines(metric, i18n.language()),
    }


def page(request: web.Request, template: str, *, status: int = 200, **values: Any) -> web.Response:
    """Render a page, or a fragment for htmx, for the person who asks. Templates see `me`, `csrf`, `now`, `links`."""
    return aiohttp_jinja2.render_template(template, request, _seen_by_all(request) | values, status=status)


def fragment(app: web.Application, template: str, language: str, values: Mapping[str, Any]) -> str:
    """Render for many at once: once for each language, and as often as `values` differ. There is no `me` in it."""
    with i18n.speaking(language):
        return aiohttp_jinja2.get_env(app).get_template(template).render({"lang": language, **values})


def _seen_by_all(request: web.Request) -> dict[str, Any]:
    """Return what every page sees."""
    person = whoever(request)
    links = list({link.path: link for link in request.app[LINKS] if person and link.right in person.rights}.values())
    return {"me": person, "csrf": csrf_token(request), "now": now_ms(request), "lang": i18n.language(),
            "links": links, "here": "", "path": request.path}  # fmt: skip


def _asset_url(app: web.Application, name: str) -> str:
    return f"/static/{name}?v={app[STATIC][name].version}"
