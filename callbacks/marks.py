"""What a person marked: numbers of staff, spammers and tests, numbers like them, and single calls.

Nobody is asked to ring them back, and the reason is stored; and their calls are in no figure, those of the past
included: who sells windows has always sold windows. What rang, and when, stays in the call log.

A pattern is a number with `*` for any digits and `?` for one. A mark of the number itself stands above patterns.
"""

import re
from typing import Literal, get_args

from callbacks.desk import Desk
from callbacks.errors import CallbacksError, NotMarked
from callbacks.queue import on_call, reconsider
from callbacks.situation import Context
from store import Row, Tx, callback_sums, rollups

Mark = Literal["staff", "spam", "test"]
MARKS: tuple[Mark, ...] = get_args(Mark)
_PAGE = 500
_FIXED = 3
"""Digits a pattern must have before its first sign: a whole country is no spammer."""


def mark(desk: Desk, number: str, kind: Mark, reason: str) -> list[int]:
    """Mark a number (E.164); its open callbacks close by hand with the reason. Return their ids.

    Marking again replaces what was said before. Its missed calls that have no
    callback get `kind` as the reason, from now on and those of the last days.

    Raises:
        CallbacksError: the reason is empty.
    """
    text, tx = _reason(reason), desk.tx
    tx.run("number_mark_put", number=number, kind=kind, reason=text, author=desk.who, at_ms=desk.now_ms)
    _leave_out(tx, tx.all("calls_of_party", number=number))
    return _dismiss(desk, number, f"{kind}: {text}")


def unmark(tx: Tx, ctx: Context, number: str, now_ms: int) -> list[int]:
    """Take the mark off a number and decide its recent missed calls anew; return the callbacks that changed.

    Raises:
        NotMarked: it has no mark.
    """
    if tx.run("number_mark_drop", number=number) != 1:
        raise NotMarked
    _leave_out(tx, tx.all("calls_of_party", number=number))
    return reconsider(tx, ctx, number, now_ms)


def mark_pattern(desk: Desk, pattern: str, kind: Mark, reason: str) -> list[int]:
    """Mark all numbers like one, such as `+4850020*`; return the callbacks that close. Else as `mark`.

    Raises:
        CallbacksError: it is no pattern, or would be of a whole country, or the reason is empty.
    """
    like, text, tx = read_pattern(pattern), _reason(reason), desk.tx
    tx.run("mark_pattern_put", pattern=like, kind=kind, reason=text, author=desk.who, at_ms=desk.now_ms)
    _leave_out_like(tx, like)
    numbers = [row["number"] for row in tx.all("callbacks_open_like", pattern=like)]
    return [callback for number in numbers for callback in _dismiss(desk, number, f"{kind}: {text}")]


def unmark_pattern(tx: Tx, ctx: Context, pattern: str, now_ms: int) -> list[int]:
    """Take the mark off all numbers like one, and decide their recent missed calls anew. Else as `unmark`.

    Raises:
        CallbacksError: it is no pattern.
        NotMarked: it has no mark.
    """
    like = read_pattern(pattern)
    if tx.run("mark_pattern_drop", pattern=like) != 1:
        raise NotMarked("pattern")
    _leave_out_like(tx, like)
    numbers = [row["party"] for row in tx.all("missed_like", pattern=like, since=ctx.since(now_ms))]
    return [callback for number in numbers for callback in reconsider(tx, ctx, number, now_ms)]


def mark_call(desk: Desk, call: Row, kind: Mark, reason: str) -> list[int]:
    """Mark one call alone, whoever rang; return the callbacks that changed, for it is no missed call any more.

    Raises:
        CallbacksError: the reason is empty.
    """
    key = {"pbx": call["pbx"], "call": call["id"]}
    desk.tx.run("call_mark_put", **key, kind=kind, reason=_reason(reason), author=desk.who, at_ms=desk.now_ms)
    return _marked_anew(desk.tx, desk.ctx, call, desk.now_ms)


def unmark_call(tx: Tx, ctx: Context, call: Row, now_ms: int) -> list[int]:
    """Take the mark off a call; return the callbacks that changed.

    Raises:
        NotMarked: it has no mark of its own.
    """
    if tx.run("call_mark_drop", pbx=call["pbx"], call=call["id"]) != 1:
        raise NotMarked("call")
    tx.run("no_callback_drop", pbx=call["pbx"], call=call["id"])
    return _marked_anew(tx, ctx, call, now_ms)


def excluded(tx: Tx, call: Row) -> str | None:
    """Return why a call is in no figure (staff, spam, test): by its own mark, its number's or a pattern's; or None."""
    own = tx.one("call_mark_get", pbx=call["pbx"], call=call["id"])
    if own is not None:
        return str(own["kind"])
    kind = tx.value("number_mark_kind", number=call["party"]) if call["party"] is not None else None
    return None if kind is None else str(kind)


def is_pattern(text: str) -> bool:
    """Say whether a person means numbers like one, rather than one."""
    return "*" in text or "?" in text


def read_pattern(text: str) -> str:
    """Return a pattern as it is stored. Raises CallbacksError."""
    bare = re.sub(r"[\s().-]", "", text)
    if not re.fullmatch(r"\+[\d*?]{1,20}", bare):
        raise CallbacksError('"%(text)s" is not a pattern of numbers; write it with its country, like +4850020*.',
                             text=text[:40])
    if not re.match(rf"\+\d{{{_FIXED}}}", bare):
        raise CallbacksError('"%(text)s" is like too many numbers; begin it with %(least)s digits or more.',
                             text=text[:40], least=_FIXED)
    return bare.replace("*", "%").replace("?", "_")


def show_pattern(stored: str) -> str:
    """Return a stored pattern as a person writes it."""
    return stored.replace("%", "*").replace("_", "?")


def _reason(reason: str) -> str:
    text = " ".join(reason.split())
    if not text:
        raise CallbacksError("The reason is empty; write a few words, so that others know why nobody rings back.")
    return text


def _dismiss(desk: Desk, number: str, why: str) -> list[int]:
    tx, now_ms = desk.tx, desk.now_ms
    closed = [row["id"] for row in tx.all("callbacks_of_number", number=number, since=now_ms)
              if row["state"] != "closed"]
    for callback in closed:
        desk.dismiss(callback, why)
    reconsider(tx, desk.ctx, number, now_ms)
    return closed


def _marked_anew(tx: Tx, ctx: Context, call: Row, now_ms: int) -> list[int]:
    _leave_out(tx, [call])
    row = tx.one("call_get", pbx=call["pbx"], id=call["id"])
    assert row is not None, "the call is stored"
    tx.run("feed_append", id=tx.next_id("feed"), at_ms=now_ms, kind=f"call.{row['state']}",
           ref=f"{row['pbx']}:{row['id']}", live=0)
    return on_call(tx, row, ctx, now_ms)


def _leave_out_like(tx: Tx, like: str) -> None:
    after = {"after_ms": -1, "after_id": "", "after_pbx": ""}
    while rows := tx.all("calls_like", pattern=like, limit=_PAGE, **after):
        _leave_out(tx, rows)
        last = rows[-1]
        after = {"after_ms": last["started_ms"], "after_id": last["id"], "after_pbx": last["pbx"]}


def _leave_out(tx: Tx, calls: list[Row]) -> None:
    """Store whether calls count, and take them out of the sums or put them back."""
    parties: set[str | None] = set()
    for call in calls:
        kind = excluded(tx, call) or ""
        if kind == call["excluded"]:
            continue
        before = rollups.stored(tx, call["pbx"], call["id"])
        tx.run("call_exclude", pbx=call["pbx"], id=call["id"], excluded=kind)
        rollups.apply(tx, before, rollups.stored(tx, call["pbx"], call["id"]))
        callback_sums.settle_call(tx, call["pbx"], call["id"])
        parties.add(call["party"])
    callback_sums.settle_lost(tx, parties)
