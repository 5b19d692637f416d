"""A manager corrects the campaign of a call on its page, and takes it back; nobody else can."""

from pathlib import Path

from tests.callbacks.clinic import at, inbound
from tests.web.reception import Console, console, person
from tracking.campaigns import Campaign, add_campaign

PAGE = "/calls/main:1.1"


def billboard(made: Console) -> int:
    with made.store.write() as tx:
        return add_campaign(tx, Campaign("billboard", "ooh", "Autumn <b>"))


async def test_a_correction_stands_above_the_rules_says_who_and_why_and_is_taken_back(tmp_path: Path) -> None:
    async with console(tmp_path, "12:00") as made, person(made, "boss", "101", roles="manager") as boss:
        made.calls.record(inbound("1.1", at("09:00"), "answered"))
        campaign = billboard(made)
        assert f'{PAGE}/campaign/undo"' not in await boss.text(PAGE), "nothing is corrected yet"
        assert await boss.post(f"{PAGE}/campaign", campaign=str(campaign), because="she <i>said</i> so") == (204, "")
        page = await boss.text(PAGE)
        assert f'value="{campaign}" selected>billboard / ooh / Autumn &lt;b&gt;' in page
        assert "“she &lt;i&gt;said&lt;/i&gt; so” <span class=\"quiet\">Boss" in page
        assert [row["campaign"] for row in made.rows("attribution")] == [campaign]
        assert (await boss.post(f"{PAGE}/campaign/undo"))[0] == 204
        assert f'{PAGE}/campaign/undo"' not in await boss.text(PAGE)
        assert [row["campaign"] for row in made.rows("attribution")] == [None]
        assert [deed for deed in made.audit() if deed[1] in ("attributed", "took back")] == [
            ("boss", "attributed", "call", "main:1.1"), ("boss", "took back", "call", "main:1.1")]


async def test_what_cannot_be_corrected_is_said(tmp_path: Path) -> None:
    async with console(tmp_path, "12:00") as made, person(made, "boss", "101", roles="manager") as boss:
        made.calls.record(inbound("1.1", at("09:00"), "answered"))
        for fields, said in (({"campaign": "99", "because": "x"}, "There is no such campaign;"),
                             ({"because": " "}, "The reason is empty;")):
            status, text = await boss.post(f"{PAGE}/campaign", **fields)
            assert (status, text.startswith(said)) == (409, True), text
        assert (await boss.post(f"{PAGE}/campaign/undo"))[0] == 409
        assert (await boss.post(f"{PAGE}/campaign", campaign="one", because="x"))[0] == 400
        assert (await boss.post(f"{PAGE}/campaign", campaign="9" * 19, because="x"))[0] == 400
        assert (await boss.post("/calls/main:9.9/campaign", because="x"))[0] == 404


async def test_a_receptionist_is_not_offered_it_and_a_marketer_who_sees_no_call_is_refused(tmp_path: Path) -> None:
    async with console(tmp_path, "12:00") as made, person(made, "anna", "101") as anna, \
            person(made, "marek", "", roles="marketer") as marek:
        made.calls.record(inbound("1.1", at("09:00"), "answered"))
        assert "/campaign" not in await anna.text(PAGE)
        for visitor in (anna, marek):
            assert (await visitor.post(f"{PAGE}/campaign", because="x"))[0] == 403
            assert (await visitor.post(f"{PAGE}/campaign/undo"))[0] == 403
        assert made.rows("attribution_correction") == []
