"""Calls: versions, aliases, lists and parts."""

import pytest

from store import Store, Tx
from tests.store.rows import PBX, START_MS, call_row, one

NO_FILTER = dict.fromkeys(
    ("from_ms", "to_ms", "before_ms", "before_id", "before_pbx", "direction", "outcome", "number")
)


def listed(tx: Tx, limit: int = 100, **filters: object) -> list[str]:
    return [row["id"] for row in tx.all("calls_list", **NO_FILTER | filters, limit=limit)]


def test_a_call_is_stored_and_read_back_whole(store: Store) -> None:
    with store.write() as tx:
        assert tx.run("call_put", **call_row()) == 1
        assert tx.one("call_get", pbx=PBX, id="1795309246.157") == call_row(excluded="")


@pytest.mark.parametrize(("version", "changed"), [(1, 1), (2, 1), (0, 0)])
def test_an_older_version_changes_nothing(store: Store, version: int, changed: int) -> None:
    with store.write() as tx:
        tx.run("call_put", **call_row(version=1))
        assert tx.run("call_put", **call_row(version=version, outcome="no_answer")) == changed
        outcome = one(tx, "call_get", pbx=PBX, id="1795309246.157")["outcome"]
    assert outcome == ("no_answer" if changed else "abandoned")


def test_a_call_is_found_by_the_id_it_had_before_a_merge(store: Store) -> None:
    with store.write() as tx:
        tx.run("call_put", **call_row(id="1.1"))
        tx.run("call_alias_put", pbx=PBX, alias="2.2", id="1.1")
        assert one(tx, "call_get", pbx=PBX, id="2.2")["id"] == "1.1"
        assert tx.one("call_get", pbx="branch", id="2.2") is None
        assert [row["id"] for row in tx.all("calls_by_id", id="2.2")] == ["1.1"]
        assert tx.value("call_alias_of", pbx=PBX, alias="2.2") == "1.1"
        assert tx.value("call_alias_of", pbx=PBX, alias="1.1") is None


def test_open_calls_are_those_whose_end_was_not_seen(store: Store) -> None:
    with store.write() as tx:
        tx.run("call_put", **call_row(id="1.1"))
        tx.run("call_put", **call_row(id="2.2", ended_ms=None, outcome=None))
        tx.run("call_put", **call_row(pbx="branch", id="3.3", ended_ms=None, outcome=None))
        assert [row["id"] for row in tx.all("calls_open", pbx=PBX)] == ["2.2"]


def test_the_list_is_newest_first_and_filtered(store: Store) -> None:
    with store.write() as tx:
        tx.run("call_put", **call_row(id="1.1", started_ms=100))
        tx.run("call_put", **call_row(id="2.2", started_ms=200, direction="outbound", party="+48501000301"))
        tx.run("call_put", **call_row(id="3.3", started_ms=300, outcome="answered"))
        assert listed(tx) == ["3.3", "2.2", "1.1"]
        assert listed(tx, limit=2) == ["3.3", "2.2"]
        assert listed(tx, from_ms=200, to_ms=300) == ["2.2"]
        assert listed(tx, direction="outbound") == ["2.2"]
        assert listed(tx, outcome="answered") == ["3.3"]
        assert listed(tx, number="+48501000301") == ["2.2"]


def test_pages_neither_repeat_nor_skip_calls_of_one_moment(store: Store) -> None:
    with store.write() as tx:
        for n in range(10):
            tx.run("call_put", **call_row(id=f"{n}.1", started_ms=START_MS + n // 4))
        tx.run("call_put", **call_row(pbx="branch", id="5.1", started_ms=START_MS + 1))
        whole = [(row["pbx"], row["id"]) for row in tx.all("calls_list", **NO_FILTER, limit=99)]
        paged: list[tuple[str, str]] = []
        last: dict[str, object] = {}
        while page := tx.all("calls_list", **NO_FILTER | last, limit=2):
            paged += [(row["pbx"], row["id"]) for row in page]
            last = {f"before_{part}": page[-1][column] for part, column in
                    (("ms", "started_ms"), ("id", "id"), ("pbx", "pbx"))}  # fmt: skip
    assert paged == whole
    assert len(whole) == 11


def test_a_leg_belongs_to_the_call_that_named_it_last(store: Store) -> None:
    leg = {"pbx": PBX, "uniqueid": "9.9", "call": "2.2", "linkedid": "2.2", "channel": "PJSIP/101-1", "role": "phone",
           "number": "101", "started_ms": 1, "answered_ms": None, "ended_ms": None, "cause": None,
           "ring_ms": None}  # fmt: skip
    with store.write() as tx:
        tx.many("legs_put", [leg])
        tx.many("legs_put", [leg | {"call": "1.1", "cause": 16}])
        assert tx.all("legs", pbx=PBX, call="2.2") == []
        assert tx.all("legs", pbx=PBX, call="1.1") == [leg | {"call": "1.1", "cause": 16}]
        assert tx.value("call_of_leg", pbx=PBX, uniqueid="9.9") == "1.1"
        assert tx.run("legs_clear", pbx=PBX, call="1.1") == 1


def test_talks_and_waits_are_replaced_as_a_whole(store: Store) -> None:
    talks = [{"pbx": PBX, "call": "1.1", "n": n, "who": "101", "started_ms": n, "ended_ms": None} for n in range(3)]
    waits = [{"pbx": PBX, "call": "1.1", "n": 0, "queue": "reception", "started_ms": 1, "ended_ms": 2,
              "departed": "answered"}]  # fmt: skip
    with store.write() as tx:
        for kind, new in (("talks", talks), ("waits", waits)):
            for _ in range(2):
                tx.run(f"{kind}_clear", pbx=PBX, call="1.1")
                tx.many(f"{kind}_put", new)
            assert tx.all(kind, pbx=PBX, call="1.1") == new
        tx.many("talks_put", [])


def test_several_exchanges_are_noticed(store: Store) -> None:
    with store.write() as tx:
        assert tx.value("calls_of_several_pbx") == 0
        tx.run("call_put", **call_row())
        assert tx.value("calls_of_several_pbx") == 0
        tx.run("call_put", **call_row(pbx="branch"))
        assert tx.value("calls_of_several_pbx") == 1
