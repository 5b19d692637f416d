"""The pages of managers, marketers and admins, put together."""

from aiohttp import web

from web import figures, today_pages
from web.backroom import BACKROOM, Backroom
from web.i18n import mark
from web.pages import Link
from web.rights import Right

FIRST = (Link("/today", mark("Today"), Right.TEAM, "today"),)
"""Whoever may see it begins the day there."""
LINKS = (Link("/figures", mark("Figures"), Right.FIGURES, "figures"),)
PAGES = (today_pages, figures)


def set_up(app: web.Application, backroom: Backroom) -> None:
    """Add the pages to an application that has its templates."""
    app[BACKROOM] = backroom
    for pages in PAGES:
        pages.set_up(app)
