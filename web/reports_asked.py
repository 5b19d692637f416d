"""What an address asks of reports, and what the person who asks may see of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from aiohttp import web

from reports.period import Period
from reports.privacy import Privacy, protected
from reports.registry import KINDS, Kind, Limits
from reports.report import Report
from web import i18n
from web.context import CLINIC, CONFIG, me, read
from web.periods import Chosen
from web.rights import Right

if TYPE_CHECKING:
    from store import Tx

TEAM = frozenset(("team",))
"""Reports about single people of the clinic: for who leads them."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A report, the days it is wanted of, and by what it is to count."""

    kind: Kind
    chosen: Chosen
    by: tuple[str, ...]

    @property
    def query(self) -> str:
        """Return the address's query for the same report."""
        return "&".join([self.chosen.query, *(urlencode({"by": name}) for name in self.by)])


def allowed(request: web.Request, kind: Kind) -> bool:
    """Say whether this person may see a report: the team's is for who leads it."""
    return kind.name not in TEAM or me(request).can(Right.TEAM)


def sees_people(request: web.Request) -> bool:
    """Say whether this person may see single calls anyhow; from others small numbers of people are kept."""
    return me(request).can(Right.CALLS)


def privacy_of(request: web.Request) -> Privacy | None:
    """Return what is kept from this person; None for who may see single calls."""
    return None if sees_people(request) else request.app[CONFIG].privacy


def kind_of(request: web.Request) -> Kind:
    """Return the report that the address names. Raises HTTPNotFound, HTTPForbidden."""
    kind = KINDS.get(request.match_info["name"])
    if kind is None:
        raise web.HTTPNotFound
    if not allowed(request, kind):
        raise web.HTTPForbidden
    return kind


def by_of(request: web.Request, kind: Kind) -> tuple[str, ...]:
    """Return what the address counts by; what cannot be counted by is left out."""
    asked = [name for name in request.query.getall("by", []) if name in kind.dimensions]
    return tuple(dict.fromkeys(asked)) or kind.default_by


def limits_of(app: web.Application) -> Limits:
    """Return what the clinic's settings say to reports."""
    return Limits(reached_s=round(app[CLINIC].callbacks.rules.reached_s), zone=app[CLINIC].zone)


async def made(request: web.Request, asked: Asked) -> Report:
    """Return the report as this person may see it. Raises ReportsError."""
    [report] = await several(request, asked, {"": asked.chosen.period})
    return report


async def several(request: web.Request, asked: Asked, periods: Mapping[str, Period]) -> list[Report]:
    """Return the same report of several periods, read at once, as this person may see it. Raises ReportsError."""
    limits, privacy, language = limits_of(request.app), privacy_of(request), i18n.language()

    def look(tx: "Tx") -> list[Report]:
        found = [asked.kind.make(tx, period, asked.by, limits) for period in periods.values()]
        return [protected(report, privacy, language) if privacy else report for report in found]

    return await read(request, look)
