""""Call me back": a form on the clinic's site, with our script or without, and a page of our own for links."""

import asyncio
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

import jinja2
from aiohttp import web

from callbacks.requests import LONGEST_NAME, Taken, Wish, ask_back
from callbacks.text_words import by_when
from patients.phones import display, masked
from store import Tx, callback_sums
from tracking.campaigns import campaign_id
from tracking.sources import ASKED, Source, clean, host_of, path_of, source_of
from tracking.visitors import campaign_of, hashed
from web.context import CLINIC, CONFIG, WRITER, now_ms
from web.public.door import DOOR, GATE, FormConfig, mark_of, network, site_of
from web.public.words import LANGUAGES, REFUSALS, WORDS
from web.rights import open_to_all

log = logging.getLogger(__name__)
MOST_FIELDS = 50
HONEYPOT = "website"
"""A field that people do not see, and programs fill in."""

routes = web.RouteTableDef()
_pages = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True,
    undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Said:
    """What the person is told, and whether it went well."""

    ok: bool
    text: str


@routes.get("/call-me-back")
@open_to_all
async def form(request: web.Request) -> web.StreamResponse:
    """Show the form by itself: for links in messages, and for pages that cannot hold a form."""
    config = _config(request)
    return _page(request, config, _language(request, request.query.get("lang", "")), None)


@routes.post("/call-me-back")
@open_to_all
async def asked(request: web.Request) -> web.StreamResponse:
    """Take a request, and say by when the clinic will ring. A program is told what its JSON needs, a person a page."""
    config = _config(request)
    # Browsers write "null" for a page that tells nobody where it is.
    own = (request.app[CONFIG].url, f"https://{request.host}", f"http://{request.host}", "null")
    if not (site_of(request) or request.headers.get("Origin", "") in own):
        raise web.HTTPForbidden
    if not request.app[GATE].may_ask(network(request), now_ms(request)):
        raise web.HTTPTooManyRequests
    fields = await _fields(request)
    language = _language(request, _field(fields, "language"))
    said = await _take(request, config, fields, language)
    if "application/json" in request.headers.get("Accept", ""):
        return web.json_response({"ok": said.ok, "said": said.text})
    return _page(request, config, language, said, _field(fields, "number"), _field(fields, "name"))


async def _fields(request: web.Request) -> Mapping[str, str]:
    """Return the fields of a form as browsers send it unasked. Raises HTTPUnsupportedMediaType, HTTPBadRequest."""
    if request.content_type != "application/x-www-form-urlencoded":
        raise web.HTTPUnsupportedMediaType
    try:
        pairs = parse_qsl((await request.read()).decode(errors="replace"), keep_blank_values=True,
                          max_num_fields=MOST_FIELDS)  # fmt: skip
    except ValueError:
        raise web.HTTPBadRequest from None
    return dict(reversed(pairs))


async def _take(
    request: web.Request, config: FormConfig, fields: Mapping[str, object], language: str
) -> Said:
    words, now = WORDS[language], now_ms(request)
    if _field(fields, "consent") != "yes":
        return Said(False, words["no_consent"])
    if _field(fields, HONEYPOT):
        # A program that fills in everything learns nothing.
        return Said(True, words["thanks"].format(number="", time=by_when(0, now, _zone(request), language)))
    wish, source, key = _wish(request, config, fields, language), _source(request, fields), _field(fields, "key")
    ctx, limits, net = request.app[CLINIC].callbacks, config.limits, network(request)

    def change(tx: Tx) -> Taken | str:
        visit = tx.one("visit_last", visitor=hashed(key)) if key else None
        answer = ask_back(tx, ctx, limits, replace(wish, network=mark_of(tx, net)), now)
        if not isinstance(answer, Taken):
            return answer.why
        campaign = None
        if visit is not None:
            campaign = campaign_of(tx, visit)
        elif source.is_new:
            campaign = campaign_id(tx, source.source, source.medium, source.name)
        # Only a request that was taken makes a campaign of words in an address.
        tx.run("request_source_put", callback=answer.callback, at_ms=now, campaign=campaign,
               visit=visit and visit["id"])
        tx.run("callback_source_put", id=answer.callback, campaign=campaign)
        callback_sums.settle(tx, (answer.callback,))
        return answer

    answer = await asyncio.wrap_future(request.app[WRITER].submit(change))
    if isinstance(answer, str):
        return Said(False, words[REFUSALS[answer]])
    if await _rung(config, answer, ctx.hours_at(wish.location).is_open(now)):
        return Said(True, words["soon"])
    time = by_when(answer.due_ms, now, _zone(request), language)
    return Said(True, words["thanks"].format(number=display(answer.number, ctx.region), time=time))


async def _rung(config: FormConfig, taken: Taken, is_open: bool) -> bool:
    """Ring the desk and the patient at once, where the clinic wants it; say whether the call was started."""
    if config.ring is None or not is_open:
        return False
    try:
        await config.ring(taken)
    except Exception as error:
        log.warning("The request of %s was not rung at once (%s); it waits as callback %s.", masked(taken.number),
                    type(error).__name__, taken.callback)
        return False
    return True


def _wish(
    request: web.Request, config: FormConfig, fields: Mapping[str, object], language: str
) -> Wish:
    door, site = request.app[DOOR], site_of(request)
    return Wish(
        number=_field(fields, "number"), consent=consent(config, language, request.app[CONFIG].clinic),
        language=language, name=clean(_field(fields, "name"), LONGEST_NAME),
        location=door.locations.get(site, ""), site=site, page=path_of(_field(fields, "page")),
    )  # fmt: skip


def _source(request: web.Request, fields: Mapping[str, object]) -> Source:
    """Return where the person came from, by what our script put into the form."""
    try:
        said = json.loads(_field(fields, "params") or "{}")
    except (ValueError, RecursionError):
        said = {}
    params: Mapping[str, str] = (
        {name: str(said[name])[:1000] for name in ASKED if name in said} if isinstance(said, dict) else {}
    )
    return source_of(params, host_of(_field(fields, "from")), request.app[DOOR].hosts)


def consent(config: FormConfig, language: str, clinic: str) -> str:
    """Return the text that is agreed to: the clinic's own, else ours."""
    return config.consent.get(language) or WORDS[language]["consent"].format(clinic=clinic)


def _page(
    request: web.Request, config: FormConfig, language: str, said: Said | None, *typed: str
) -> web.Response:
    """Render the form or the answer; what was typed (number, name) stands in the form again when it was refused."""
    clinic = request.app[CONFIG].clinic
    text = _pages.get_template("call-me-back.html").render(
        lang=language, words=WORDS[language], clinic=clinic, said=said, honeypot=HONEYPOT,
        consent=consent(config, language, clinic), privacy_url=config.privacy_url,
        typed=[clean(text, LONGEST_NAME) for text in typed or ("", "")],
    )  # fmt: skip
    status = 200 if said is None or said.ok else 422
    return web.Response(text=text, content_type="text/html", status=status)


def _config(request: web.Request) -> FormConfig:
    config = request.app[DOOR].form
    if config is None:
        raise web.HTTPNotFound
    return config


def _language(request: web.Request, wished: str) -> str:
    spoken = request.app[CONFIG].languages
    asked = [wished, *(part.split(";")[0].strip()[:2].lower()
                       for part in request.headers.get("Accept-Language", "").split(","))]  # fmt: skip
    return next((one for one in asked if one in spoken and one in LANGUAGES), spoken[0])


def _field(fields: Mapping[str, object], name: str) -> str:
    value = fields.get(name, "")
    return value if isinstance(value, str) else ""


def _zone(request: web.Request) -> ZoneInfo:
    return request.app[CONFIG].zone
