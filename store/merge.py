"""Two stored calls turn out to be one."""

from store import callback_sums, rollups
from store.database import Tx

_MOVES = (
    "merge_topics", "merge_comments", "merge_legs",
    "merge_patients", "merge_patients_clear",
    "merge_attribution_yield", "merge_attribution", "merge_attribution_clear",
    "merge_corrections", "merge_call_mark", "merge_call_mark_clear",
    "merge_callback_calls", "merge_callback_calls_clear", "merge_callback_closed",
    "merge_no_callback", "merge_no_callback_clear",
    "merge_heard", "merge_heard_clear", "merge_booking", "merge_booking_clear",
    "merge_made_by", "merge_conversions",
    "merge_consultations", "merge_joins", "merge_aliases",
)  # fmt: skip


def merge_calls(tx: Tx, pbx: str, younger: str, older: str) -> bool:
    """Move all that hangs on the call `younger` to `older`; give True if the younger call was stored.

    1. Topics, comments, patients, attribution, callbacks, legs, talks and waits get the older id. The older call
       keeps its own attribution if it has one; what a person decided by hand wins over what a rule decided.
    2. The younger call goes, an alias leads from its id to the older one, and aliases of it lead there too.
    3. The roll-ups lose what the younger call counted, and callbacks count for the older.

    The older call may be stored before or after. Doing it again changes nothing.
    """
    if younger == older:
        return False
    ids = {"pbx": pbx, "younger": younger, "older": older}
    before = rollups.total([rollups.stored(tx, pbx, younger), rollups.stored(tx, pbx, older, without=younger)])
    parties = [row["party"] for row in tx.all("call_parties", **ids)]
    for table in ("talks", "waits"):
        shift = tx.value(f"merge_{table}_shift", pbx=pbx, older=older)
        tx.run(f"merge_{table}", **ids, shift=shift)
    for move in _MOVES:
        tx.run(move, **ids)
    removed = tx.run("merge_call_clear", **ids)
    tx.run("merge_alias_clear", **ids)
    tx.run("call_alias_put", pbx=pbx, alias=younger, id=older)
    rollups.apply(tx, before, rollups.stored(tx, pbx, older))
    tx.run("lost_call_drop", pbx=pbx, call=younger)
    callback_sums.settle_lost(tx, parties)
    callback_sums.settle_call(tx, pbx, older)
    return removed == 1
