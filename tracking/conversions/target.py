"""Which calls are target calls, as far as platforms are told of them."""

from store import Row, Tx

TARGET_S = 30
"""A talk at least so long may have been about a visit."""
NOT_TARGET = ("moved", "cancelled", "results", "prescription", "complaint", "wrong_number", "sales_spam")
"""Topics that do not bring a new visit."""


def is_target(tx: Tx, row: Row) -> bool:
    """Say whether a call (a row of `call`) was answered, talked for long enough, and about something that may bring a
    visit. A call without a topic is given the benefit of the doubt."""
    if row["outcome"] != "answered" or row["bridged_ms"] < TARGET_S * 1000:
        return False
    return tx.value("conversion_category", pbx=row["pbx"], call=row["id"]) not in NOT_TARGET
