"""What the admin's pages share: their tabs, what was done, what could not be."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from refusals import Refusal
from store import Tx
from web.audit import Deed, actor, note
from web.context import me, write
from web.i18n import gettext as _
from web.i18n import mark
from web.pages import page
from web.refusals import said as refused
from web.rights import Right, needs_one_of


@dataclass(frozen=True, slots=True)
class Tab:
    """One of the admin's pages, for who has one of the rights."""

    path: str
    label: str
    rights: frozenset[Right]


TABS = (
    Tab("/admin/users", mark("Users"), frozenset((Right.USERS,))),
    Tab("/admin/campaigns", mark("Campaigns"), frozenset((Right.COSTS, Right.SETUP))),
    Tab("/admin/numbers", mark("Numbers"), frozenset((Right.COSTS, Right.SETUP))),
    Tab("/admin/hours", mark("Hours"), frozenset((Right.SETUP, Right.TEAM))),
    Tab("/admin/topics", mark("Topics"), frozenset((Right.SETUP, Right.TEAM))),
    Tab("/admin/pbx", mark("Exchanges"), frozenset((Right.SYSTEM,))),
    Tab("/admin/verify", mark("Proof"), frozenset((Right.SYSTEM,))),
    Tab("/admin/audit", mark("Audit log"), frozenset((Right.AUDIT,))),
)


def admin_page(request: web.Request, template: str, *, status: int = 200, said: str = "", **values: Any
               ) -> web.Response:  # fmt: skip
    """Render one of the pages with its tabs. `said` is what could not be done."""
    rights = me(request).rights
    tabs = [tab for tab in TABS if tab.rights & rights]
    news = _("Saved.") if request.query.get("said") == "saved" and not said else ""
    return page(request, template, status=status, here="admin", tabs=tabs, said=said, news=news, **values)


async def done(
    request: web.Request, deed: Deed, change: Callable[[Tx], Any],
    again: Callable[[int, str], Awaitable[web.Response]],
) -> web.Response:  # fmt: skip
    """Change something and note it in one transaction, then lead back; what is refused is said on the page."""
    who = actor(request)

    def both(tx: Tx) -> None:
        change(tx)
        note(tx, who, deed)

    try:
        await write(request, both)
    except Refusal as error:
        return await again(409, refused(error))
    raise web.HTTPSeeOther(f"{_tab(request)}?said=saved")


def _tab(request: web.Request) -> str:
    return next(tab.path for tab in TABS if request.path.startswith(tab.path))


@needs_one_of(*frozenset[Right]().union(*(tab.rights for tab in TABS)))
async def first_tab(request: web.Request) -> web.StreamResponse:
    """`GET /admin`: lead to the first of the pages that the person may see."""
    raise web.HTTPSeeOther(next(tab.path for tab in TABS if tab.rights & me(request).rights))


def page_number(request: web.Request) -> int:
    """Return `?skip=N`, 0 when there is none."""
    text = request.query.get("skip", "0")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0

