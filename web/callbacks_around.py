"""What is shown beside a callback: patients, comments, the call that lives, the last miss and what it dialled.

The list of those to be done asks once for what is beside all of them, any other callback for its own.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from aiohttp import web

from store import Row, Tx
from web.board_pages import LIVE_MS
from web.calls_dial import DIALLER, barred, rung_of_day, rung_today
from web.pop import campaign_of, label_of

Miss = tuple[int | None, Row | None]
"""When the last missed call was, and the call: None when it is not known any more."""


class Around:
    """Reads what is beside one callback at a time."""

    def __init__(self, tx: Tx, app: web.Application, now: int) -> None:
        self.tx, self.app, self.now = tx, app, now

    def patients(self, number: str) -> Sequence[Row]:
        """Return the patients who use a number: ref, name."""
        return self.tx.all("callback_patients", number=number)

    def comments(self, callback: int) -> Sequence[Row]:
        """Return what was said about a callback, the oldest first."""
        return self.tx.all("callback_comments", callback=callback)

    def live(self, number: str) -> Row | None:
        """Return the call that lives now with a number."""
        return self.tx.one("callback_live_call", number=number, since=self.now - LIVE_MS)

    def miss(self, callback: int) -> Miss:
        """Return the call that was missed last."""
        miss = self.tx.one("callback_last_miss", callback=callback)
        if miss is None:
            return None, None
        return miss["at_ms"], self.tx.one("call_get", pbx=miss["pbx"], id=miss["call"])

    def dialled(self, call: Row) -> tuple[str, str]:
        """Return what the number dialled is called, and the campaign, each "" for none."""
        return label_of(self.tx, call), campaign_of(self.tx, call)

    def barred(self, number: str) -> str:
        """Say why nobody may ring a number now, "" when it may be rung, and when nothing can be rung from here."""
        if DIALLER not in self.app:
            return ""
        return barred(self.app, number, lambda: rung_today(self.tx, self.app, "", number, self.now)) or ""


class AroundAll(Around):
    """Reads what is beside some callbacks, once for all of them."""

    def __init__(self, tx: Tx, app: web.Application, now: int, callbacks: Iterable[int]) -> None:
        super().__init__(tx, app, now)
        ids = json.dumps(sorted(set(callbacks)))
        self._patients = _grouped(tx.all("around_patients", ids=ids), "number")
        self._comments = _grouped(tx.all("around_comments", ids=ids), "callback")
        self._live = {row.pop("party"): row for row in tx.all("around_live", since=now - LIVE_MS)}
        self._misses = {row.pop("of_callback"): row for row in tx.all("around_misses", ids=ids)}
        self._campaigns = {(row["pbx"], row["call"]): f"{row['source']} / {row['name']}"
                           for row in tx.all("around_campaigns", ids=ids)}
        self._labels: dict[tuple[str, str | None, str], str] = {}
        self._rung = rung_of_day(tx, app, now) if DIALLER in app else {}

    def patients(self, number: str) -> Sequence[Row]:
        """Return the patients who use a number: ref, name."""
        return self._patients.get(number, ())

    def comments(self, callback: int) -> Sequence[Row]:
        """Return what was said about a callback, the oldest first."""
        return self._comments.get(callback, ())

    def live(self, number: str) -> Row | None:
        """Return the call that lives now with a number."""
        return self._live.get(number)

    def miss(self, callback: int) -> Miss:
        """Return the call that was missed last."""
        row = self._misses.get(callback)
        if row is None:
            return None, None
        return (row["missed_at_ms"], row) if row["id"] is not None else super().miss(callback)

    def dialled(self, call: Row) -> tuple[str, str]:
        """Return what the number dialled is called, and the campaign, each "" for none."""
        key = (call["direction"], call["did"], call["local_day"])
        if key not in self._labels:
            self._labels[key] = label_of(self.tx, call)
        return self._labels[key], self._campaigns.get((call["pbx"], call["id"]), "")

    def barred(self, number: str) -> str:
        """Say why nobody may ring a number now, "" when it may be rung, and when nothing can be rung from here."""
        if DIALLER not in self.app:
            return ""
        rung = {"to_number": self._rung.get(number, 0), "by_person": 0, "everybody": sum(self._rung.values())}
        return barred(self.app, number, lambda: rung) or ""


def _grouped(rows: Iterable[Row], by: str) -> dict[Any, list[Row]]:
    found: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        found[row[by]].append(row)
    return found
