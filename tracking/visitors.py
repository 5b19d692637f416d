"""Dynamic numbers against the store: a visitor is given a number, keeps it, gives it back; a call finds its visitor.

The rules are in `tracking.leasing`. Every function takes the caller's write transaction, and writers take turns: no two
see the same number free. The schema holds the same line once more.
"""

from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

from store import Row, Tx
from tracking.campaigns import campaign_id
from tracking.leasing import Held, Match, PoolNumber, Terms, in_order, matching
from tracking.sources import CLICK_IDS, Source

What = Literal["leased", "kept", "overflow", "by_source", "static"]
PAGES = 500
"""Pages of a site that are counted apart on one day; the others are counted together."""
OTHER_PAGES = "*"


@dataclass(frozen=True, slots=True)
class Ask:
    """A page asks for a number. `visitor` is a hash (`hashed`), "" for somebody who did not consent."""

    site: str
    source: Source
    local_day: str
    now_ms: int
    visitor: str = ""
    location: str = ""
    page: str = "/"
    referrer: str = ""
    ga_client: str | None = None
    ym_client: str | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """What the page may show: `did` is None when it shows what stands there."""

    what: What
    did: str | None = None
    visit: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """Whose call it was: the visit with its lease, and how far that is to be believed (1/n)."""

    visit: Row
    match: Match
    did: str

    @property
    def confidence(self) -> float:
        """Return 1 for one visitor, 1/n for n."""
        return self.match.confidence


def hashed(key: str) -> str:
    """Return what is stored of the key in a visitor's browser."""
    return sha256(key.encode()).hexdigest()[:32]


def give(tx: Tx, ask: Ask, terms: Terms) -> Given:
    """Give a page a number, and count that it asked.

    Without consent nothing is kept of the visitor: the number of the source, if there is a static one. With it:

    1. The visit goes on while its lease would, unless the visitor arrives from somewhere new; else a new one begins.
    2. Who holds a number keeps it. Who holds the overflow number gets a number of their own as soon as one is free.
    3. Else the best free number; else the overflow number; else what stands on the page.
    """
    given = _lease(tx, ask, terms) if ask.visitor else _by_source(tx, ask)
    count(tx, ask, given.what)
    return given


def seen(tx: Tx, visitor: str, terms: Terms, now_ms: int) -> bool:
    """Note a sign of life of a page; return whether its visitor still holds the number."""
    tx.run("leases_expire", now_ms=now_ms)
    visit, held = tx.one("visit_last", visitor=visitor), tx.one("lease_held", visitor=visitor)
    if visit is None or held is None:
        return False
    tx.run("visit_seen", id=visit["id"], now_ms=now_ms, ga_client=None, ym_client=None)
    tx.run("lease_extend", id=held["id"], until_ms=terms.until(now_ms))
    return True


def called(tx: Tx, did: str, at_ms: int, terms: Terms) -> None:
    """Free a number that was rung while a visitor held it. Doing it again changes nothing."""
    if terms.release_after_call:
        tx.run("lease_called", did=did, at_ms=at_ms)


def find(tx: Tx, did: str, at_ms: int) -> Found | None:
    """Return whose lease covered the start of a call to a number, or None."""
    rows = tx.all("leases_covering", did=did, at_ms=at_ms)
    leases = [
        Held(row["id"], row["visit"], row["visitor"], row["from_ms"], row["until_ms"], bool(row["overflow"]))
        for row in rows
    ]
    match = matching(leases, at_ms)
    if match is None:
        return None
    visit = tx.one("visit_get", id=match.lease.visit)
    assert visit is not None, "a lease has a visit"
    return Found(visit, match, did)


def campaign_of(tx: Tx, visit: Row) -> int:
    """Return the campaign of a visit; one that is not known yet is made.

    Only a call makes one: words in addresses are anybody's, and who only looks shall not fill the list of campaigns.
    """
    if visit["campaign"] is not None:
        return int(visit["campaign"])
    campaign = campaign_id(tx, visit["source"], visit["medium"], visit["name"])
    tx.run("visit_campaign_put", id=visit["id"], campaign=campaign)
    return campaign


def forget(tx: Tx, before_ms: int, now_ms: int) -> int:
    """Empty what is personal in visits that began before a moment; return in how many."""
    rows = tx.all("visits_to_forget", before_ms=before_ms)
    return sum(
        tx.run("visits_forget", visitor=row["visitor"], alias=f"old:{row['first']}", before_ms=before_ms, now_ms=now_ms)
        for row in rows
    )


def count(tx: Tx, ask: Ask, what: What | Literal["refused"]) -> None:
    """Count that a page asked, and what it was given. Who floods the site with pages is counted on one line."""
    page = ask.page
    known = tx.one("site_day_get", site=ask.site, page=page, local_day=ask.local_day)
    if known is None and tx.value("site_day_pages", site=ask.site, local_day=ask.local_day) >= PAGES:
        page = OTHER_PAGES
    columns = {name: int(what == name) for name in ("leased", "kept", "overflow", "by_source", "refused")}
    tx.run("site_day_add", site=ask.site, page=page, local_day=ask.local_day, now_ms=ask.now_ms, **columns)


def _by_source(tx: Tx, ask: Ask) -> Given:
    source = ask.source
    row = tx.all("numbers_of_source", location=ask.location, day=ask.local_day, source=source.source,
                 medium=source.medium, name=source.name)
    return Given("by_source", row[0]["did"]) if row else Given("static")


def _lease(tx: Tx, ask: Ask, terms: Terms) -> Given:
    tx.run("leases_expire", now_ms=ask.now_ms)
    visit, held = _visit(tx, ask, terms), tx.one("lease_held", visitor=ask.visitor)
    numbers = [PoolNumber(row["did"], row["held_until_ms"], row["freed_ms"]) for row in _numbers(tx, ask, "pool")]
    if held is not None and held["visit"] == visit and held["did"] in {number.did for number in numbers}:
        tx.run("lease_extend", id=held["id"], until_ms=terms.until(ask.now_ms))
        return Given("kept", held["did"], visit)
    wish = tx.value("lease_before", visitor=ask.visitor)
    if held is not None and not (held["overflow"] and held["visit"] == visit):
        pool = {number.did for number in numbers}
        tx.run("lease_end", id=held["id"], now_ms=ask.now_ms, why="idle" if held["did"] in pool else "retired")
        numbers = [PoolNumber(n.did, None, ask.now_ms) if n.did == held["did"] else n for n in numbers]
        held = None
    lease = {"visit": visit, "from_ms": ask.now_ms, "until_ms": terms.until(ask.now_ms)}
    for did in in_order(numbers, ask.now_ms, wish):
        if tx.run("lease_put", id=tx.next_id("lease"), did=did, overflow=0, **lease):
            if held is not None:
                tx.run("lease_end", id=held["id"], now_ms=ask.now_ms, why="idle")
            return Given("leased", did, visit)
    if held is not None:
        tx.run("lease_extend", id=held["id"], until_ms=lease["until_ms"])
        return Given("kept", held["did"], visit)
    for row in _numbers(tx, ask, "overflow"):
        tx.run("lease_put", id=tx.next_id("lease"), did=row["did"], overflow=1, **lease)
        return Given("overflow", row["did"], visit)
    return Given("static", None, visit)


def _numbers(tx: Tx, ask: Ask, kind: str) -> list[Row]:
    return tx.all("pool_numbers", kind=kind, location=ask.location, day=ask.local_day)


def _visit(tx: Tx, ask: Ask, terms: Terms) -> int:
    """Return the visit that goes on, or the one that begins."""
    last = tx.one("visit_last", visitor=ask.visitor)
    if last is not None and _goes_on(last, ask, terms):
        tx.run("visit_seen", id=last["id"], now_ms=ask.now_ms, ga_client=ask.ga_client, ym_client=ask.ym_client)
        return int(last["id"])
    source, clicks = ask.source, dict(ask.source.click_ids)
    visit = tx.next_id("visit")
    campaign = tx.value("campaign_find", source=source.source, medium=source.medium, name=source.name)
    tx.run(
        "visit_put", id=visit, visitor=ask.visitor, site=ask.site, location=ask.location, started_ms=ask.now_ms,
        local_day=ask.local_day, consent=1, source=source.source, medium=source.medium, name=source.name,
        content=source.content, term=source.term, campaign=campaign,
        **{name: clicks.get(name) for name in CLICK_IDS}, click_ms=ask.now_ms if clicks else None,
        ga_client=ask.ga_client, ym_client=ask.ym_client, referrer=ask.referrer, page=ask.page,
    )  # fmt: skip
    return visit


def _goes_on(visit: Row, ask: Ask, terms: Terms) -> bool:
    """Say whether a visit goes on: its lease would still last, and the visitor came from nowhere else since."""
    if visit["site"] != ask.site or ask.now_ms > terms.until(visit["seen_ms"]):
        return False
    source = ask.source
    if not source.is_new:
        return True
    same = (visit["source"], visit["medium"], visit["name"]) == (source.source, source.medium, source.name)
    return same and all(visit[name] == dict(source.click_ids).get(name) for name in CLICK_IDS)
