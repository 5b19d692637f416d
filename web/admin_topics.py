"""Topics: the shipped ones and the clinic's own, added and retired."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from callbacks import topics
from callbacks.topics import CATEGORIES
from web import calls_words as words
from web.admin_pages import admin_page, done
from web.audit import Deed, actor
from web.context import now_ms, read
from web.forms import Form
from web.i18n import gettext as _
from web.rights import Right, needs_one_of

MAY = (Right.SETUP, Right.TEAM)


@needs_one_of(*MAY)
async def topics_page(request: web.Request) -> web.Response:
    """`GET /admin/topics`: all of them, the retired last."""
    return await _page(request)


@needs_one_of(*MAY)
async def add(request: web.Request) -> web.Response:
    """`POST /admin/topics`: add a topic of the clinic's own, or offer a retired one again."""
    form, who, now = await Form.of(request), actor(request), now_ms(request)
    name, category = form.text("name", 60), form.text("category", 20)
    if category not in CATEGORIES:
        raise web.HTTPBadRequest
    return await done(request, Deed("added", "topic", "", name),
                      lambda tx: topics.add(tx, name, category, who.person, now), _again(request))


@needs_one_of(*MAY)
async def retire(request: web.Request) -> web.Response:
    """`POST /admin/topics/retire`: offer a topic no longer; what was noted with it stays."""
    topic, now = (await Form.of(request)).text("topic", 80), now_ms(request)
    return await done(request, Deed("retired", "topic", topic), lambda tx: topics.retire(tx, topic, now),
                      _again(request))


def _again(request: web.Request) -> Callable[[int, str], Awaitable[web.Response]]:
    async def again(status: int, said: str) -> web.Response:
        return await _page(request, status, said=said)

    return again


async def _page(request: web.Request, status: int = 200, *, said: str = "") -> web.Response:
    known = await read(request, lambda tx: topics.topics(tx, retired=True))
    return admin_page(
        request, "admin_topics.html", status=status, said=said, words=words,
        topics=sorted(known, key=lambda topic: (topic.retired, not topic.own)),
        categories={name: _(words.CATEGORIES[name]) for name in CATEGORIES},
    )  # fmt: skip


def set_up(app: web.Application) -> None:
    """Add the routes."""
    app.router.add_get("/admin/topics", topics_page)
    app.router.add_post("/admin/topics", add)
    app.router.add_post("/admin/topics/retire", retire)
