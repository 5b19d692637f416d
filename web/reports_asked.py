"""What an address asks of reports, and what the person who asks may see of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from aiohttp import web

from reports.compare import compared
from reports.period import Period
from reports.privacy import Privacy, is_sensitive, protected
from reports.registry import KINDS, Kind, Limits
from reports.report import Report
from web import i18n
from web.context import CLINIC, CONFIG, me, read
from web.periods import Chosen, period_of
from web.reports_compared import Against, against_of
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
    against: Against = field(default_factory=Against)

    @property
    def query(self) -> str:
        """Return the address's query for the same report."""
        parts = [self.chosen.query, *(urlencode({"by": name}) for name in self.by), self.against.query]
        return "&".join(part for part in parts if part)


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


def asked_of(request: web.Request) -> Asked:
    """Return what an address asks for. Raises HTTPNotFound, HTTPForbidden."""
    kind, chosen = kind_of(request), period_of(request, "30d")
    return Asked(kind, chosen, by_of(request, kind), against_of(request, chosen))


def by_of(request: web.Request, kind: Kind) -> tuple[str, ...]:
    """Return what the address counts by; what cannot be counted by is left out."""
    asked = [name for name in request.query.getall("by", []) if name in kind.dimensions]
    return tuple(dict.fromkeys(asked)) or kind.default_by


def limits_of(app: web.Application) -> Limits:
    """Return what the clinic's settings say to reports."""
    return Limits(reached_s=round(app[CLINIC].callbacks.rules.reached_s), late_hours=app[CONFIG].late_hours,
                  zone=app[CLINIC].zone)  # fmt: skip


async def made(request: web.Request, asked: Asked) -> Report:
    """Return the report as this person may see it, with what it is compared with. Raises ReportsError."""
    other, privacy = asked.against.period, privacy_of(request)
    periods = {"now": asked.chosen.period} | ({} if other is None else {"before": other})
    report, *before = await several(request, asked, periods)
    known = privacy is None or not is_sensitive(report, privacy)
    return compared(report, before[0], known=known) if before else report


async def several(request: web.Request, asked: Asked, periods: Mapping[str, Period]) -> list[Report]:
    """Return the same report of several periods, read at once, as this person may see it. Raises ReportsError."""
    limits, privacy, language = limits_of(request.app), privacy_of(request), i18n.language()

    def look(tx: "Tx") -> list[Report]:
        found = [asked.kind.make(tx, period, asked.by, limits) for period in periods.values()]
        return [protected(report, privacy, language) if privacy else report for report in found]

    return await read(request, look)
