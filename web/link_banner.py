"""The banner that is there while the link to an exchange is down, and tells for a while what became of it."""

from store import Tx
from web.areas import Area, Painted, Viewer
from web.rights import Right

OVER_MS = 10 * 60_000
"""For so long a gap that is over is told of, and whether it is filled in."""


def _link(tx: Tx, viewer: Viewer, now: int) -> Painted:
    """Say which exchanges are not heard now, and since when."""
    gaps = {row["pbx"]: row["from_ms"] for row in tx.all("console_gaps_open")}
    for row in tx.all("console_leases"):
        if row["until_ms"] < now:  # who listened to it is gone without a word
            gaps.setdefault(row["pbx"], row["until_ms"])
    several = len(gaps) > 1 or bool(tx.value("calls_of_several_pbx"))
    over = [row for row in tx.all("console_gaps_over", since=now - OVER_MS) if row["pbx"] not in gaps]
    return Painted({"gaps": sorted(gaps.items()), "over": over, "several": several})


LINK = Area("link", Right.BOARD, "live_link.html", _link, kinds=("link.",))
"""The banner that is there while the link to an exchange is down."""
