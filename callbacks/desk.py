"""What people do with callbacks: take one, give it back, comment, close, put off, confirm a talk, open again.

Every change is one conditional update: exactly one row changes, or the error says why none did.
"""

from dataclasses import dataclass
from typing import Literal

from callbacks.apply import tell
from callbacks.errors import (
    AlreadyOpen,
    CallbacksError,
    ClaimedBy,
    NoSuchCallback,
    NotClaimed,
    NotClosed,
    NothingToConfirm,
    NotInFuture,
    NotOpen,
)
from callbacks.hours import MINUTE_MS
from callbacks.own_days import refresh
from callbacks.queue import reconsider
from callbacks.rules import DAY_MS
from callbacks.situation import LIVE_MS, Context
from callbacks.times import keep_times
from store import Row, Tx

Said = Literal["spoke", "voicemail", "wrong"]
WRONG_PERSON = "wrong person"


@dataclass(frozen=True, slots=True)
class Desk:
    """One person at one moment, in one write transaction: `Desk(tx, ctx, "anna", now_ms).claim(7)`.

    Every method takes the callback's id and raises NoSuchCallback when there is none.
    """

    tx: Tx
    ctx: Context
    who: str
    now_ms: int

    def claim(self, callback: int) -> int:
        """Take a callback, or keep it longer; return until when (ms). Raises NotOpen, ClaimedBy."""
        until = self.now_ms + self.ctx.rules.claim_minutes * MINUTE_MS
        changed = self.tx.run(
            "callback_claim", id=callback, who=self.who, until_ms=until, now_ms=self.now_ms,
            since=self.now_ms - LIVE_MS,
        )  # fmt: skip
        if changed != 1:
            row = self._open(callback)
            raise ClaimedBy(callback, row["claimed_by"], row["claimed_until_ms"])
        self._tell("claimed", callback)
        return until

    def quiet_until(self, callback: int) -> int | None:
        """Return when people may be rung back again, None when they may be now."""
        refresh(self.tx, self.ctx.hours)
        hours = self.ctx.hours_at(self._row(callback)["location"])
        return None if hours.may_ring(self.now_ms) else hours.next_ring(self.now_ms)

    def release(self, callback: int) -> None:
        """Give a callback back before the claim is over. Raises NotOpen, NotClaimed."""
        if self.tx.run("callback_release", id=callback, who=self.who) != 1:
            self._open(callback)
            raise NotClaimed(callback, self.who)
        self._tell("released", callback)

    def hand_over(self, callback: int, to: str) -> int:
        """Give a callback that one has claimed to somebody else; return until when it is theirs (ms).

        Raises NotOpen, NotClaimed: only who holds it may hand it over.
        """
        until = self.now_ms + self.ctx.rules.claim_minutes * MINUTE_MS
        whom = _text(to, CallbacksError("The name is empty; write a few words."))
        changed = self.tx.run(
            "callback_hand_over", id=callback, who=self.who, to_whom=whom, until_ms=until, now_ms=self.now_ms,
        )  # fmt: skip
        if changed != 1:
            self._open(callback)
            raise NotClaimed(callback, self.who)
        self._tell("handed_over", callback)
        return until

    def comment(self, callback: int, body: str) -> int:
        """Write a comment, on an open or a closed callback; return its id."""
        self._row(callback)
        comment = self.tx.next_id("callback_comment")
        text = _text(body, CallbacksError("The comment is empty; write a few words."))
        self.tx.run(
            "callback_comment_put", id=comment, callback=callback, body=text, author=self.who, at_ms=self.now_ms
        )
        self._tell("commented", callback)
        return comment

    def close(self, callback: int, reason: str) -> None:
        """Close a callback by hand, with a reason. Raises NotOpen, and ClaimedBy while somebody else has it."""
        row = self._open(callback)
        claimed = row["claimed_by"] is not None and (row["claimed_until_ms"] or 0) > self.now_ms
        if claimed and row["claimed_by"] != self.who:
            raise ClaimedBy(callback, row["claimed_by"], row["claimed_until_ms"])
        self.dismiss(callback, reason)

    def dismiss(self, callback: int, reason: str) -> None:
        """Close a callback by hand whoever has it: nobody is to ring this caller. Raises NotOpen."""
        self._open(callback)
        self.tx.run(
            "callback_close", id=callback, closed_ms=self.now_ms, closed_why="manual", closed_by=self.who,
            closed_pbx=None, closed_call=None, unconfirmed_until_ms=None,
            reason=_text(reason, CallbacksError("The reason is empty; write a few words.")),
        )  # fmt: skip
        keep_times(self.tx, self.ctx, callback)
        self._tell("closed", callback)

    def snooze(self, callback: int, until_ms: int) -> None:
        """Put a callback off; a further call of the caller ends that. Raises NotOpen, NotInFuture."""
        self._open(callback)
        if until_ms <= self.now_ms:
            raise NotInFuture(callback)
        self.tx.run("callback_snooze", id=callback, until_ms=until_ms, expires_ms=until_ms + DAY_MS)
        self._tell("snoozed", callback)

    def confirm(self, callback: int, said: Said) -> None:
        """Say what a short talk that closed a callback was. Raises NothingToConfirm, AlreadyOpen.

        `spoke`: it stays closed. `voicemail`: it opens again and the call counts as an attempt. `wrong`: the number
        is not the caller's; nobody is to ring it again, so it stays closed, by hand.
        """
        row = self._row(callback)
        if row["state"] != "closed" or row["closed_why"] != "reached":
            raise NothingToConfirm(callback)
        if said == "voicemail":
            self._void(row)
            return
        if said == "wrong":
            self.tx.run("callback_wrong_person", id=callback, who=self.who, reason=WRONG_PERSON)
        else:
            self.tx.run("callback_settle", id=callback)
        keep_times(self.tx, self.ctx, callback)
        self._tell("confirmed", callback)

    def reopen(self, callback: int) -> None:
        """Open a callback again, due now; what happened before settles nothing. Raises NotClosed, AlreadyOpen."""
        row = self._row(callback)
        if row["state"] != "closed":
            raise NotClosed(callback)
        self._reopen(row, self.now_ms)
        self.tx.run("callback_closing_drop", callback=callback)
        keep_times(self.tx, self.ctx, callback)
        self._tell("reopened", callback)
        reconsider(self.tx, self.ctx, row["number"], self.now_ms)

    def _void(self, row: Row) -> None:
        """Count the closing call as an attempt that met an answering machine."""
        self._reopen(row, None)
        self.tx.run("callback_closing_to_attempt", callback=row["id"], outcome="voicemail")
        keep_times(self.tx, self.ctx, row["id"])
        self._tell("reopened", row["id"])
        reconsider(self.tx, self.ctx, row["number"], self.now_ms)

    def _reopen(self, row: Row, renewed_ms: int | None) -> None:
        changed = self.tx.run(
            "callback_reopen", id=row["id"], due_ms=self.now_ms, expires_ms=None, renewed_ms=renewed_ms
        )
        if changed != 1:
            other = self.tx.one("callback_open_for", number=row["number"], location=row["location"])
            raise AlreadyOpen(row["id"], other["id"] if other else row["id"])

    def _row(self, callback: int) -> Row:
        row = self.tx.one("callback_get", id=callback)
        if row is None:
            raise NoSuchCallback(callback)
        return row

    def _open(self, callback: int) -> Row:
        row = self._row(callback)
        if row["state"] == "closed":
            raise NotOpen(callback, row["closed_why"])
        return row

    def _tell(self, what: str, callback: int) -> None:
        tell(self.tx, f"callback.{what}", callback, self.now_ms, True)


def _text(text: str, empty: CallbacksError) -> str:
    cleaned = text.strip()
    if not cleaned:
        raise empty
    return cleaned
