"""An invented clinic with calls, patients and appointments, for the tests of what became of calls."""

import json
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from patients.directory import Number, Patient, put
from store import Row, Store, Tx
from tests.store.rows import PBX, call_row
from tracking.moments import Clock, local_day

WARSAW = ZoneInfo("Europe/Warsaw")
CLOCK = Clock(WARSAW)
ANNA, BORYS, DESK = "+48501000206", "+48501000207", "+48221234501"


def at(text: str) -> int:
    """Return the ms of a local time; "10:15" alone is on Monday the 23rd of November 2026."""
    full = text if len(text) > 5 else f"2026-11-23 {text}"
    return int(datetime.fromisoformat(full).replace(tzinfo=WARSAW).timestamp() * 1000)


def patient(tx: Tx, ref: str, name: str, *numbers: str, born: str | None = None) -> None:
    """Make somebody known."""
    put(tx, [Patient(ref, name, tuple(Number(one, one) for one in numbers), birth_date=born)], at("00:00"))


def call(tx: Tx, ident: str, start: str, **changes: Any) -> Row:
    """Store an inbound call of Anna of two minutes that was answered, unless told otherwise."""
    started = at(start)
    number = changes.pop("number", ANNA)
    row = call_row(
        id=ident, linkedids=f'["{ident}"]', caller_number=number, party=number, started_ms=started,
        offered_ms=started + 1000, answered_ms=started + 9000, ended_ms=started + 129_000, wait_ms=9000,
        talk_ms=120_000, bridged_ms=120_000, outcome="answered", answered_by="101", missed=0,
        local_day=local_day(started, WARSAW),
    ) | changes  # fmt: skip
    if row["outcome"] != "answered":
        row |= {"answered_ms": None, "answered_by": None, "talk_ms": 0, "bridged_ms": 0, "missed": 1} | changes
    tx.run("call_put", **row)
    tx.run("call_patients_link", pbx=PBX, call=ident, number=number)
    return row


def topic(tx: Tx, ident: str, category: str, when: str, who: str | None = None) -> None:
    """Note what a call was about."""
    tx.run("call_topic_put", id=tx.next_id("call_topic"), pbx=PBX, call=ident, topic=category, category=category,
           patient=who, author="ewa", at_ms=at(when))  # fmt: skip


def appointment(tx: Tx, ref: str, who: str, start: str, **changes: Any) -> Row:
    """Store an appointment as an import does; `created` is when it was made."""
    start_ms, created = at(start), changes.pop("created", None)
    row: Row = {
        "ref": ref, "patient": who, "created_ms": None if created is None else at(created), "start_ms": start_ms,
        "local_day": local_day(start_ms, WARSAW), "status": "booked", "service": None, "doctor": None,
        "value_minor": None, "currency": None, "location": "", "cancelled_ms": None, "channel": None, "source": None,
        "medium": None, "campaign": None, "imported_ms": at("00:00"),
    } | changes  # fmt: skip
    tx.many("appointment_put", [row])
    return row


def calls_of(store: Store) -> list[tuple[str, str, str]]:
    """Return (appointment, call, rule) of every decision."""
    with store.read() as tx:
        return [(row["ref"], made["call"], made["rule"]) for row in tx.all("appointments_after", after="", limit=99)
                if (made := tx.one("made_by_get", appointment=row["ref"])) is not None]


CLICK = "Cj0KCQjw-abc_DEF123"


def visit(tx: Tx, ident: int, start: str, **changes: Any) -> Row:
    """Store a visit by a Google click, unless told otherwise."""
    started = at(start)
    row: Row = {
        "id": ident, "visitor": f"visitor-{ident}", "site": "www.clinic.example", "location": "",
        "started_ms": started, "local_day": local_day(started, WARSAW), "consent": 1, "source": "google",
        "medium": "cpc", "name": "Implants", "content": "", "term": "", "campaign": None, "gclid": CLICK,
        "gbraid": None, "wbraid": None, "yclid": None, "msclkid": None, "fbclid": None, "click_ms": started,
        "ga_client": None, "ym_client": None, "referrer": "", "page": "/implants",
    } | changes  # fmt: skip
    tx.run("visit_put", **row)
    return row


def attributed(tx: Tx, ident: str, rule: str, campaign: int | None = None, **evidence: Any) -> None:
    """Store where a call came from, with the evidence of the rule."""
    tx.run("attribution_put", pbx=PBX, call=ident, rule=rule, campaign=campaign, evidence=json.dumps(evidence),
           runner_up=None, decided_ms=at("00:00"))  # fmt: skip


def clicked_and_rang(tx: Tx, ident: str = "1", start: str = "10:00", **changes: Any) -> Row:
    """A visit by a click in the morning, and Anna's answered call because of it."""
    number = len(tx.all("conversion_calls", since=0, limit=99, after_ms=None, after_id=None, after_pbx=None)) + 1
    visit(tx, number, "09:30", **changes.pop("visit", {}))
    row = call(tx, ident, start, **changes)
    attributed(tx, ident, "visitor", visit=number, among=1)
    return row
