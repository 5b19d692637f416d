"""Giving a tracked number to a campaign, and ending that: by a person, one at a time, with the history kept.

What is valid on which day is in the assignments themselves; who changed what, and when, is noted beside them.
Calls keep the campaign that they were joined to until `tracking.recompute` is asked to decide them again.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, timedelta

from patients.phones import e164
from refusals import Words
from store import Row, Tx
from tracking import Author, TrackingError
from tracking.campaigns import LONGEST_NAME, get_campaign, title
from tracking.periods import Period

KINDS = ("static", "pool", "overflow", "main")


@dataclass(frozen=True, slots=True)
class Assignment:
    """A number of a campaign from a first local day to a last one, both included.

    `did` is E.164. `kind` is static (a billboard), pool (shown to visitors of the site in turns) or main; only a main
    number may have no campaign. `destination` is where its calls go: a queue or an extension, None for the usual one.
    """

    did: str
    campaign: int | None
    period: Period
    label: str = ""
    kind: str = "static"
    location: str = ""
    destination: str | None = None


def assign(tx: Tx, wanted: Assignment, who: Author, locations: Collection[str] = ()) -> int:
    """Store a new assignment; return its id.

    Raises:
        TrackingError: a part is wrong, or the number belongs to somebody on one of these days already.
    """
    said = _checked(tx, wanted, locations)
    for row in tx.all("numbers_of_did", did=said.did):
        if Period(row["valid_from"], row["valid_to"]).overlaps(said.period):
            raise _taken(row, said)
    added = tx.next_id("number_assignment")
    tx.run("number_put", id=added, **_row(said))
    _note(tx, (added, said.did), f"assigned {said.period}", who)
    return added


def move(tx: Tx, wanted: Assignment, who: Author, locations: Collection[str] = ()) -> int:
    """Store a new assignment, and end the one that stands in its way on the day before; return the new one's id.

    Raises:
        TrackingError: as `assign`; also when the one before began on the same day or later: that is no move.
    """
    eve = (_day(wanted.period.first) - timedelta(days=1)).isoformat()
    for row in tx.all("numbers_of_did", did=wanted.did):
        before = Period(row["valid_from"], row["valid_to"])
        if before.overlaps(wanted.period) and before.first <= eve:
            end_assignment(tx, row["id"], eve, who)
    return assign(tx, wanted, who, locations)


def end_assignment(tx: Tx, assignment: int, last_day: str, who: Author) -> bool:
    """Let an assignment end with this local day, or go on until it; return whether that is news.

    Raises:
        TrackingError: there is none with this id, the day is before its first, or another one has begun by then.
    """
    row = get_assignment(tx, assignment)
    day = _day(last_day).isoformat()
    if day < row["valid_from"]:
        raise TrackingError(
            "Assignment %(assignment)s of %(did)s begins on %(first)s and cannot end on %(day)s; if it was a mistake, "
            "withdraw it.", assignment=assignment, did=row["did"], first=row["valid_from"], day=day,
        )
    if row["valid_to"] == day:
        return False
    until = Period(row["valid_from"], day)
    for other in tx.all("numbers_of_did", did=row["did"]):
        if other["id"] != assignment and Period(other["valid_from"], other["valid_to"]).overlaps(until):
            raise _taken(other, replace(_of(row), period=until))
    tx.run("number_put", id=assignment, **{**_row(_of(row)), "valid_to": day})
    _note(tx, (assignment, row["did"]), f"ends on {day}", who)
    return True


def edit_assignment(tx: Tx, assignment: int, to: Assignment, who: Author, locations: Collection[str] = ()) -> bool:
    """Store another label, kind, location and destination of an assignment; return whether that is news.

    Number, campaign and days are what it is: end it and make another one for those.

    Raises:
        TrackingError: there is none with this id, or a part is wrong.
    """
    row = get_assignment(tx, assignment)
    before = _of(row)
    said = _checked(
        tx, replace(before, label=to.label, kind=to.kind, location=to.location, destination=to.destination), locations
    )
    if said == before:
        return False
    tx.run("number_put", id=assignment, **_row(said))
    changed = ", ".join(
        f'{what} "{getattr(said, what) or ""}"' for what in ("label", "kind", "location", "destination")
        if getattr(said, what) != getattr(before, what)
    )  # fmt: skip
    _note(tx, (assignment, row["did"]), f"is now {changed}", who)
    return True


def withdraw_assignment(tx: Tx, assignment: int, because: str, who: Author) -> None:
    """Take back an assignment that was a mistake, as if it had never been; that it was is noted with the reason.

    Raises:
        TrackingError: there is none with this id, or the reason is empty.
    """
    row = get_assignment(tx, assignment)
    reason = " ".join(because.split())
    if not reason:
        raise TrackingError("The reason is empty; write a few words, so that others know what was wrong.")
    tx.run("number_drop", id=assignment)
    period = Period(row["valid_from"], row["valid_to"])
    _note(tx, (assignment, row["did"]), f"{period} for {_whose(row)} was a mistake: {reason}", who)


def get_assignment(tx: Tx, assignment: int) -> Row:
    """Return an assignment with source, medium and campaign_name. Raises TrackingError when there is none."""
    row = tx.one("number_get", id=assignment)
    if row is None:
        raise TrackingError("There is no assignment %(assignment)s; `callward numbers list --history` shows them.",
                            assignment=assignment)
    return row


def history(tx: Tx, did: str) -> tuple[list[Row], list[Row]]:
    """Return all assignments of a number by days, and what people changed about it, oldest first.

    An assignment is a row of `number_assignment` with source, medium and campaign_name; a change has assignment, said,
    author, at_ms.
    """
    return tx.all("numbers_of_did", did=did), tx.all("number_changes", did=did)


def _checked(tx: Tx, wanted: Assignment, locations: Collection[str]) -> Assignment:
    """Return an assignment as it is stored. Raises TrackingError."""
    if e164(wanted.did, "ZZ") != wanted.did:
        raise TrackingError('"%(did)s" is not a number with its country; write it as +48221234501.',
                            did=wanted.did[:40])
    first, last = (None if day is None else _day(day).isoformat() for day in (wanted.period.first, wanted.period.last))
    assert first is not None
    if last is not None and last < first:
        raise TrackingError("The last day %(last)s is before the first one, %(first)s; swap the two.",
                            last=last, first=first)
    if wanted.kind not in KINDS:
        raise TrackingError('"%(kind)s" is not a kind of number; write static, pool, overflow or main.',
                            kind=wanted.kind[:40])
    if wanted.campaign is None and wanted.kind != "main":
        raise TrackingError("Only a number of kind main may belong to no campaign; name the campaign.")
    if wanted.campaign is not None:
        get_campaign(tx, wanted.campaign)
    if wanted.location and locations and wanted.location not in locations:
        known = ", ".join(f'"{name}"' for name in sorted(locations))
        raise TrackingError('"%(location)s" is not a location of the settings; there are %(known)s.',
                            location=wanted.location[:40], known=known)
    label = " ".join(wanted.label.split())
    if len(label) > LONGEST_NAME:
        raise TrackingError("The label is longer than %(most)s characters; shorten it.", most=LONGEST_NAME)
    return replace(wanted, period=Period(first, last), label=label, destination=wanted.destination or None)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise TrackingError('"%(day)s" is not a day; write it as 2026-11-22.', day=text[:40]) from None


def _taken(row: Row, said: Assignment) -> TrackingError:
    """Say whose the number is, and the way out."""
    return TrackingError(
        "%(did)s belongs to %(owner)s %(period)s (assignment %(assignment)s%(label)s), which overlaps %(wanted)s; "
        "end one of them before the other begins.",
        did=said.did, owner=_whose(row), period=Period(row["valid_from"], row["valid_to"]).words,
        assignment=row["id"], label=f' "{row["label"]}"' if row["label"] else "", wanted=said.period.words,
    )  # fmt: skip


def _whose(row: Row) -> str | Words:
    return title(row) or Words("the clinic itself")


def _of(row: Row) -> Assignment:
    return Assignment(
        row["did"], row["campaign"], Period(row["valid_from"], row["valid_to"]), row["label"], row["kind"],
        row["location"], row["destination"],
    )  # fmt: skip


def _row(said: Assignment) -> Row:
    return {
        "did": said.did, "label": said.label, "kind": said.kind, "location": said.location, "campaign": said.campaign,
        "valid_from": said.period.first, "valid_to": said.period.last, "destination": said.destination,
    }  # fmt: skip


def _note(tx: Tx, what: tuple[int, str], said: str, who: Author) -> None:
    assignment, did = what
    tx.run("number_change_put", id=tx.next_id("number_change"), assignment=assignment, did=did, said=said,
           author=who.name, at_ms=who.now_ms)
