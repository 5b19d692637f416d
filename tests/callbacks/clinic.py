"""An invented clinic with a store, for the tests of callbacks: ring, be missed, ring back."""

from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from callbacks.desk import Desk
from callbacks.facts import Rules
from callbacks.hours import Hours
from callbacks.queue import on_call, sweep
from callbacks.situation import Context
from store import Row, Store, Tx
from tests.store.rows import PBX, call_row, rows

WARSAW = ZoneInfo("Europe/Warsaw")
OFFICE = Hours(WARSAW, [((time(8), time(18)),)] * 5 + [()] * 2)
RULES = Rules()
CONTEXT = Context(RULES, {"": OFFICE}, "PL", live=True)
PATIENT = "+48501000206"
OTHER = "+48501000207"
MISSED = ("voicemail", "abandoned", "no_answer", "busy", "failed")


def at(text: str) -> int:
    """Return the ms of a local time; "10:15" alone is on Monday the 23rd of November 2026."""
    full = text if len(text) > 5 else f"2026-11-23 {text}"
    return int(datetime.fromisoformat(full).replace(tzinfo=WARSAW).timestamp() * 1000)


class Clinic:
    """Records calls as intake does: the row first, then the callback rules, in one transaction."""

    def __init__(self, store: Store, ctx: Context = CONTEXT) -> None:
        self.store = store
        self.ctx = ctx
        self._version = 0

    def record(self, row: Row, now: int | None = None) -> list[int]:
        """Store a row of `call` as it is known now, and apply the rules."""
        self._version += 1
        stored = {**row, "version": self._version}
        with self.store.write() as tx:
            tx.run("call_put", **stored)
            moment = now if now is not None else row["ended_ms"] or row["started_ms"]
            return on_call(tx, stored, self.ctx, moment)

    def inbound(self, call: str, start: str, outcome: str | None = "abandoned", **changes: Any) -> list[int]:
        """A call of 30 s that starts at `start`; `outcome` None lives still."""
        now = changes.pop("now", None)
        return self.record(inbound(call, start, outcome, **changes), now and at(now))

    def outbound(self, call: str, start: str, outcome: str | None = "no_answer", **changes: Any) -> list[int]:
        """Our call of 30 s plus what was talked, by extension 101."""
        now = changes.pop("now", None)
        return self.record(outbound(call, start, outcome, **changes), now and at(now))

    def sweep(self, now: str) -> list[int]:
        with self.store.write() as tx:
            return sweep(tx, self.ctx, at(now))

    def desk(self, tx: Tx, who: str, now: str) -> Desk:
        return Desk(tx, self.ctx, who, at(now))

    def callback(self, callback: int = 1) -> Row:
        with self.store.read() as tx:
            row = tx.one("callback_get", id=callback)
            assert row is not None
            return row

    def parts(self, callback: int = 1) -> list[tuple[str, str]]:
        """The calls of a callback with their roles, in the order they happened."""
        with self.store.read() as tx:
            return [(row["call"], row["role"]) for row in tx.all("callback_parts", callback=callback)]

    def reason(self, call: str) -> str | None:
        """Why a call has no callback."""
        with self.store.read() as tx:
            row = tx.one("no_callback_get", pbx=PBX, call=call)
            return row["reason"] if row else None

    def table(self, name: str) -> list[Row]:
        with self.store.write() as tx:
            return rows(tx, name)

    def feed(self) -> list[str]:
        with self.store.read() as tx:
            return [row["kind"] for row in tx.all("feed_since", since=0, limit=10_000)]


def inbound(call: str, start: str | int, outcome: str | None = "abandoned", **changes: Any) -> Row:
    """Give a row of an inbound call of 30 s."""
    started = start if isinstance(start, int) else at(start)
    number = changes.pop("number", PATIENT)
    return call_row(
        id=call, caller_number=number, party=number, outcome=outcome, started_ms=started,
        ended_ms=None if outcome is None else started + 30_000, missed=int(outcome in MISSED), state="ended",
        first_time=0, **({"answered_by": "101", "bridged_ms": 20_000} if outcome == "answered" else {}),
    ) | changes  # fmt: skip


def outbound(call: str, start: str | int, outcome: str | None = "no_answer", **changes: Any) -> Row:
    """Give a row of an outbound call by extension 101; `talk_s` is how long they spoke."""
    started = start if isinstance(start, int) else at(start)
    number, talk_s = changes.pop("number", PATIENT), changes.pop("talk_s", 60 if outcome == "answered" else 0)
    return call_row(
        id=call, direction="outbound", caller_number=None, destination=number, party=number, outcome=outcome,
        extension="101", started_ms=started, ended_ms=None if outcome is None else started + 30_000 + talk_s * 1000,
        bridged_ms=talk_s * 1000, missed=0, first_time=0, answered_by=None,
    ) | changes  # fmt: skip
