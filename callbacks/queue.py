"""The callback queue on the store: what a changed call, a booking and the passing of time do to it.

Everything is decided anew from the stored facts (`callbacks.situation`), so each function may run twice, late, or after
a correction, and comes to the same end.
"""

from dataclasses import replace

from callbacks.apply import Applier, tell
from callbacks.facts import CallKey
from callbacks.rules import NO_NUMBER, WITHHELD, decide
from callbacks.situation import LIVE_MS, Context, expected_on, is_miss, near_ms, situations
from callbacks.times import keep_missing_times, keep_times
from store import Row, Tx

PAGE = 500


def on_call(tx: Tx, call: Row, ctx: Context, now_ms: int) -> list[int]:
    """Bring the callbacks up to date with a call that was just stored; give the ids of those that changed.

    `call` is a row of table `call`; its attribution must be stored already.

    1. While our call to a number lives, the claim of the one who rings lasts. Else a living call decides nothing.
    2. A call that is no miss keeps no reason; one that cannot be rung back gets its reason.
    3. Every number that the call concerns, now or before a correction, is decided anew at all its locations.
    """
    patient = call["kind"] == "patient"
    party = call["party"] if patient else None
    if call["ended_ms"] is None:
        if party is not None and call["direction"] == "outbound":
            until = now_ms + ctx.rules.claim_minutes * 60_000
            tx.run("callback_extend_claims", number=party, until_ms=until, now_ms=now_ms)
        return []
    key: CallKey = (call["pbx"], call["id"])
    _keep_reason(tx, call, now_ms)
    parts = tx.all("callbacks_of_call", pbx=key[0], call=key[1])
    numbers = {row["number"] for row in parts}
    if party is not None:
        numbers.add(party)
    touched: set[int] = set()
    since = min(ctx.since(now_ms), call["started_ms"])
    for number in sorted(numbers):
        touched |= _decide(tx, ctx, number, (since, False), now_ms)
    # A correction or a merge may have changed what a call of a callback is, with nothing left to decide.
    for callback in sorted({row["id"] for row in parts} - touched):
        keep_times(tx, ctx, callback)
    return sorted(touched)


def on_booked(tx: Tx, ctx: Context, number: str, call: CallKey | None, now_ms: int) -> list[int]:
    """Close the open callbacks of a number because an appointment was made; give their ids.

    `call` is the call whose topic says so, None when the appointment came from the clinic's system. Misses that became
    known later but happened before are settled with it.
    """
    touched: list[int] = []
    for row in tx.all("callbacks_of_number", number=number, since=now_ms):
        if row["state"] == "closed":
            continue
        _book(tx, row["id"], call, now_ms, None if call else "an appointment was made")
        if call is not None:
            part = {"callback": row["id"], "pbx": call[0], "call": call[1], "role": "closing"}
            tx.run("callback_call_put", **part, at_ms=now_ms, person=None, outcome="booked")
        keep_times(tx, ctx, row["id"])
        tell(tx, "callback.closed", row["id"], now_ms, ctx.live)
        touched.append(row["id"])
    return touched


def on_appointments(tx: Tx, ctx: Context, now_ms: int) -> list[int]:
    """Bring the callbacks up to date with the appointments in the store; give the ids of those that changed.

    Running it again changes nothing, so it may follow an import and is part of every sweep.

    1. An appointment that was made after all misses of an open callback, by any patient who has the number, closes it
       at the moment it was made. The reason names the appointment.
    2. Who is expected today comes earlier in the queue, who was expected yesterday no longer does.
    """
    touched: set[int] = set()
    for row in tx.all("callbacks_booked", now_ms=now_ms):
        if row["id"] not in touched:
            _book(tx, row["id"], None, row["created_ms"], f"appointment {row['ref']} was made")
            keep_times(tx, ctx, row["id"])
            tell(tx, "callback.closed", row["id"], now_ms, ctx.live)
            touched.add(row["id"])
    expecting = tx.all("callbacks_expecting", **near_ms(now_ms))
    expected = {number: expected_on(tx, ctx, number, now_ms) for number in {row["number"] for row in expecting}}
    stale = {row["number"] for row in expecting if row["appointment_on"] != expected[row["number"]]}
    for number in sorted(stale):
        touched |= _decide(tx, ctx, number, (ctx.since(now_ms), False), now_ms)
    return sorted(touched)


def sweep(tx: Tx, ctx: Context, now_ms: int) -> list[int]:
    """Do what time alone brings about; give the ids of the callbacks that changed. Running it again changes nothing.

    1. Claims that nobody used lapse; one whose holder is on the line lasts.
    2. Callbacks whose time is over expire; short talks that nobody confirmed open theirs again.
    3. Missed calls that were left undecided, because their caller was on the line at the time, are decided.
    4. Appointments close callbacks, and the new day has its own patients who are expected (`on_appointments`).
    5. Callbacks that were opened before times were kept get theirs.
    """
    touched: set[int] = set()
    after = 0
    while rows := tx.all("callback_expiring", after=after, now_ms=now_ms, limit=PAGE):
        for row in rows:
            if not _on_the_line(tx, row["number"], now_ms) and tx.run("callback_lapse", id=row["id"], now_ms=now_ms):
                tell(tx, "callback.released", row["id"], now_ms, ctx.live)
                touched.add(row["id"])
        for number in dict.fromkeys(row["number"] for row in rows):
            touched |= _decide(tx, ctx, number, (ctx.since(now_ms), False), now_ms)
        after = rows[-1]["id"]
    for call in tx.all("callback_pending", since=ctx.since(now_ms), limit=PAGE):
        touched.update(on_call(tx, call, ctx, now_ms))
    touched.update(on_appointments(tx, ctx, now_ms))
    keep_missing_times(tx, ctx)
    return sorted(touched)


def reconsider(tx: Tx, ctx: Context, number: str, now_ms: int) -> list[int]:
    """Decide a number anew after a person changed one of its callbacks, and plan what is open afresh."""
    return sorted(_decide(tx, ctx, number, (ctx.since(now_ms), True), now_ms))


def _decide(tx: Tx, ctx: Context, number: str, how: tuple[int, bool], now_ms: int) -> set[int]:
    """Decide a number at all its locations. `how`: from when on calls are read, and whether to plan afresh anyway."""
    since, renew = how
    touched: set[int] = set()
    for situation in situations(tx, ctx, number, since, now_ms):
        if renew:
            situation = replace(situation, renew=True)
        applier = Applier(tx, situation, ctx.live)
        applier.apply(decide(ctx.rules, situation))
        touched |= applier.touched
    for callback in sorted(touched):
        keep_times(tx, ctx, callback)
    return touched


def _book(tx: Tx, callback: int, call: CallKey | None, at_ms: int, reason: str | None) -> None:
    pbx, call_id = call or (None, None)
    tx.run(
        "callback_close", id=callback, closed_ms=at_ms, closed_why="booked", closed_by=None, closed_pbx=pbx,
        closed_call=call_id, unconfirmed_until_ms=None, reason=reason,
    )  # fmt: skip


def _keep_reason(tx: Tx, call: Row, now_ms: int) -> None:
    """Store why a call that nobody can ring back has no callback; forget the reason of a call that is no miss."""
    key = {"pbx": call["pbx"], "call": call["id"]}
    marked = tx.one("call_mark_get", **key)
    if not is_miss(call):
        tx.run("no_callback_drop", **key)
    elif marked is not None:
        tx.run("no_callback_put", **key, reason=marked["kind"], decided_ms=now_ms)
    elif call["withheld"]:
        tx.run("no_callback_put", **key, reason=WITHHELD, decided_ms=now_ms)
    elif call["party"] is None:
        tx.run("no_callback_put", **key, reason=NO_NUMBER, decided_ms=now_ms)


def _on_the_line(tx: Tx, number: str, now_ms: int) -> bool:
    return bool(tx.value("callback_party_live", number=number, since=now_ms - LIVE_MS))
