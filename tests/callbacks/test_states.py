"""Whatever happens, in whatever order: one callback each, no missed call forgotten, none closed for nothing."""

import json
from collections import Counter
from dataclasses import replace
from itertools import permutations
from typing import Any, cast

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from callbacks import CallbacksError
from callbacks.desk import Desk, Said
from callbacks.marks import Mark, mark, unmark
from callbacks.queue import on_appointments, on_booked, on_call, sweep
from callbacks.rules import CORRECTED
from callbacks.situation import LIVE_MS, is_miss
from callbacks.times import rebuild_times
from patients.directory import Number, Patient, put
from store import Row, Tx, callback_sums, open_store
from store.merge import merge_calls
from tests.callbacks.clinic import CONTEXT, MISSED, OFFICE, OTHER, PATIENT, at, inbound, outbound
from tests.store.rows import PBX, rows

NUMBERS = st.sampled_from([PATIENT, OTHER])
LOCATIONS = st.sampled_from(["", "north"])
IN_ENDS = st.sampled_from([*MISSED, "answered", "answered", "left_menu", "unknown"])
OUT_ENDS = st.sampled_from(["answered", "answered", "no_answer", "busy", "cancelled", "agent_missed"])
TALK_S = st.sampled_from([1, 8, 60])
PEOPLE = st.sampled_from(["anna", "piotr"])
ACTS = ["claim", "release", "hand_over", "close", "reopen", "snooze", "comment"]
SUMS = ("callback_counted", "lost_call", "rollup_callback", "rollup_callback_day", "rollup_callback_month",
        "rollup_opened")  # fmt: skip
BEGINS = st.sampled_from(["09:00", "2026-10-23 17:50", "2026-10-25 01:30", "2026-03-27 17:50", "2026-03-29 01:30"])
"""A usual morning, and the weekends on which the clocks change."""
STEP_MS = st.sampled_from([1_000, 60_000, 600_000, 3_600_000, 20 * 3_600_000, 5 * 86_400_000])


class Queue(RuleBasedStateMachine):
    """A clinic to which calls, people and time do what they like."""

    @initialize(begins=BEGINS)
    def begin(self, begins: str) -> None:
        self.store = open_store(":memory:")
        self.now = at(begins)
        self.calls: dict[str, Row] = {}
        self.version = 0
        self.named = 0

    def teardown(self) -> None:
        self.store.close()

    def record(self, row: Row) -> None:
        self.version += 1
        stored = {**row, "version": self.version}
        self.calls[row["id"]] = stored
        with self.store.write() as tx:
            tx.run("call_put", **stored)
            on_call(tx, stored, CONTEXT, self.now)
            callback_sums.settle_lost(tx, (stored["party"],))

    def new_id(self) -> str:
        self.named += 1
        return f"c{self.named:03}"

    def living(self) -> list[str]:
        return [name for name, row in self.calls.items() if row["ended_ms"] is None]

    def some_callback(self, data: st.DataObject) -> int:
        with self.store.read() as tx:
            return cast("int", data.draw(st.sampled_from([row["id"] for row in rows(tx, "callback")] or [1])))

    @rule(number=NUMBERS, location=LOCATIONS)
    def somebody_rings(self, number: str, location: str) -> None:
        self.record(inbound(self.new_id(), self.now, None, number=number, location=location))

    @rule(number=NUMBERS)
    def we_ring(self, number: str) -> None:
        self.record(outbound(self.new_id(), self.now, None, number=number))

    @precondition(lambda self: self.living())
    @rule(data=st.data(), came_in=IN_ENDS, went_out=OUT_ENDS, talk_s=TALK_S)
    def a_call_ends(self, data: st.DataObject, came_in: str, went_out: str, talk_s: int) -> None:
        row = self.calls[data.draw(st.sampled_from(self.living()))]
        self.now += 1_000
        self.record(self.ended(row, came_in if row["direction"] == "inbound" else went_out, talk_s, self.now))

    @precondition(lambda self: any(self.calls[name]["direction"] == "inbound" for name in self.living()))
    @rule(data=st.data(), answered=st.booleans(), talk_s=TALK_S)
    def a_caller_is_transferred(self, data: st.DataObject, answered: bool, talk_s: int) -> None:
        inbound_ones = [name for name in self.living() if self.calls[name]["direction"] == "inbound"]
        row = self.calls[data.draw(st.sampled_from(inbound_ones))]
        self.now += 1_000
        to = {"type": "blind", "from": "101", "to": "104", "at_ms": self.now, "answered": answered}
        ended = self.ended(row, "answered", talk_s, self.now)
        self.record({**ended, "answered_by": "101", "final_agent": "104" if answered else "101",
                     "transfers": json.dumps([to]), "lost_after_answer": int(not answered)})

    @staticmethod
    def ended(row: Row, outcome: str, talk_s: int, ended_ms: int) -> Row:
        spoken = talk_s * 1000 if outcome == "answered" else 0
        missed = int(row["direction"] == "inbound" and outcome in MISSED)
        return {**row, "outcome": outcome, "bridged_ms": spoken, "missed": missed, "ended_ms": ended_ms + spoken}

    @rule(number=NUMBERS, location=LOCATIONS, outcome=IN_ENDS, back_ms=STEP_MS)
    def a_call_is_known_late(self, number: str, location: str, outcome: str, back_ms: int) -> None:
        started = self.now - back_ms - 60_000
        row = inbound(self.new_id(), started, None, number=number, location=location)
        self.record(self.ended(row, outcome, 8, started + 20_000))

    @precondition(lambda self: self.calls)
    @rule(data=st.data(), came_in=IN_ENDS, went_out=OUT_ENDS, talk_s=TALK_S, lost=st.booleans())
    def a_call_is_corrected(
        self, data: st.DataObject, came_in: str, went_out: str, talk_s: int, lost: bool
    ) -> None:
        row = self.calls[data.draw(st.sampled_from(sorted(self.calls)))]
        if row["ended_ms"] is not None:
            outcome = came_in if row["direction"] == "inbound" else went_out
            corrected = self.ended(row, outcome, 0, row["ended_ms"])
            spoken = talk_s * 1000 if outcome == "answered" else 0
            lost_after = int(lost and outcome == "answered" and row["direction"] == "inbound")
            self.record({**corrected, "bridged_ms": spoken, "lost_after_answer": lost_after})

    @precondition(lambda self: self.calls)
    @rule(data=st.data(), number=NUMBERS)
    def two_calls_turn_out_to_be_one(self, data: st.DataObject, number: str) -> None:
        # Calls with outside callers of their own never merge.
        same = sorted(name for name, row in self.calls.items() if row["party"] == number)
        if len(same) < 2:
            return
        older, younger = sorted(data.draw(st.permutations(same))[:2])
        with self.store.write() as tx:
            merge_calls(tx, PBX, younger, older)
        del self.calls[younger]
        self.record(self.calls[older])

    @rule(step_ms=STEP_MS)
    def time_passes(self, step_ms: int) -> None:
        self.now += step_ms
        with self.store.write() as tx:
            sweep(tx, CONTEXT, self.now)

    @rule(back_ms=st.sampled_from([2_000, 60_000, 3_600_000]))
    def the_clock_is_set_back(self, back_ms: int) -> None:
        self.now -= back_ms
        with self.store.write() as tx:
            sweep(tx, CONTEXT, self.now)

    @rule(number=NUMBERS, who=PEOPLE, kind=st.sampled_from(["staff", "spam", "test"]))
    def a_number_is_marked(self, number: str, who: str, kind: Mark) -> None:
        with self.store.write() as tx:
            mark(Desk(tx, CONTEXT, who, self.now), number, kind, "for a reason")

    @rule(number=NUMBERS)
    def a_mark_is_taken_off(self, number: str) -> None:
        try:
            with self.store.write() as tx:
                unmark(tx, CONTEXT, number, self.now)
        except CallbacksError:
            pass

    @rule(data=st.data(), who=PEOPLE, what=st.sampled_from(ACTS))
    def a_person_acts(self, data: st.DataObject, who: str, what: str) -> None:
        more: dict[str, tuple[Any, ...]] = {
            "close": ("done",), "snooze": (self.now + 3_600_000,), "comment": ("hm",), "hand_over": ("ewa",),
        }
        self.desk(who, what, self.some_callback(data), *more.get(what, ()))

    @rule(data=st.data(), who=PEOPLE, said=st.sampled_from(["spoke", "voicemail", "wrong"]))
    def a_person_confirms(self, data: st.DataObject, who: str, said: Said) -> None:
        self.desk(who, "confirm", self.some_callback(data), said)

    @rule(number=NUMBERS)
    def an_appointment_is_made(self, number: str) -> None:
        with self.store.write() as tx:
            on_booked(tx, CONTEXT, number, None, self.now)

    @rule(
        number=NUMBERS, ref=st.sampled_from(["A-1", "A-2", "A-3"]), days=st.sampled_from([-1, 0, 0, 1]),
        age_ms=st.sampled_from([-1_000, 0, 1_000, 60_000, 3_600_000]), status=st.sampled_from(["booked", "cancelled"]),
    )
    def appointments_are_imported(self, number: str, ref: str, days: int, age_ms: int, status: str) -> None:
        start_ms = self.now + days * 86_400_000
        row = dict.fromkeys(("service", "doctor", "value_minor", "currency", "cancelled_ms", "channel", "source",
                             "medium", "campaign"))  # fmt: skip
        with self.store.write() as tx:
            put(tx, [Patient(f"P{number}", "Anna", (Number(number, number),))], self.now)
            tx.many("appointment_put", [{
                **row, "ref": ref, "patient": f"P{number}", "created_ms": self.now - age_ms, "start_ms": start_ms,
                "local_day": OFFICE.local_day(start_ms).isoformat(), "status": status, "location": "",
                "imported_ms": self.now,
            }])  # fmt: skip
            on_appointments(tx, CONTEXT, self.now)
            before = _state(tx)
            assert on_appointments(tx, CONTEXT, self.now) == []
            assert _state(tx) == before

    def desk(self, who: str, what: str, callback: int, *more: Any) -> None:
        try:
            with self.store.write() as tx:
                getattr(Desk(tx, CONTEXT, who, self.now), what)(callback, *more)
        except CallbacksError:
            pass

    def on_the_line(self, number: str | None) -> bool:
        return any(
            row["party"] == number and row["ended_ms"] is None and row["started_ms"] >= self.now - LIVE_MS
            for row in self.calls.values()
        )

    @invariant()
    def every_missed_call_has_one_callback_or_one_reason(self) -> None:
        with self.store.read() as tx:
            held = Counter(row["call"] for row in rows(tx, "callback_call") if row["role"] == "missed")
            reasons = {row["call"] for row in rows(tx, "no_callback")}
        for name, row in self.calls.items():
            assert held[name] <= 1, f"{name} is in several callbacks"
            assert not (held[name] and name in reasons), f"{name} has a callback and a reason"
            if not self.on_the_line(row["party"]) and not self.is_pending(row):
                assert bool(held[name] or name in reasons) == is_miss(row), name
        assert set(held) <= set(self.calls)

    def is_pending(self, row: Row) -> bool:
        """A call whose caller was on the line when it ended, and whose other call never ended: the sweep takes it."""
        return any(
            other["party"] == row["party"] and other["ended_ms"] is None for other in self.calls.values()
        )

    @invariant()
    def opened_is_open_plus_closed_by_each_reason(self) -> None:
        with self.store.read() as tx:
            callbacks = rows(tx, "callback")
            opened = sum(row["kind"] == "callback.opened" for row in rows(tx, "feed"))
        closed = Counter(row["closed_why"] for row in callbacks if row["state"] == "closed")
        assert set(closed) <= {"reached", "returned", "booked", "manual", "expired"}
        assert opened == len(callbacks) == sum(row["state"] != "closed" for row in callbacks) + closed.total()

    @invariant()
    def nothing_closes_without_evidence_or_a_person(self) -> None:
        with self.store.read() as tx:
            callbacks, parts = rows(tx, "callback"), rows(tx, "callback_call")
        for row in callbacks:
            closing = [part["call"] for part in parts if part["callback"] == row["id"] and part["role"] == "closing"]
            if row["state"] != "closed":
                assert not closing
                assert row["closed_why"] is None
            elif row["closed_why"] in ("reached", "returned"):
                assert closing == [row["closed_call"]]
                evidence = self.calls[row["closed_call"]]
                if not self.on_the_line(row["number"]) and not self.is_pending({"party": row["number"]}):
                    assert evidence["outcome"] == "answered"
                    assert evidence["party"] == row["number"]
            else:
                assert row["closed_by"] or row["reason"] in (
                    CORRECTED, "time over", "all attempts made", "an appointment was made",
                    *(f"appointment A-{n} was made" for n in (1, 2, 3)),
                )

    @invariant()
    def at_most_one_is_open_for_a_caller_at_a_location(self) -> None:
        with self.store.read() as tx:
            opened = Counter(
                (row["number"], row["location"]) for row in rows(tx, "callback") if row["state"] != "closed"
            )
        assert max(opened.values(), default=0) <= 1

    @invariant()
    def the_times_that_are_kept_are_those_computed_anew(self) -> None:
        with self.store.write() as tx:
            kept = rows(tx, "callback_time")
            assert rebuild_times(tx, CONTEXT) == len(kept)
            assert rows(tx, "callback_time") == kept
        for times in kept:
            assert times["attempted_work_ms"] is None or times["attempted_work_ms"] >= 0

    @invariant()
    def the_sums_are_those_of_the_callbacks(self) -> None:
        with self.store.read() as tx:
            assert {table: tx.value(f"{table}_differences") for table in SUMS} == dict.fromkeys(SUMS, 0)

    @invariant()
    def doing_it_again_changes_nothing(self) -> None:
        if not self.calls:
            return
        last = max(self.calls.values(), key=lambda row: row["version"])
        with self.store.write() as tx:
            if last["ended_ms"] is None:
                on_call(tx, last, CONTEXT, self.now)  # while our call lives, time alone makes the claim last longer
            before = _state(tx)
            on_call(tx, last, CONTEXT, self.now)
            assert _state(tx) == before


def _state(tx: Tx) -> list[list[Row]]:
    return [rows(tx, name) for name in ("callback", "callback_call", "no_callback", "feed")]


Queue.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
TestQueue = Queue.TestCase


_FACT = st.tuples(
    st.sampled_from(["missed", "returned", "reached", "tried"]), st.integers(0, 50), st.integers(5, 300)
)


@given(st.lists(_FACT, min_size=1, max_size=4))
@settings(max_examples=40, deadline=None)
def test_whether_somebody_is_to_be_rung_does_not_depend_on_the_order_calls_became_known(
    facts: list[tuple[str, int, int]],
) -> None:
    calls = []
    for n, (what, tens, length_s) in enumerate(facts):
        start = at("09:00") + tens * 600_000 + n
        made = {
            "missed": lambda n, s: inbound(f"c{n}", s, "abandoned"),
            "returned": lambda n, s: inbound(f"c{n}", s, "answered"),
            "reached": lambda n, s: outbound(f"c{n}", s, "answered"),
            "tried": lambda n, s: outbound(f"c{n}", s, "no_answer"),
        }[what](n, start)
        calls.append({**made, "ended_ms": start + length_s * 1000})
    ends = set()
    for order in permutations(calls):
        with open_store(":memory:") as store, store.write() as tx:
            for row in order:
                tx.run("call_put", **row)
                on_call(tx, row, replace(CONTEXT), at("18:00"))
            ends.add(sum(row["state"] != "closed" for row in rows(tx, "callback")))
    assert len(ends) == 1
