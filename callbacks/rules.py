"""The rules of callbacks, pure: a situation in, actions out. The same facts give the same end, whatever their order.

1. A number that may not be rung, or none at all: every miss gets its reason.
2. A recorded call whose facts changed is taken out. Apart from that, while the caller waits, talks or is being rung,
   nothing is decided. The end of that call decides.
3. A callback whose closing call did not speak with the caller opens again; so does one whose short talk nobody
   confirmed by the end of the working day.
4. A miss after which the caller was served opens nothing. One older than its expiry opens nothing.
5. The other misses join the open callback of the number and location, or open it.
6. An outbound call that did not reach the caller is an attempt.
7. A call that spoke with the caller after the last miss closes the callback. A talk so short that it may have been an
   answering machine closes it too, and is to be confirmed.
8. After all attempts, or when its time is over, the callback expires.
9. Due time, priority and expiry follow from the misses and attempts; who is expected today comes earlier.

Due: `due_minutes` of working time after the miss; a miss while closed within the first working hour; after the first
attempt `retry_minutes` later; then the next half-day, and another day once all attempts of one day are made.
A caller who rings again makes the callback due afresh, and attempts before that are not counted against it.
Nothing is due while people are not to be rung (quiet hours): it waits until they may be, in working time.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from callbacks.facts import (
    VOID,
    Action,
    AddMiss,
    Attempt,
    Callback,
    Close,
    Contact,
    Drop,
    Expire,
    Kind,
    Miss,
    Open,
    Plan,
    Reopen,
    Replan,
    Rules,
    Settle,
    Situation,
    Skip,
    Wait,
)
from callbacks.hours import MINUTE_MS, Hours

WITHHELD = "withheld"
NO_NUMBER = "no_number"
REACHED_SINCE = "reached since"
HANDLED_SINCE = "handled since"
TOO_OLD = "expired before it was seen"
CHECK = "check"
LOST_AFTER_ANSWER = "lost after answer"
CORRECTED = "its missed call was corrected"
ATTEMPTS_MADE = "all attempts made"
TIME_OVER = "time over"

DAY_MS = 24 * 60 * MINUTE_MS
FIRST_HOUR_MINUTES = 60

FIRST_TIME_OF_PAID = 100
EXPECTED_TODAY = 50
EACH_FURTHER_MISS = 10
MOST_FURTHER_MISSES = 4
LEFT_A_MESSAGE = 5
"""The parts of a priority. Whatever the lesser ones add up to, a greater one comes first."""

FREE_MEDIUMS = frozenset({"", "none", "(none)", "direct", "organic", "referral", "social", "email"})
"""Media that cost nothing for a single call; a cost of the campaign itself makes it a paid one all the same."""


def is_paid(medium: str | None, has_cost: bool) -> bool:
    """Say whether a campaign is paid for. `medium` is None when the call has no campaign."""
    return medium is not None and (has_cost or medium.strip().casefold() not in FREE_MEDIUMS)


def decide(rules: Rules, situation: Situation) -> list[Action]:
    """Return what is to be done about one number at one location, in order; nothing when all is as it should be."""
    skips: list[Action] = []
    if situation.barred is not None:
        skips = [Skip(miss.call, situation.barred) for miss in situation.misses]
        situation = replace(situation, misses=())
    decision = _Decision(rules, situation)
    decision.drop_stale()
    return [*skips, *decision.out, Wait()] if situation.live else skips + decision.actions()


def due_after(rules: Rules, hours: Hours, ms: int) -> int:
    """Return when a miss that ended at `ms` is to be rung back."""
    if hours.is_open(ms):
        return hours.add_working(ms, rules.due_minutes)
    opens = hours.next_open(ms)
    return ms if opens is None else hours.add_working(opens, FIRST_HOUR_MINUTES)


def plan(
    rules: Rules, hours: Hours, callback: Callback, contacts: Iterable[Contact], appointment_on: str | None = None
) -> Plan:
    """Return the plan of a callback from its misses and from its attempts among `contacts`.

    `appointment_on` is today's local day if a patient of the number is expected today.
    """
    missed = sorted(miss.ended_ms for miss in callback.misses) or [callback.opened_ms]
    fresh_since = max(missed[-1], callback.renewed_ms or 0)
    ended = sorted(c.ended_ms for c in contacts if _is_attempt(callback, c) and c.ended_ms > callback.opened_ms)
    tried = [ms for ms in ended if ms > fresh_since]
    days = {hours.local_day(ms) for ms in tried}
    if tried:
        due = _due_after_attempts(rules, hours, tried, len(days))
    elif fresh_since > missed[-1]:
        due = hours.add_working(fresh_since, 0)
    else:
        since = max((ms for ms in ended if ms <= fresh_since), default=0)
        due = due_after(rules, hours, next(ms for ms in missed if ms > since or ms == missed[-1]))
    due = hours.next_ring(due)
    asked_from = callback.campaign if callback.kind == "request" else None
    return Plan(
        kind=_kind(callback),
        due_ms=due,
        # A callback must have had its chance: after ten closed days it is still due on the first open one.
        expires_ms=max(fresh_since + rules.expire_days * DAY_MS, due + DAY_MS,
                       (callback.snoozed_until_ms or 0) + DAY_MS),
        priority=_priority(callback.misses) + (EXPECTED_TODAY if appointment_on else 0),
        campaign=next((miss.campaign for miss in callback.misses if miss.campaign is not None), asked_from),
        reason=_reason(callback.misses),
        spent=len(tried) >= rules.attempts and len(days) >= rules.attempt_days,
        appointment_on=appointment_on,
    )


class _Decision:
    """One run of the rules; the callback in hand changes as the actions accumulate."""

    def __init__(self, rules: Rules, situation: Situation) -> None:
        self.rules = rules
        self.at = situation
        self.out: list[Action] = []
        self.callback = situation.callback
        self.closed = list(situation.closed)
        moved = self.callback is not None and self.callback.appointment_on != situation.appointment_on
        self.touched = situation.renew or moved
        self.woken = False

    def actions(self) -> list[Action]:
        self._reopen()
        self._take_misses()
        self._attempts()
        self._close_or_expire()
        return self.out

    def _id(self) -> int | None:
        assert self.callback is not None
        return self.callback.id or None

    def drop_stale(self) -> None:
        for callback in filter(None, [*self.closed, self.callback]):
            self.out.extend(Drop(callback.id, call, role) for call, role in callback.stale)
        if self.callback is not None and self.callback.stale:
            self.touched = True

    def _reopen(self) -> None:
        for old in reversed(list(self.closed)):
            lapsed = old.unconfirmed_until_ms is not None and old.unconfirmed_until_ms <= self.at.now_ms
            if old.closing_stands and not lapsed:
                continue
            if old.closing_stands and (self.callback is not None or self._moot(old)):
                self.out.append(Settle(old.id))
                continue
            self.closed.remove(old)
            if self.callback is not None or (not old.misses and old.kind != "request"):
                # What is open covers the caller; this one keeps no evidence that turned out false.
                self.out.append(Close(old.id, "manual", old.closed_ms or self.at.now_ms, reason=CORRECTED))
                continue
            void = "unconfirmed" if old.closing_stands else None
            attempts = {**old.attempts, old.closing: void} if void and old.closing else dict(old.attempts)
            self.callback = replace(old, open=True, attempts=attempts, closing=None, unconfirmed_until_ms=None)
            self.out.append(Reopen(old.id, void))
            self.touched = True

    def _moot(self, old: Callback) -> bool:
        """Say whether opening `old` again serves nobody: somebody spoke with the caller since, or it is too old."""
        later = any(c.call != old.closing and self._covers(old, c) for c in self.at.contacts)
        return later or old.expires_ms <= self.at.now_ms

    def _take_misses(self) -> None:
        new: list[Miss] = []
        for miss in sorted(self.at.misses, key=lambda m: (m.ended_ms, m.call)):
            reason = self._why_not(miss)
            pending = next((k for k in self.closed if _asks_about(k, miss)), None)
            if reason is not None:
                self.out.append(Skip(miss.call, reason))
            elif pending is not None:
                self.out.append(AddMiss(pending.id, miss))
            else:
                new.append(miss)
        if not new:
            return
        if self.callback is None:
            self._open(new)
        else:
            self.woken = any(miss.ended_ms > _last(self.callback) for miss in new)
            self.callback = replace(self.callback, misses=(*self.callback.misses, *new))
        self.touched = True
        self.out.extend(AddMiss(self._id(), miss) for miss in new)

    def _open(self, new: Sequence[Miss]) -> None:
        self.callback = Callback(0, "missed", True, new[0].ended_ms, 0, 0, 0, misses=tuple(new))
        self.out.append(Open(new[0].ended_ms, self._plan()))

    def _why_not(self, miss: Miss) -> str | None:
        if any(c.reached and c.sure and c.ended_ms >= miss.ended_ms and c.call != miss.call for c in self.at.contacts):
            return REACHED_SINCE
        for old in self.closed:
            if old.closed_why == "expired" or old.unconfirmed_until_ms is not None:
                continue
            if miss.ended_ms <= (old.closed_ms or 0):
                return REACHED_SINCE if old.closed_why in ("reached", "returned") else HANDLED_SINCE
        alone = Callback(0, "missed", True, miss.ended_ms, 0, 0, 0, misses=(miss,))
        if plan(self.rules, self.at.hours, alone, ()).expires_ms <= self.at.now_ms:
            return TOO_OLD
        return None

    def _attempts(self) -> None:
        for callback in filter(None, [*self.closed, self.callback]):
            until = self.at.now_ms if callback.open else callback.closed_ms or 0
            for contact in self.at.contacts:
                due = callback.opened_ms < contact.ended_ms and contact.at_ms <= until
                if due and not contact.inbound and not contact.reached and contact.call not in callback.attempts:
                    self.out.append(Attempt(callback.id or None, contact))
                    self.touched = self.touched or callback.open

    def _close_or_expire(self) -> None:
        callback = self.callback
        if callback is None:
            return
        if not callback.misses and callback.kind != "request":
            last = callback.stale[0][0] if callback.stale else None
            self.out.append(Close(self._id(), "manual", self.at.now_ms, last, reason=CORRECTED))
            return
        contact = next((c for c in self.at.contacts if self._covers(callback, c)), None)
        if contact is not None:
            self.out.append(self._closing(contact))
            return
        planned = self._plan()
        claimed = callback.claimed_until_ms is not None and callback.claimed_until_ms > self.at.now_ms
        if planned.spent:
            self.out.append(Expire(self._id(), self.at.now_ms, ATTEMPTS_MADE))
        elif planned.expires_ms <= self.at.now_ms and not claimed:
            self.out.append(Expire(self._id(), self.at.now_ms, TIME_OVER))
        elif self.touched and callback.id:
            self.out.append(Replan(callback.id, planned, self.woken))

    def _covers(self, callback: Callback, contact: Contact) -> bool:
        """Say whether this contact came after all that the callback is about."""
        void = callback.attempts.get(contact.call) in VOID
        since = max(_last(callback), callback.renewed_ms or 0)
        return contact.reached and not void and contact.ended_ms >= since

    def _closing(self, contact: Contact) -> Close:
        until = None
        ended = contact.ended_ms
        # Nobody remembers a talk of last week: an old one is believed.
        if not contact.sure and ended + self.rules.expire_days * DAY_MS > self.at.now_ms:
            until = self.at.hours.end_of_working_day(ended)
        return Close(
            self._id(), "returned" if contact.inbound else "reached", ended, contact.call, contact.at_ms,
            contact.person, contact.outcome, until,
        )

    def _plan(self) -> Plan:
        assert self.callback is not None
        return plan(self.rules, self.at.hours, self.callback, self.at.contacts, self.at.appointment_on)


def _is_attempt(callback: Callback, contact: Contact) -> bool:
    return not contact.inbound and (not contact.reached or callback.attempts.get(contact.call) in VOID)


def _asks_about(closed: Callback, miss: Miss) -> bool:
    """Say whether a closed callback still waits to be confirmed, and would have held this miss."""
    return closed.unconfirmed_until_ms is not None and miss.ended_ms <= (closed.closed_ms or 0)


def _last(callback: Callback) -> int:
    return max((miss.ended_ms for miss in callback.misses), default=callback.opened_ms)


def _due_after_attempts(rules: Rules, hours: Hours, tried: Sequence[int], days: int) -> int:
    if len(tried) >= rules.attempts and days < rules.attempt_days:
        return hours.next_day(tried[-1])
    if len(tried) == 1:
        return hours.add_working(tried[-1], rules.retry_minutes)
    return hours.next_half_day(tried[-1])


def _kind(callback: Callback) -> Kind:
    if callback.kind == "request":
        return "request"
    return "voicemail" if any(miss.voicemail for miss in callback.misses) else "missed"


def _priority(misses: Sequence[Miss]) -> int:
    paid = FIRST_TIME_OF_PAID if any(miss.first_time and miss.paid for miss in misses) else 0
    further = EACH_FURTHER_MISS * min(max(len(misses) - 1, 0), MOST_FURTHER_MISSES)
    return paid + further + (LEFT_A_MESSAGE if any(miss.voicemail for miss in misses) else 0)


def _reason(misses: Sequence[Miss]) -> str | None:
    if misses and all(miss.check for miss in misses):
        return CHECK
    return LOST_AFTER_ANSWER if any(miss.lost_after_answer for miss in misses) else None
