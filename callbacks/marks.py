"""Numbers that a person marked: staff, spam, test. Nobody is asked to ring them back, and the reason is stored."""

from typing import Literal, get_args

from callbacks.desk import Desk
from callbacks.errors import CallbacksError, NotMarked
from callbacks.queue import reconsider
from callbacks.situation import Context
from store import Tx

Mark = Literal["staff", "spam", "test"]
MARKS: tuple[Mark, ...] = get_args(Mark)


def mark(desk: Desk, number: str, kind: Mark, reason: str) -> list[int]:
    """Mark a number (E.164); its open callbacks close by hand with the reason. Return their ids.

    Marking again replaces what was said before. Its missed calls that have no
    callback get `kind` as the reason, from now on and those of the last days.

    Raises:
        CallbacksError: the reason is empty.
    """
    text = " ".join(reason.split())
    if not text:
        raise CallbacksError("The reason is empty; write a few words, so that others know why nobody rings back.")
    tx, now_ms = desk.tx, desk.now_ms
    tx.run("number_mark_put", number=number, kind=kind, reason=text, author=desk.who, at_ms=now_ms)
    closed = [row["id"] for row in tx.all("callbacks_of_number", number=number, since=now_ms)
              if row["state"] != "closed"]
    for callback in closed:
        desk.dismiss(callback, f"{kind}: {text}")
    reconsider(tx, desk.ctx, number, now_ms)
    return closed


def unmark(tx: Tx, ctx: Context, number: str, now_ms: int) -> list[int]:
    """Take the mark off a number and decide its recent missed calls anew; return the callbacks that changed.

    Raises:
        NotMarked: it has no mark.
    """
    if tx.run("number_mark_drop", number=number) != 1:
        raise NotMarked
    return reconsider(tx, ctx, number, now_ms)
