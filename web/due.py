"""How many callbacks are overdue, beside their link on every live page: the same for everybody."""

from store import Tx
from web.areas import Area, Painted, Viewer
from web.rights import Right


def _look(tx: Tx, viewer: Viewer, now: int) -> Painted:
    del viewer
    counted = tx.one("console_to_ring_back", now_ms=now) or {"overdue": 0}
    return Painted({"overdue": int(counted["overdue"])})


DUE = Area("due", Right.CALLBACKS, "due_area.html", _look, kinds=("callback.",))
"""The badge. Time alone makes callbacks overdue: the hub paints every area again from time to time."""
