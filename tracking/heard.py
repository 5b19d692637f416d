"""*How did you hear of us?*: what callers say themselves, beside what their call was joined to. One answer a call."""

from refusals import Words
from store import Row, Tx

NAMES = {
    "friend": Words("a friend"), "doctor": Words("a doctor"), "google": Words("Google"), "map": Words("a map"),
    "facebook": Words("Facebook"), "flyer": Words("a flyer"), "newspaper": Words("a newspaper"),
    "billboard": Words("a billboard"), "radio": Words("the radio"), "passing_by": Words("passing by"),
    "other": Words("something else"),
}  # fmt: skip
ANSWERS = tuple(NAMES)
"""The answers that are offered, unless the clinic has a list of its own."""


def name(answer: str) -> str | Words:
    """Return how an answer is told: one of the clinic's own as the clinic wrote it."""
    return NAMES.get(answer, answer.replace("_", " "))


def answer_of(tx: Tx, pbx: str, call: str) -> Row | None:
    """Return the answer noted on a call (a row of `call_heard`: answer, author, at_ms), or None."""
    return tx.one("heard_of_call", pbx=pbx, call=call)


def note(tx: Tx, call: Row, answer: str, said: tuple[str, int]) -> None:
    """Note the answer of a caller; the last one counts. `said` is the author and the time; "" takes it back."""
    author, now_ms = said
    key = {"pbx": call["pbx"], "call": call["id"]}
    if answer:
        tx.run("heard_put", **key, answer=answer, author=author, at_ms=now_ms)
    else:
        tx.run("heard_drop", **key)
