"""What a person decides about a call, done by a program: its campaign, and whether it counts; audited, taken back."""

from pathlib import Path

from tests.web.api.office import office, program

MISSED = "/calls/1795309246.157"


async def test_a_campaign_is_said_followed_and_taken_back(tmp_path: Path) -> None:
    async with office(tmp_path) as made, program(made) as ask:
        before = await ask.get(f"{MISSED}/campaign")
        assert before.body["why"][0] == 'Campaign: billboard / offline / Marszałkowska, by rule "number".'
        said = await ask.ask("PUT", f"{MISSED}/campaign", {"campaign": None, "because": "a supplier"})
        assert said.body["why"][0] == 'Campaign: no campaign, by rule "manual".'
        assert [(one["campaign"], one["because"], one["author"]) for one in said.body["corrections"]] == [
            (None, "a supplier", "boss"),
        ]
        undone = await ask.ask("DELETE", f"{MISSED}/campaign")
        assert (undone.body["why"], undone.body["corrections"][0]["undone_by"]) == (before.body["why"], "boss")
        assert "nothing to take back" in (await ask.ask("DELETE", f"{MISSED}/campaign")).detail
        wrong = await ask.ask("PUT", f"{MISSED}/campaign", {"campaign": 99, "because": "x"})
        assert (wrong.status, wrong.detail[:24]) == (409, "There is no campaign 99;")
        assert (await ask.get("/calls/9.9/campaign")).status == 404
        with made.store.read() as tx:
            deeds = [(row["action"], row["ref"]) for row in tx.all(
                "audit_list", before=None, person="boss", kind="call", ref=None, limit=9)]
    assert ("attributed", "main:1795309246.157") in deeds
    assert ("took back", "main:1795309246.157") in deeds


async def test_a_reason_that_may_name_a_patient_is_not_told_to_who_sees_no_calls(tmp_path: Path) -> None:
    async with office(tmp_path) as made, program(made) as boss, program(made, "campaigns:edit") as marketer:
        written = {"campaign": None, "because": "Mrs Nowak said so"}
        assert "Nowak" in str((await boss.ask("PUT", f"{MISSED}/campaign", written)).body)
        with made.store.write() as tx:
            tx.conn.execute("UPDATE attribution_correction SET author = 'ewa'")
        told = await marketer.get(f"{MISSED}/campaign")
        assert (told.status, "Nowak" in str(told.body)) == (200, False)
        said = await marketer.ask("PUT", f"{MISSED}/campaign", {"campaign": None, "because": "a supplier"})
        assert [one["because"] == "a supplier" for one in said.body["corrections"]] == [False, True]


async def test_one_call_is_marked_and_counts_again(tmp_path: Path) -> None:
    async with office(tmp_path) as made, program(made) as ask:
        assert (await ask.ask("PUT", f"{MISSED}/mark", {"kind": "test", "reason": "the installer"})).status == 204
        assert (await ask.ask("PUT", f"{MISSED}/mark", {"kind": "test", "reason": " "})).status == 422
        with made.store.read() as tx:
            assert [row["excluded"] for row in tx.all("calls_by_id", id="1795309246.157")] == ["test"]
        assert (await ask.ask("DELETE", f"{MISSED}/mark")).status == 204
        assert (await ask.ask("DELETE", f"{MISSED}/mark")).detail.startswith("This call is not marked")
