"""What programs read and do is what the pages show and do: calls, callbacks, clicks, the feed, patients, campaigns."""

import asyncio
from pathlib import Path

from pbx.actions import ClickToCall
from pbx.link import LinkError
from tests.callbacks.clinic import PATIENT
from tests.callbacks.clinic import Clinic as Calls
from tests.web.api.office import DAY, office, patient, program
from tests.web.house import House
from web.calls_dial import DIALLER, Dialler

CALL = "/calls/1795309246.157"


async def test_the_log_is_paged_and_stays_put_while_calls_arrive(tmp_path: Path) -> None:
    async with office(tmp_path) as made, program(made) as robot:
        first = (await robot.get("/calls?limit=2")).body
        Calls(made.store).inbound("1795309250.5", "09:50", number="+48501000998")
        second = (await robot.get(f"/calls?limit=2&cursor={first['next']}")).body
        assert [call["id"][-1] for call in first["items"] + second["items"]] == ["4", "3", "2", "7"]
        assert second["next"] is None
        assert (await robot.get("/calls?cursor=bm9uc2Vuc2U")).status == 404
        assert [call["id"] for call in (await robot.get("/calls?outcome=answered")).body["items"]] == ["1795309247.2"]
        assert len((await robot.get(f"/calls?from={DAY}&to={DAY}&number=000999")).body["items"]) == 1


async def test_a_call_has_the_shape_of_the_contract_and_its_story(tmp_path: Path) -> None:
    async with office(tmp_path) as made, program(made) as robot:
        call = (await robot.get(CALL)).body
        assert call["caller_number"] == PATIENT
        assert call["campaign"] == {"source": "billboard", "medium": "offline", "name": "Marszałkowska"}
        assert call["patients"] == ["P-1"]
        assert (await robot.get("/calls/main:1795309246.157")).body == call
        for _ in range(2):
            said = await robot.post(f"{CALL}/comments", {"body": "Mornings only"}, Idempotency_Key="said-once")
            assert said.status == 204
        assert (await robot.post(f"{CALL}/topic", {"topic": "price"})).status == 204
        assert (await robot.post(f"{CALL}/topic", {"topic": "weather"})).status == 409
        story = (await robot.get(f"{CALL}/story")).body
        assert [note["topic"] for note in story["topics"]] == ["price"]
        assert [said["body"] for said in story["comments"]] == ["Mornings only"]
        assert story["callbacks"] == [1]
        assert story["why"]


async def test_who_shares_a_number_is_never_guessed(tmp_path: Path) -> None:
    async with office(tmp_path) as made, program(made) as robot:
        patient(made, "P-3", "Jan Nowak", PATIENT)
        refused = await robot.post(f"{CALL}/topic", {"topic": "booked"})
        assert "Several patients" in refused.detail
        assert (await robot.post(f"{CALL}/topic", {"topic": "booked", "patient": "P-3"})).status == 204
        assert (await robot.get("/callbacks/1")).body["closed_why"] == "booked"


async def test_of_two_who_claim_a_callback_exactly_one_gets_it(tmp_path: Path) -> None:
    async with office(tmp_path) as made, program(made) as boss, program(made, "callbacks:work", owner="anna") as anna:
        answers = await asyncio.gather(boss.post("/callbacks/1/claim"), anna.post("/callbacks/1/claim"))
        assert sorted(answer.status for answer in answers) == [200, 409]
        loser = next(answer for answer in answers if answer.status == 409)
        assert "has callback 1 already" in loser.detail


async def test_a_callback_is_worked_on_from_claim_to_close(tmp_path: Path) -> None:
    async with office(tmp_path) as made, program(made) as robot:
        queue = (await robot.get("/callbacks/queue")).body["items"]
        assert {one["number"] for one in queue} == {PATIENT, "+48501000999"}
        for path, body, status in (
            ("claim", None, 200), ("hand-over", {"to": "anna"}, 200), ("release", None, 409),
            ("snooze", {"until": "2026-11-24T08:00:00+01:00"}, 204), ("snooze", {"until": "2026-11-22T08:00:00Z"}, 409),
            ("snooze", {"until": "2096-11-22T08:00:00Z"}, 409), ("confirm", {"said": "spoke"}, 409),
            ("comments", {"body": "Rings at 8"}, 204), ("close", {"reason": "wrote"}, 409),
        ):  # fmt: skip
            assert (await robot.post(f"/callbacks/1/{path}", body)).status == status, path
        callback = (await robot.get("/callbacks/1")).body
        assert (callback["claimed_by"], callback["snoozed_until"]) == ("anna", "2026-11-24T07:00:00.000Z")
        assert [said["body"] for said in callback["comments"]] == ["Rings at 8"]
        page = (await robot.get("/callbacks?limit=1&state=open")).body
        assert [one["id"] for one in page["items"]] == [2]
        assert (await robot.post("/callbacks/2/close", {"reason": "wrote"})).status == 204
        assert (await robot.post("/callbacks/2/reopen")).status == 204


def dialler(made: House, clicks: list[ClickToCall]) -> Dialler:
    async def ring(click: ClickToCall) -> None:
        if click.phone == "PJSIP/102":
            raise LinkError("the exchange is away")
        clicks.append(click)

    return Dialler(ring, lambda extension: f"PJSIP/{extension}" if extension.startswith("10") else None)


async def test_a_ring_that_is_sent_twice_rings_once(tmp_path: Path) -> None:
    clicks: list[ClickToCall] = []
    async with office(tmp_path) as made, program(made) as robot:
        assert (await robot.post("/ring", {"phone": "101", "number": PATIENT})).status == 409
        made.app._state[DIALLER] = dialler(made, clicks)
        key, wish = {"Idempotency_Key": "one"}, {"phone": "101", "number": PATIENT}
        first, again = await robot.post("/ring", wish, **key), await robot.post("/ring", wish, **key)
        assert (first.status, again.status) == (202, 202)
        assert again.body == first.body
        assert again.headers["Idempotent-Replay"] == "true"
        assert len(clicks) == 1
        assert (await robot.post("/ring", {"phone": "103", "number": PATIENT}, **key)).status == 409, "another request"
        assert (await robot.post("/ring", wish, Idempotency_Key="no blanks")).status == 422
        assert (await robot.get(f"/clicks/{first.body['click']}")).body["stage"] == "asked"
        assert (await robot.get(f"/clicks/{'0' * 32}")).status == 404


async def test_what_failed_may_be_sent_again_with_its_key(tmp_path: Path) -> None:
    clicks: list[ClickToCall] = []
    async with office(tmp_path) as made, program(made) as robot:
        made.app._state[DIALLER] = dialler(made, clicks)
        for _ in range(2):
            away = await robot.post("/callbacks/1/ring", {"phone": "102"}, Idempotency_Key="two")
            assert "did not start the call" in away.detail
        assert (await robot.post("/ring", {"phone": "999", "number": PATIENT})).status == 409, "no phone of ours"
        assert (await robot.post("/ring", {"phone": "101", "number": "+48700123456"})).status == 409, "premium"
        assert (await robot.post("/callbacks/1/ring", {"phone": "101"})).status == 202
        assert (await robot.get("/callbacks/1")).body["claimed_by"] == "boss"
        assert [click.phone for click in clicks] == ["PJSIP/101"]


async def test_the_feed_tells_as_soon_as_something_happens(tmp_path: Path) -> None:
    async with office(tmp_path) as made, program(made) as robot, program(made) as other:
        last = (await robot.get("/feed")).body["last"]
        waiting = asyncio.create_task(robot.get(f"/feed?since={last}&wait=25"))
        await asyncio.sleep(0)
        await other.post("/callbacks/1/claim")
        told = (await waiting).body
        assert [(one["kind"], one["ref"]) for one in told["items"]] == [("callback.claimed", "1")]
        assert (await robot.get(f"/feed?since={told['last']}")).body == {"items": [], "last": told["last"]}
        assert (await robot.get("/feed?since=0&limit=1")).body["items"][0]["id"] == 1


async def test_the_board_and_the_link_are_seen(tmp_path: Path) -> None:
    async with office(tmp_path) as made, program(made) as robot:
        board = (await robot.get("/board")).body
        assert board["calls"] == []
        assert board["today"]["to_ring_back"] == 2
        assert (await robot.get("/status")).body["heard"] is False, "nobody ever listened"


async def test_patients_are_found_told_corrected_and_merged(tmp_path: Path) -> None:
    async with office(tmp_path) as made, program(made) as robot:
        found = (await robot.get("/patients?q=nowak")).body["items"]
        assert [(one["ref"], one["numbers"]) for one in found] == [("P-1", [PATIENT])]
        assert (await robot.get("/patients/P%2F2%20%C5%82")).body["name"] == "Piotr Żak"
        record = {"name": "Anna  Kowalska", "numbers": ["+48501000777"], "birth_date": "1985-04-30"}
        assert (await robot.ask("PUT", "/patients/P-9", record)).status == 204
        assert (await robot.get("/patients/P-9")).body["birth_year"] == 1985
        assert (await robot.ask("PUT", "/patients/P-9", record | {"birth_date": "1985-02-30"})).status == 409
        changed = await robot.ask("PATCH", "/patients/P-9", {"language": "pl", "name": "Anna Kowalska"})
        assert changed.body == {"changed": ["language"]}
        would = await robot.get("/patients/P-1/merge/P-9")
        assert would.body["numbers"] == ["+48501000777"]
        merge = (await robot.post("/patients/P-1/merge", {"other": "P-9"})).body["merge"]
        assert (await robot.get("/patients/P-9")).body["ref"] == "P-1"
        assert (await robot.post(f"/merges/{merge}/undo")).body == {"patients": ["P-1", "P-9"]}
        history = (await robot.get("/patients/P-1/history")).body["items"]
        assert {one["kind"] for one in history} >= {"call", "callback"}
        way = (await robot.get("/patients/P-1/journey")).body
        assert {one["kind"] for one in way["touches"]} >= {"call", "callback"}
        assert [one["at"] for one in way["touches"]] == sorted(one["at"] for one in way["touches"])
        assert way["models"].keys() == {"first", "last", "last_non_direct", "linear", "position_based"}
        assert all(abs(sum(one["share"] for one in shares) - 1) < 1e-9 for shares in way["models"].values() if shares)
        saved = await robot.post("/calls/1795309249.4/patient", {"name": "Ewa Lis"})
        assert (await robot.get(f"/patients/{saved.body['ref']}")).body["numbers"] == ["+48501000999"]


async def test_campaigns_numbers_and_costs_are_kept(tmp_path: Path) -> None:
    async with office(tmp_path) as made, program(made) as robot:
        added = (await robot.post("/campaigns", {"source": "google", "medium": "cpc", "name": "Implants"})).body["id"]
        assert (await robot.post("/campaigns", {"source": "google", "medium": "cpc", "name": "Implants"})).status == 409
        cost = {"amount": "1500.5", "currency": "PLN"}
        assert (await robot.ask("PUT", f"/campaigns/{added}/costs/2026-11", cost)).status == 204
        assert (await robot.ask("PUT", f"/campaigns/{added}/costs/2026-11-05", cost)).status == 409, "counted twice"
        assert (await robot.ask("PUT", f"/campaigns/{added}/costs/2026-02-30", cost)).status == 409
        listed = {one["id"]: one for one in (await robot.get("/campaigns")).body["items"]}
        assert listed[added]["costs"] == [{"amount": "1500.50", "currency": "PLN"}]
        taken = {"did": "+48221234501", "campaign": added, "valid_from": "2026-12-01"}
        assert (await robot.post("/numbers", taken)).status == 409
        assert (await robot.post("/numbers", taken | {"move": True})).status == 201
        ended = {one["valid_from"]: one["valid_to"] for one in (await robot.get("/numbers")).body["items"]}
        assert ended == {"2026-01-01": "2026-11-30", "2026-12-01": None}


async def test_marks_topics_days_and_users_are_kept(tmp_path: Path) -> None:
    async with office(tmp_path) as made, program(made) as robot:
        spam = await robot.ask("PUT", "/marks/+48501000999", {"kind": "spam", "reason": "sells windows"})
        assert spam.body == {"callbacks": [2]}
        assert [one["number"] for one in (await robot.get("/marks")).body["items"]] == ["+48501000999"]
        assert (await robot.ask("DELETE", "/marks/+48501000999")).status == 200
        assert (await robot.ask("DELETE", "/marks/+48501000999")).status == 404
        assert (await robot.ask("DELETE", "/topics/lens fitting")).status == 204
        assert (await robot.ask("DELETE", "/topics/booked")).status == 409, "shipped"
        assert (await robot.ask("PUT", "/hours/exceptions/2026-11-24", {"reason": "training"})).status == 200
        assert (await robot.get("/hours/exceptions")).body["items"][0]["hours"] == ""
        assert (await robot.ask("PUT", "/hours/exceptions/2026-11-24", {"hours": "10:00-09:00"})).status == 409
        link = await robot.post("/users", {"name": "olga", "display": "Olga", "roles": ["receptionist"]})
        assert "/enter/" in link.body["url"]
        assert (await robot.post("/users/boss/disable")).status == 409, "nobody locks themselves out"
        assert (await robot.ask("PUT", "/users/olga/roles", {"roles": ["marketer"]})).status == 204
        assert {one["name"]: one["roles"] for one in (await robot.get("/users")).body["items"]}["olga"] == ["marketer"]
        assert (await robot.get("/audit?person=boss&limit=1")).body["items"][0]["detail"].startswith("marketer (token")
