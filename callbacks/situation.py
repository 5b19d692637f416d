"""From rows to what the rules look at. Reads only."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import cast

from callbacks.facts import VOID, Callback, CallKey, Contact, Kind, Miss, Rules, Situation, Why
from callbacks.hours import Hours
from callbacks.own_days import refresh
from callbacks.rules import CORRECTED, DAY_MS, is_paid
from patients.phones import may_ring
from store import Row, Tx

LIVE_MS = DAY_MS // 2
"""A call that should have lasted longer is taken for over: a lost end must not silence a callback for ever."""

LOOK_BACK_DAYS = 14
"""How many days before the oldest unexpired miss are read: a clinic closed for two weeks forgets nobody."""


@dataclass(frozen=True, slots=True)
class Context:
    """What the clinic's settings say to callbacks.

    `hours` are by location; the key "" serves every location without hours of its own and must be there.
    `region` is the clinic's country. `live` is False for replay, backfill and corrections: nothing is sent for them.
    """

    rules: Rules
    hours: Mapping[str, Hours]
    region: str
    live: bool = False

    def hours_at(self, location: str) -> Hours:
        """Return the hours of a location."""
        return self.hours.get(location) or self.hours[""]

    def barred(self, number: str) -> str | None:
        """Return why nobody may ring this number, whoever has it, or None."""
        permission = may_ring(number, self.rules.countries or (self.region,))
        return None if permission else f"not permitted: {permission.reason}"

    def since(self, now_ms: int) -> int:
        """Return from when on calls can still matter."""
        return now_ms - (self.rules.expire_days + LOOK_BACK_DAYS) * DAY_MS


def is_miss(row: Row) -> bool:
    """Say whether a finished call left its caller unserved: missed, lost after an answer, or of an unknown end.

    A call that a person marked as a test or as spam did not, where the row knows of it (`marked`).
    """
    if row.get("marked"):
        return False
    if row["direction"] != "inbound" or row["kind"] != "patient" or row["ended_ms"] is None:
        return False
    return bool(row["missed"] or row["lost_after_answer"] or row["outcome"] == "unknown")


def contact_of(rules: Rules, row: Row) -> Contact | None:
    """Return what a finished call means as a contact with its outside number; None if it means nothing.

    Inbound: a person answered, and the caller was not lost afterwards. Outbound: every call that left the clinic; it
    reached the caller if they talked for `reached_s`. Click-to-call whose own phone was not picked up rang nobody.
    """
    if row["kind"] != "patient" or row["ended_ms"] is None or row["outcome"] in (None, "agent_missed"):
        return None
    inbound = row["direction"] == "inbound"
    if inbound and (row["outcome"] != "answered" or row["lost_after_answer"]):
        return None
    if not inbound and row["direction"] != "outbound":
        return None
    reached = row["outcome"] == "answered" and (inbound or row["bridged_ms"] >= rules.reached_s * 1000)
    return Contact(
        call=(row["pbx"], row["id"]),
        at_ms=row["started_ms"],
        ended_ms=row["ended_ms"],
        inbound=inbound,
        reached=reached,
        sure=inbound or row["bridged_ms"] >= rules.sure_s * 1000,
        person=(row["final_agent"] or row["answered_by"]) if inbound else row["extension"],
        outcome=row["outcome"],
    )


def situations(tx: Tx, ctx: Context, number: str, since: int, now_ms: int) -> list[Situation]:
    """Return the situation of a number at each location where it has a callback or an unserved call."""
    refresh(tx, ctx.hours)
    calls = tx.all("callback_party_calls", number=number, since=since)
    callbacks = tx.all("callbacks_of_number", number=number, since=since)
    if not callbacks and not any(map(is_miss, calls)):
        return []  # most calls: answered, and nothing was ever owed to this number
    parts = tx.all("callback_calls_of_number", number=number, since=since) if callbacks else []
    live = any(row["ended_ms"] is None and row["started_ms"] >= now_ms - LIVE_MS for row in calls)
    barred = tx.value("number_mark_kind", number=number) or ctx.barred(number)
    read = _read_callbacks(ctx.rules, callbacks, parts)
    taken = {miss.call for callback in read.values() for miss in callback.misses}
    free = [row for row in calls if is_miss(row) and not row["withheld"] and (row["pbx"], row["id"]) not in taken]
    contacts = _contacts(ctx.rules, number, [*calls, *parts])
    expected = expected_on(tx, ctx, number, now_ms)
    places = {row["id"]: row["location"] for row in callbacks}
    # Closed only because its calls were taken out: it says nothing about the caller.
    void = {row["id"] for row in callbacks if row["reason"] == CORRECTED and row["closed_by"] is None}
    found = []
    for location in sorted({*places.values(), *(row["location"] for row in free)}):
        here = [callback for callback in read.values() if places[callback.id] == location]
        found.append(
            Situation(
                number=number,
                location=location,
                now_ms=now_ms,
                hours=ctx.hours_at(location),
                misses=tuple(_miss(row) for row in free if row["location"] == location),
                callback=next((callback for callback in here if callback.open), None),
                closed=tuple(callback for callback in here if not callback.open and callback.id not in void),
                contacts=contacts,
                live=live,
                barred=barred,
                appointment_on=expected,
            )
        )
    return found


def expected_on(tx: Tx, ctx: Context, number: str, now_ms: int) -> str | None:
    """Return today's local day if a patient who has this number has an appointment today, at its location; else None.

    Any of several patients counts.
    """
    near = tx.all("appointments_of_number", number=number, **near_ms(now_ms))
    days = (row["local_day"] for row in near
            if row["local_day"] == ctx.hours_at(row["location"]).local_day(now_ms).isoformat())
    return next(days, None)


def near_ms(now_ms: int) -> dict[str, int]:
    """Return the span that holds every appointment of today, whatever the zone and the length of the day."""
    return {"from_ms": now_ms - 2 * DAY_MS, "to_ms": now_ms + 2 * DAY_MS}


def _contacts(rules: Rules, number: str, rows: Iterable[Row]) -> tuple[Contact, ...]:
    found: dict[CallKey, Contact] = {}
    for row in rows:
        contact = contact_of(rules, row) if row["pbx"] is not None and row["party"] == number else None
        if contact is not None:
            found[contact.call] = contact
    return tuple(sorted(found.values(), key=lambda c: (c.ended_ms, c.call)))


def _miss(row: Row) -> Miss:
    return Miss(
        call=(row["pbx"], row["id"]),
        at_ms=row["started_ms"],
        ended_ms=row["ended_ms"],
        voicemail=row["outcome"] == "voicemail",
        lost_after_answer=bool(row["lost_after_answer"]),
        check=row["outcome"] == "unknown",
        first_time=bool(row["first_time"]),
        paid=is_paid(row["medium"], bool(row["has_cost"])),
        campaign=row["campaign"],
    )


def _read_callbacks(rules: Rules, rows: Iterable[Row], parts: Iterable[Row]) -> dict[int, Callback]:
    by_callback: dict[int, list[Row]] = {}
    for part in parts:
        by_callback.setdefault(part["callback"], []).append(part)
    seen: set[CallKey] = set()
    return {row["id"]: _callback(rules, row, by_callback.get(row["id"], []), seen) for row in rows}


def _callback(rules: Rules, row: Row, parts: list[Row], seen: set[CallKey]) -> Callback:
    """Read one callback. `seen` are the missed calls of older ones: a merge may have left a call in two."""
    misses: list[Miss] = []
    attempts: dict[CallKey, str] = {}
    stale: list[tuple[CallKey, str]] = []
    closing, stands = None, True
    for part in parts:
        call = (part["part_pbx"], part["part_call"])
        ours = part["pbx"] is not None and part["party"] == row["number"]
        if part["role"] == "closing":
            closing = call
            by_talk = row["closed_why"] in ("reached", "returned")
            stands = not by_talk or (ours and _speaks(rules, part))
        elif part["role"] == "missed":
            fits = ours and is_miss(part) and not part["withheld"] and part["location"] == row["location"]
            if fits and call not in seen:
                misses.append(_miss(part))
                seen.add(call)
            else:
                stale.append((call, "missed"))
        elif ours and _attempts(rules, part):
            attempts[call] = part["recorded"]
        else:
            stale.append((call, "attempt"))
    return Callback(
        id=row["id"],
        kind=cast("Kind", row["kind"]),
        open=row["state"] != "closed",
        opened_ms=row["opened_ms"],
        due_ms=row["due_ms"],
        expires_ms=row["expires_ms"],
        priority=row["priority"],
        appointment_on=row["appointment_on"],
        renewed_ms=row["renewed_ms"],
        snoozed_until_ms=row["snoozed_until_ms"],
        claimed_until_ms=row["claimed_until_ms"],
        misses=tuple(misses),
        attempts=attempts,
        stale=tuple(stale),
        closed_ms=row["closed_ms"],
        closed_why=cast("Why | None", row["closed_why"]),
        closing=closing,
        closing_stands=stands,
        unconfirmed_until_ms=row["unconfirmed_until_ms"],
        campaign=row["campaign"],
    )


def _speaks(rules: Rules, part: Row) -> bool:
    contact = contact_of(rules, part)
    return contact is not None and contact.reached


def _attempts(rules: Rules, part: Row) -> bool:
    """Say whether a recorded attempt still is one: it reached nobody, or a person said that it did not."""
    contact = contact_of(rules, part)
    return contact is not None and not contact.inbound and (not contact.reached or part["recorded"] in VOID)
