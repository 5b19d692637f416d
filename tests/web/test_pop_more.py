"""What the card knows beyond the call, and what a receptionist does with it."""

from pathlib import Path
from typing import Any

from tests.callbacks.clinic import PATIENT, at
from tests.store.rows import insert
from tests.web.reception import PATIENT_LINK, Console, console, person
from web.pop import Card, cards

STRANGER, DID = "+48501000777", "+48221234501"


def shown(made: Console, desk: str = "101") -> Card:
    with made.store.read() as tx:
        [card] = cards(tx, desk, "anna", made.now, PATIENT_LINK)
    return card


def appointment(made: Console, ref: str, patient: str, start_ms: int, **rest: Any) -> None:
    with made.store.write() as tx:
        insert(tx, "appointment", **{"ref": ref, "patient": patient, "start_ms": start_ms, "local_day": "2026-11-24",
                                     "status": "booked", "location": "", "doctor": "dr Maj",
                                     "imported_ms": at("09:30"), **rest})


def on_the_line(made: Console, call: str = "1.1", number: str | None = PATIENT, **changes: Any) -> None:
    made.rings(call, "101", number=number, **changes)
    made.answers(call, "101")


async def test_relatives_are_ranked_by_their_last_appointment(tmp_path: Path) -> None:
    async with console(tmp_path) as made:
        made.patient("P1", "Anna Nowak", PATIENT)
        made.patient("P2", "Jan Nowak", PATIENT)
        made.patient("P3", "Ola Nowak", PATIENT)
        appointment(made, "A1", "P1", at("2026-10-01 10:00"))
        appointment(made, "A2", "P2", at("2026-11-01 10:00"))
        appointment(made, "A3", "P3", at("2026-11-20 10:00"), status="cancelled")
        made.rings("1.1", "101")
        assert [one.ref for one in shown(made).relatives] == ["P2", "P1", "P3"]


async def test_the_next_appointment_is_told_with_the_age_of_the_data(tmp_path: Path) -> None:
    async with console(tmp_path) as made, person(made, "anna", "101") as anna:
        made.patient("P1", "Anna Nowak", PATIENT)
        made.patient("P2", "Kuba Nowak", PATIENT)
        appointment(made, "A1", "P2", at("2026-11-24 10:15"))
        appointment(made, "A2", "P1", at("2026-11-20 10:15"))
        made.rings("1.1", "101")
        assert [row["ref"] for row in shown(made).more.coming] == ["A1"]
        text = await anna.text("/board")
        for part in ("Next appointment:", "24 Nov 2026, 10:15", "dr Maj", "Kuba Nowak", "Appointments as of 09:30"):
            assert part in text, part


async def test_the_promise_of_the_advertisement_is_told(tmp_path: Path) -> None:
    async with console(tmp_path) as made, person(made, "anna", "101") as anna:
        made.rings("1.1", "101", did=DID)
        with made.store.write() as tx:
            tx.run("campaign_add", id=1, source="billboard", medium="ooh", name="Autumn")
            tx.conn.execute("UPDATE campaign SET promise = 'First visit 99 zł' WHERE id = 1")
            tx.conn.execute("DELETE FROM attribution")
            insert(tx, "attribution", pbx="main", call="1.1", rule="number", campaign=1, evidence="{}", decided_ms=1)
        assert shown(made).more.promise == "First visit 99 zł"
        assert "First visit 99 zł" in await anna.text("/board")


async def test_a_first_time_caller_is_asked_once_how_they_heard_of_us(tmp_path: Path) -> None:
    async with console(tmp_path) as made, person(made, "anna", "101") as anna:
        on_the_line(made, "1.0", PATIENT)
        assert not shown(made).more.asks_heard
        made.ends("1.0")
        await anna.post("/calls/main:1.0/note", topic="results")
        on_the_line(made, "1.1", STRANGER, first_time=1)
        assert "How did you hear of us?" in await anna.text("/board")
        assert (await anna.post("/calls/main:1.1/heard", answer="radio"))[0] == 204
        assert (await anna.post("/calls/main:1.1/heard", answer="friend"))[0] == 204
        assert [(row["answer"], row["author"]) for row in made.rows("call_heard")] == [("friend", "anna")]
        assert "Heard of us by" in await anna.text("/calls/main:1.1")
        assert (await anna.post("/calls/main:1.1/heard", answer="friend"))[0] == 204
        assert made.rows("call_heard") == [], "the same key again takes it back"
        await anna.post("/calls/main:1.1/heard", answer="flyer")
        assert (await anna.post("/calls/main:1.1/heard", answer="<script>"))[0] == 400
        made.ends("1.1")
        await anna.post("/calls/main:1.1/note", topic="results")
        on_the_line(made, "1.2", STRANGER, first_time=1)
        assert not shown(made).more.asks_heard


async def test_a_stranger_is_saved_as_a_patient_from_the_call(tmp_path: Path) -> None:
    async with console(tmp_path) as made, person(made, "anna", "101") as anna:
        on_the_line(made, "1.1", STRANGER, caller_name="NOWAK J", caller_raw="501000777")
        for wrong in ({"name": " "}, {"name": "Jan", "born": "1700"}, {"name": "Jan", "born": "abc"}):
            assert (await anna.post("/calls/main:1.1/patient", **wrong))[0] == 409, wrong
        assert (await anna.post("/calls/main:1.1/patient", name="Jan Nowak", born="1985"))[0] == 204
        [jan] = shown(made).relatives
        assert (jan.name, jan.year, jan.url) == ("Jan Nowak", 1985, ""), "the clinic's own system does not know them"
        assert [(row["number"], row["raw"]) for row in made.rows("patient_number")] == [(STRANGER, "501000777")]
        await anna.post("/calls/main:1.1/note", topic="information", patient=jan.ref)
        assert made.rows("call_topic")[0]["patient"] == jan.ref


async def test_work_after_a_call_ends_when_its_topic_is_saved_and_after_three_minutes(tmp_path: Path) -> None:
    async with console(tmp_path) as made, person(made, "anna", "101") as anna:
        on_the_line(made)
        assert "after the call" not in await anna.text("/board")
        made.ends("1.1")
        assert '<span class="phone-doing">after the call</span>' in await anna.text("/board")
        made.now += 181_000
        made.tell("call.ended", "main:1.1")  # the board is looked at again now, not within twenty seconds
        assert "after the call" not in await anna.text("/board")
        on_the_line(made, "1.2", STRANGER)
        made.ends("1.2")
        assert "after the call" in await anna.text("/board")
        assert (await anna.post("/calls/main:1.2/note", topic="information"))[0] == 204
        assert "after the call" not in await anna.text("/board")


async def test_who_withholds_the_number_is_saved_without_it_and_keeps_the_call(tmp_path: Path) -> None:
    async with console(tmp_path) as made, person(made, "anna", "101") as anna:
        on_the_line(made, "1.1", None, withheld=1, caller_raw="anonymous")
        assert (await anna.post("/calls/main:1.1/patient", name="Ewa Maj"))[0] == 204
        [ewa] = shown(made).relatives
        assert (ewa.name, made.rows("patient_number")) == ("Ewa Maj", [])
        assert (await anna.post("/calls/main:1.1/note", topic="results"))[0] == 204
        assert "Ewa Maj" in await anna.text("/calls/main:1.1")
        assert (await anna.post("/calls/main:1.1/spam"))[0] == 409


async def test_spam_is_marked_with_a_reason_and_taken_back(tmp_path: Path) -> None:
    async with console(tmp_path) as made, person(made, "anna", "101") as anna:
        on_the_line(made, "1.1", STRANGER)
        assert (await anna.post("/calls/main:1.1/spam"))[0] == 204
        [row] = made.rows("number_mark")
        assert (row["number"], row["kind"], row["author"]) == (STRANGER, "spam", "anna")
        assert [note["topic"] for note in made.rows("call_topic")] == ["sales_spam"]
        assert "Marked as spam by Anna" in await anna.text("/calls/main:1.1")
        assert 'action="/calls/main:1.1/unspam" data-act data-then="reload"' in await anna.text("/calls/main:1.1")
        assert (await anna.post("/calls/main:1.1/unspam"))[0] == 204
        assert made.rows("number_mark") == []
        assert (await anna.post("/calls/main:1.1/unspam"))[0] == 409
        with made.store.write() as tx:
            tx.run("number_mark_put", number=STRANGER, kind="staff", reason="a nurse", author="boss", at_ms=1)
        assert (await anna.post("/calls/main:1.1/spam"))[0] == 409


async def test_what_was_booked_counts_until_the_clinics_system_tells_it(tmp_path: Path) -> None:
    async with console(tmp_path) as made, person(made, "anna", "101") as anna:
        made.patient("P1", "Anna Nowak", PATIENT)
        on_the_line(made)
        note = "/calls/main:1.1/note"
        for wrong in ({"booked_day": "24.11.2026", "booked_time": "10:15"}, {"booked_day": "2020-01-01",
                      "booked_time": "10:15"}, {"booked_day": "2026-11-24"}):
            assert (await anna.post(note, **wrong))[0] == 409, wrong
        status, said = await anna.post(note, topic="results", booked_day="2026-11-24", booked_time="10:15")
        assert (status, "goes with the topic Booked" in said) == (409, True)
        assert (await anna.post(note, patient="P1", booked_day="2026-11-24", booked_time="10:15",
                                booked_doctor="dr Maj"))[0] == 204
        assert [row["topic"] for row in made.rows("call_topic")] == ["booked"]
        [row] = made.rows("call_booking")
        assert (row["patient"], row["start_ms"], row["doctor"]) == ("P1", at("2026-11-24 10:15"), "dr Maj")
        made.ends("1.1")
        made.rings("1.2", "101")
        assert [row["call"] for row in shown(made).more.agreed] == ["1.1"]
        assert "not yet in your own system" in await anna.text("/board")
        appointment(made, "A1", "P1", at("2026-11-24 10:30"))
        more = shown(made).more
        assert (more.agreed, [row["ref"] for row in more.coming]) == ((), ["A1"])


async def test_a_topic_is_proposed_and_never_stored_by_itself(tmp_path: Path) -> None:
    async with console(tmp_path) as made, person(made, "anna", "101") as anna:
        for number in range(5):
            made.calls.inbound(f"0.{number}", f"08:0{number}", "answered", number=f"+4850100080{number}", did=DID)
            await anna.post(f"/calls/main:0.{number}/note", topic="price")
        on_the_line(made, "1.1", STRANGER, did=DID)
        found = shown(made).more.proposal
        assert found is not None
        assert (found.topic, found.why) == ("price", "number")
        assert 'data-key="s"' in await anna.text("/board")
        assert len(made.rows("call_topic")) == 5
        await anna.post("/calls/main:1.1/note", topic="prescription")
        made.ends("1.1")
        made.now += 60_000
        on_the_line(made, "1.2", STRANGER, did=DID)
        again = shown(made).more.proposal
        assert again is not None
        assert (again.topic, again.why) == ("prescription", "again")


async def test_calls_of_today_without_a_topic_are_asked_for(tmp_path: Path) -> None:
    async with console(tmp_path) as made, person(made, "anna", "101") as anna:
        for number in range(5):
            made.calls.inbound(f"0.{number}", f"08:0{number}", "answered", number=f"+4850100080{number}",
                               local_day="2026-11-23")
        assert "5 of your calls today have no topic yet." in await anna.text("/board")
        for number in range(4):
            await anna.post(f"/calls/main:0.{number}/note", topic="price")
        assert "1 of your calls today has no topic yet." in await anna.text("/board")
