"""What is personal in visits goes after its time; asked again and again by what serves all day."""

import asyncio
from datetime import UTC, datetime

from store import Store
from tracking.visitors import forget

DAY_MS = 86_400_000
SITE_DAYS = 400
"""For so many days the counts of asking pages are kept: a year can be laid beside the year before."""


class Forgetting:
    """Empties visits that are older than `days`."""

    def __init__(self, store: Store, days: int) -> None:
        self._store = store
        self._days = days

    async def once(self, now_ms: int) -> int:
        """Do one round; return how many visits were emptied."""
        return await asyncio.to_thread(self._round, now_ms)

    def _round(self, now_ms: int) -> int:
        before = datetime.fromtimestamp((now_ms - SITE_DAYS * DAY_MS) / 1000, UTC).date().isoformat()
        with self._store.write() as tx:
            tx.run("site_days_forget", before_day=before)
            return forget(tx, now_ms - self._days * DAY_MS, now_ms)
