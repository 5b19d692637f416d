"""What is beside a callback is the same, whether it is read for one alone or for all open ones at once."""

from pathlib import Path

from tests.callbacks.clinic import PATIENT
from tests.web.reception import console, person
from tests.web.test_callbacks import missed
from web.callbacks_around import Around, AroundAll
from web.callbacks_pages import item, lists

OTHER = "+48501000300"


async def test_one_alone_and_all_at_once_say_the_same(tmp_path: Path) -> None:
    async with console(tmp_path) as made, person(made, "anna", "101") as anna:
        made.patient("P1", "Zofia Łęcka", PATIENT)
        made.patient("P2", "Adam Łęcki", PATIENT)
        missed(made)
        missed(made, "1.2")
        missed(made, "1.3", OTHER)
        made.rings("1.5", "102", number=OTHER, caller_number=OTHER, party=OTHER)
        for text in ("first", "second", "third", "fourth"):
            assert (await anna.post("/callbacks/1/comment", text=text))[0] == 204
        for _ in range(8):
            await anna.post("/callbacks/1/ring")
        with made.store.read() as tx:
            assert made.app is not None
            shown = lists(tx, made.app, "anna", made.now)
            rows = {row["id"]: row for row in tx.all("callbacks_open_list", now_ms=made.now, limit=10, skip=0)}
            alone = {ref: item(tx, made.app, row, "anna", made.now) for ref, row in rows.items()}
        listed = {one.id: one for one in (*shown.mine, *shown.others)}
        assert {ref: _bare(one) for ref, one in listed.items()} == {ref: _bare(one) for ref, one in alone.items()}
        assert len(listed) == 2
        assert [who["name"] for who in listed[1].patients] == ["Adam Łęcki", "Zofia Łęcka"]
        assert [said["body"] for said in listed[1].comments] == ["second", "third", "fourth"]
        assert listed[1].misses == 2
        assert [one.live is not None for one in alone.values()].count(True) == 1
        assert "8 times today" in listed[1].barred


async def test_what_dialled_a_campaigns_number_says_so_both_ways(tmp_path: Path) -> None:
    async with console(tmp_path) as made, person(made, "anna", "101"):
        missed(made)
        with made.store.write() as tx:
            tx.run("campaign_add", id=7, source="billboard", medium="outdoor", name="autumn")
            tx.run("attribution_put", pbx="main", call="1.1", rule="number", campaign=7, evidence="{}", runner_up=None,
                   decided_ms=made.now)
        with made.store.read() as tx:
            assert made.app is not None
            for around in (Around(tx, made.app, made.now), AroundAll(tx, made.app, made.now, [1])):
                missed_ms, call = around.miss(1)
                assert missed_ms is not None
                assert call is not None
                assert around.dialled(call)[1] == "billboard / autumn"
                assert around.miss(99) == (None, None)


def _bare(one: object) -> dict[str, object]:
    """Leave out of rows what only the list's own queries carry."""
    fields = {name: getattr(one, name) for name in one.__slots__}  # type: ignore[attr-defined]
    fields["patients"] = [(who["ref"], who["name"]) for who in fields["patients"]]
    return fields
