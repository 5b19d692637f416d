"""The pages of managers, marketers and admins, put together."""

from aiohttp import web

from web import (
    admin_audit,
    admin_campaigns,
    admin_hours,
    admin_numbers,
    admin_pbx,
    admin_topics,
    admin_users,
    admin_verify,
    feed,
    figures,
    reports_appointments,
    reports_entries,
    reports_files,
    reports_pages,
    reports_people,
    today_pages,
    vega,
)
from web.backroom import BACKROOM, Backroom
from web.i18n import mark
from web.pages import Link
from web.rights import Right

FIRST = (Link("/today", mark("Today"), Right.TEAM, "today"),)
"""Whoever may see it begins the day there."""
LINKS = (
    Link("/figures", mark("Figures"), Right.FIGURES, "figures"),
    Link("/reports", mark("Reports"), Right.FIGURES, "reports"),
    *(Link("/admin", mark("Clinic"), right, "admin") for right in (Right.COSTS, Right.USERS)),
)
PAGES = (today_pages, figures, reports_people, reports_appointments, reports_entries, reports_pages, reports_files,
         vega, admin_users, admin_campaigns, admin_numbers, admin_hours, admin_topics, admin_pbx, admin_verify,
         admin_audit, feed)  # fmt: skip


def set_up(app: web.Application, backroom: Backroom) -> None:
    """Add the pages to an application that has its templates."""
    app[BACKROOM] = backroom
    for pages in PAGES:
        pages.set_up(app)
