"""Actions become rows, each change with its feed row, in the caller's transaction."""

from collections.abc import Iterable

from callbacks.facts import (
    Action,
    AddMiss,
    Attempt,
    CallKey,
    Close,
    Drop,
    Expire,
    Open,
    Plan,
    Reopen,
    Replan,
    Settle,
    Situation,
    Skip,
    Wait,
)
from store import Row, Tx


class Applier:
    """Applies the actions of one decision. `touched` are the callbacks that changed.

    Args:
        tx: the transaction of the call.
        situation: what was decided about.
        live: False when nobody is to be told.
    """

    def __init__(self, tx: Tx, situation: Situation, live: bool) -> None:
        self.tx = tx
        self.at = situation
        self.live = live
        self.touched: set[int] = set()
        self._opened: int | None = None

    def apply(self, actions: Iterable[Action]) -> None:
        """Carry out actions in their order."""
        for action in actions:
            match action:
                case Wait():
                    pass
                case Skip(call, reason):
                    self.tx.run("no_callback_put", **_key(call), reason=reason, decided_ms=self.at.now_ms)
                case Open(opened_ms, plan):
                    self._open(opened_ms, plan)
                case AddMiss():
                    self._add_miss(action)
                case Attempt():
                    self._attempt(action)
                case Drop(callback, call, role):
                    self.tx.run("callback_call_drop", callback=callback, **_key(call), role=role)
                    self._tell("changed", callback)
                case Replan(callback, plan, wake):
                    self.tx.run("callback_replan", id=callback, wake=int(wake), **_planned(plan))
                    self._tell("changed", callback)
                case Close():
                    self._close(action)
                case Expire(callback, at_ms, reason):
                    self._close(Close(callback, "expired", at_ms, reason=reason))
                case Reopen(callback, attempt):
                    self._reopen(callback, attempt)
                case Settle(callback):
                    self.tx.run("callback_settle", id=callback)
                    self._tell("changed", callback)

    def _open(self, opened_ms: int, plan: Plan) -> None:
        self._opened = self.tx.next_id("callback")
        self.tx.run(
            "callback_insert", id=self._opened, number=self.at.number, location=self.at.location, opened_ms=opened_ms,
            live=int(self.live), **_planned(plan),
        )  # fmt: skip
        self._tell("opened", self._opened)

    def _add_miss(self, action: AddMiss) -> None:
        callback, miss = self._id(action.callback), action.miss
        self._part(callback, miss.call, "missed", (miss.at_ms, None, None))
        self.tx.run("no_callback_drop", **_key(miss.call))
        if callback != self._opened:
            self._tell("missed", callback)

    def _attempt(self, action: Attempt) -> None:
        callback, contact = self._id(action.callback), action.contact
        self._part(callback, contact.call, "attempt", (contact.at_ms, contact.person, contact.outcome))
        self._tell("attempted", callback)

    def _close(self, action: Close) -> None:
        callback = self._id(action.callback)
        self.tx.run("callback_closing_drop", callback=callback)
        if action.call is not None:
            self.tx.run("callback_call_drop", callback=callback, **_key(action.call), role="attempt")
            at_ms = action.at_ms if action.call_at_ms is None else action.call_at_ms
            self._part(callback, action.call, "closing", (at_ms, action.person, action.outcome))
        pbx, call = action.call or (None, None)
        self.tx.run(
            "callback_close", id=callback, closed_ms=action.at_ms, closed_why=action.why, closed_by=action.person,
            closed_pbx=pbx, closed_call=call, unconfirmed_until_ms=action.unconfirmed_until_ms, reason=action.reason,
        )  # fmt: skip
        self._tell("closed", callback)

    def _reopen(self, callback: int, attempt: str | None) -> None:
        if attempt is None:
            self.tx.run("callback_closing_drop", callback=callback)
        else:
            self.tx.run("callback_closing_to_attempt", callback=callback, outcome=attempt)
        self.tx.run("callback_reopen", id=callback, due_ms=self.at.now_ms, expires_ms=None, renewed_ms=None)
        self._tell("reopened", callback)

    def _part(self, callback: int, call: CallKey, role: str, seen: tuple[int, str | None, str | None]) -> None:
        at_ms, person, outcome = seen
        self.tx.run(
            "callback_call_put", callback=callback, **_key(call), role=role, at_ms=at_ms, person=person, outcome=outcome
        )

    def _id(self, callback: int | None) -> int:
        found = self._opened if callback is None else callback
        assert found is not None, "an action about the callback just opened comes after Open"
        return found

    def _tell(self, what: str, callback: int) -> None:
        self.touched.add(callback)
        tell(self.tx, f"callback.{what}", callback, self.at.now_ms, self.live)


def tell(tx: Tx, kind: str, callback: int, at_ms: int, live: bool) -> None:
    """Append a feed row about a callback."""
    tx.run("feed_append", id=tx.next_id("feed"), at_ms=at_ms, kind=kind, ref=str(callback), live=int(live))


def _key(call: CallKey) -> Row:
    return {"pbx": call[0], "call": call[1]}


def _planned(plan: Plan) -> Row:
    return {
        "kind": plan.kind, "due_ms": plan.due_ms, "expires_ms": plan.expires_ms, "priority": plan.priority,
        "appointment_on": plan.appointment_on, "campaign": plan.campaign, "reason": plan.reason,
    }  # fmt: skip
