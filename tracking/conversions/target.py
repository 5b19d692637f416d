"""Target calls as platforms are told of them: by the clinic's own rule, from the store."""

from collections.abc import Callable

from store import Row, Tx
from tracking.qualities import Rules, is_target


def target_by(rules: Rules) -> Callable[[Tx, Row], bool]:
    """Return what says whether a call (a row of `call`) is a target call."""

    def target(tx: Tx, row: Row) -> bool:
        return is_target(row, tx.value("conversion_category", pbx=row["pbx"], call=row["id"]), rules)

    return target
