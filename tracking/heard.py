"""*How did you hear of us?*: what callers say themselves, beside what their call was joined to. One answer a call."""

from store import Row, Tx

ANSWERS = ("friend", "doctor", "google", "map", "facebook", "flyer", "newspaper", "billboard", "radio", "passing_by",
           "other")  # fmt: skip
"""The answers that are offered, unless the clinic has a list of its own."""


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
