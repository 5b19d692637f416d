"""Calls behind a figure that is computed call by call: a list in memory, paged like one of the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from store import Row, Tx

MOST = 20_000
"""A longer list of what is computed row by row is slow, and is not opened."""


@dataclass(frozen=True, slots=True)
class Listed:
    """Rows with pbx, id, started_ms, oldest first; those that name who called have party, too."""

    rows: "Sequence[Row]"

    def of(self, number: str) -> "Listed":
        """Return the calls of one number (E.164)."""
        return Listed([row for row in self.rows if row.get("party") == number])

    def page(self, tx: "Tx", place: tuple[int, str, str] | None, limit: int) -> "list[Row]":
        """Return the calls before a place, the newest first."""
        ordered = sorted(self.rows, key=_place, reverse=True)
        return [row for row in ordered if place is None or _place(row) < place][:limit]

    def count(self, tx: "Tx") -> int:
        """Return how many there are."""
        return len(self.rows)

    def all(self, tx: "Tx") -> "list[Row]":
        """Return every call, oldest first."""
        return list(self.rows)


def _place(row: "Row") -> tuple[int, str, str]:
    return row["started_ms"], row["id"], row["pbx"]
