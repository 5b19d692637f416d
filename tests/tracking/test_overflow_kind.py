"""The overflow number is a kind of its own, in a file and by hand."""

from collections.abc import Callable
from pathlib import Path

from patients.tables import Source
from store import Store
from tracking.numbers import KINDS, import_numbers, list_numbers


def test_an_overflow_number_is_imported_like_any_other(store: Store, table: Callable[..., Path]) -> None:
    assert KINDS == ("static", "pool", "overflow", "main")
    file = table("did,source,medium,campaign,valid_from,kind\n+48221234699,website,overflow,Web,2026-01-01,overflow\n")
    assert import_numbers(store, Source(file, "PL")).added == 1
    with store.read() as tx:
        assert [row["kind"] for row in list_numbers(tx, limit=5)] == ["overflow"]
