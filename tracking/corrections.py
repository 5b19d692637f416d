"""What a person says about the campaign of a call: it stands above every rule, with who said it, when and why.

A correction is never overwritten: a newer one stands before it, and one that is taken back stays readable.
"""

from store import Row, Tx
from tracking import Author, TrackingError
from tracking.campaigns import get_campaign

LONGEST_REASON = 500


def correct(tx: Tx, call: Row, campaign: int | None, because: str, who: Author) -> int:
    """Note which campaign a call belongs to, None for none; return the correction's id.

    The decision itself is made anew by `tracking.recompute.redecide`, which the caller runs next.

    Raises:
        TrackingError: the reason is empty or too long, there is no such campaign, or it is not a patient's call.
    """
    reason = " ".join(because.split())
    if not reason:
        raise TrackingError("The reason is empty; write a few words, so that others know why the campaign was changed.")
    if len(reason) > LONGEST_REASON:
        raise TrackingError("The reason is longer than %(most)s characters; shorten it.", most=LONGEST_REASON)
    if call["kind"] != "patient":
        raise TrackingError("Call %(call)s is not a patient's call; it belongs to no campaign anyway.", call=call["id"])
    if campaign is not None:
        get_campaign(tx, campaign)
    added = tx.next_id("attribution_correction")
    tx.run("correction_put", id=added, pbx=call["pbx"], call=call["id"], campaign=campaign, because=reason,
           author=who.name, at_ms=who.now_ms)
    return added


def undo(tx: Tx, call: Row, who: Author) -> int:
    """Take back the correction that stands; the one before it stands again, or the rules. Return its id.

    Raises:
        TrackingError: nobody has corrected the call.
    """
    row = tx.one("correction_of", pbx=call["pbx"], call=call["id"])
    if row is None:
        raise TrackingError("Nobody has changed the campaign of call %(call)s; there is nothing to take back.",
                            call=call["id"])
    tx.run("correction_undo", id=row["id"], undone_by=who.name, undone_ms=who.now_ms)
    return int(row["id"])


def corrections(tx: Tx, call: Row) -> list[Row]:
    """Return everything that people said about the campaign of a call, oldest first, with what was taken back.

    A row has id, campaign, because, author, at_ms, undone_by, undone_ms.
    """
    return tx.all("corrections_of", pbx=call["pbx"], call=call["id"])
