"""The banner that is there while the link to an exchange is down."""

from store import Tx
from web.areas import Area, Painted, Viewer
from web.rights import Right


def _link(tx: Tx, viewer: Viewer, now: int) -> Painted:
    """Say which exchanges are not heard now, and since when."""
    gaps = {row["pbx"]: row["from_ms"] for row in tx.all("console_gaps_open")}
    for row in tx.all("console_leases"):
        if row["until_ms"] < now:  # who listened to it is gone without a word
            gaps.setdefault(row["pbx"], row["until_ms"])
    several = len(gaps) > 1 or bool(tx.value("calls_of_several_pbx"))
    return Painted({"gaps": sorted(gaps.items()), "several": several})


LINK = Area("link", Right.BOARD, "live_link.html", _link, kinds=("link.",))
"""The banner that is there while the link to an exchange is down."""
