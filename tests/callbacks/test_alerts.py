"""Alerts: what is trouble, who is told, and that it is told once."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from callbacks.alerts import Alerts, Thresholds
from store import Store, open_store
from tests.callbacks.clinic import OTHER, Clinic, at
from tests.callbacks.wire import Killed, Wire
from tests.store.rows import PBX

DID = "+48221234501"


@pytest.fixture(params=["file", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    from tests.store.conftest import _address

    return _address(request.param, request, tmp_path)


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with open_store(url) as opened:
        yield opened


class Watch:
    """Alerts of a clinic, with a wire to its manager and one to its admin."""

    def __init__(self, clinic: Clinic, thresholds: Thresholds | None = None) -> None:
        self.clinic = clinic
        self.manager, self.admin = Wire("manager"), Wire("admin")
        self.thresholds = thresholds or Thresholds()
        self.begin()

    def begin(self) -> None:
        """Start the process anew."""
        channels = {"manager": [self.manager], "admin": [self.admin]}
        self.alerts = Alerts(self.clinic.store, self.clinic.ctx, self.thresholds, channels)

    async def look(self, *times: str) -> None:
        for now in times:
            await self.alerts.once(at(now))

    def duty(self, on_duty: int, now: str, queue: str = "reception") -> None:
        with self.clinic.store.write() as tx:
            row = {"pbx": PBX, "queue": queue, "members": 3, "on_duty": on_duty, "at_ms": at(now)}
            tx.many("queue_duty_put", [row])

    def deaf(self, since: str) -> None:
        with self.clinic.store.write() as tx:
            tx.run("gap_open", id=tx.next_id("gap"), pbx=PBX, from_ms=at(since), reason="closed")

    def hears(self, now: str) -> None:
        with self.clinic.store.write() as tx:
            tx.run("gap_close", pbx=PBX, to_ms=at(now))


@pytest.fixture
def watch(clinic: Clinic) -> Watch:
    return Watch(clinic)


async def test_a_quiet_clinic_is_left_in_peace(watch: Watch) -> None:
    await watch.look("08:00", "10:00", "23:00")
    assert watch.manager.sent + watch.admin.sent == []


async def test_an_exchange_that_is_not_heard_is_told_to_the_admin_with_an_all_clear(watch: Watch) -> None:
    await watch.look("09:50")
    watch.deaf("10:00")
    await watch.look("10:01", "10:02", "10:03", "10:30")
    assert watch.admin.subjects == ["The exchange is not heard"]
    watch.hears("10:31")
    await watch.look("10:31", "10:34", "10:36", "10:37")
    assert watch.admin.subjects == ["The exchange is not heard", "The exchange is heard again"]
    assert "It began at 2026-11-23 10:02" in watch.admin.sent[1].body
    assert watch.manager.sent == []


async def test_a_link_that_comes_and_goes_is_one_episode(watch: Watch) -> None:
    await watch.look("09:50")
    watch.deaf("10:00")
    await watch.look("10:02")
    watch.hears("10:03")
    await watch.look("10:04")
    watch.deaf("10:04")
    await watch.look("10:06", "10:07")
    assert len(watch.admin.sent) == 1


async def test_what_was_silent_before_callward_started_gets_its_time(watch: Watch) -> None:
    """The gap of a night without a listener is no news: the link has just begun to dial."""
    watch.deaf("2026-11-22 18:00")
    await watch.look("08:00", "08:01")
    watch.hears("08:01")
    await watch.look("08:03")
    assert watch.admin.sent == []


async def test_nobody_on_duty_in_opening_hours_is_told_to_the_manager(watch: Watch) -> None:
    watch.duty(2, "08:00")
    await watch.look("08:00", "10:00")
    watch.duty(0, "10:00")
    await watch.look("10:04", "10:05", "10:20")
    assert watch.manager.subjects == ["Nobody is on duty"]
    watch.duty(1, "10:21")
    await watch.look("10:26")
    assert watch.manager.subjects[1:] == ["Somebody is on duty again"]


async def test_nobody_has_to_be_there_when_the_clinic_is_closed(watch: Watch) -> None:
    watch.duty(0, "2026-11-22 18:00")
    await watch.look("07:00", "08:04")
    assert watch.manager.sent == []
    await watch.look("08:05")
    assert watch.manager.subjects == ["Nobody is on duty"]


async def test_one_queue_that_is_staffed_is_enough_unless_queues_are_named(clinic: Clinic) -> None:
    watch = Watch(clinic)
    watch.duty(0, "09:00")
    watch.duty(1, "09:00", "doctors")
    await watch.look("08:00", "10:00")
    assert watch.manager.sent == []
    named = Watch(clinic, Thresholds(queues=("reception", "doctors")))
    await named.look("10:00", "10:05")
    assert [message.body.splitlines()[0] for message in named.manager.sent] == [
        "No member of queue reception is logged in and free to be rung."
    ]


async def test_a_clinic_without_queues_has_nobody_to_miss(watch: Watch) -> None:
    await watch.look("08:00", "10:00")
    assert watch.manager.sent == []


async def test_a_caller_kept_waiting(watch: Watch, clinic: Clinic) -> None:
    clinic.inbound("1", "10:00", None, offered_ms=at("10:00"))
    clinic.inbound("2", "10:00", None, offered_ms=at("10:00"), answered_ms=at("10:01"), number=OTHER)
    await watch.look("10:01", "10:02", "10:03")
    (message,) = watch.manager.sent
    assert message.subject == "Callers are kept waiting"
    assert message.body.startswith("1 caller has waited longer than 120 s, the first for 2:00.")
    clinic.inbound("1", "10:00", "abandoned", ended_ms=at("10:04"), offered_ms=at("10:00"))
    await watch.look("10:04", "10:09")
    assert watch.manager.subjects[1:] == ["Nobody is kept waiting any more"]


async def test_a_caller_whose_end_was_not_seen_is_not_kept_waiting(watch: Watch, clinic: Clinic) -> None:
    clinic.inbound("1", "10:00", None, offered_ms=at("10:00"))
    watch.deaf("10:00")
    await watch.look("10:30")
    assert watch.manager.sent == []


def assigned(store: Store) -> None:
    with store.write() as tx:
        tx.conn.execute(
            "INSERT INTO number_assignment (id, did, label, kind, location, valid_from)"
            f" VALUES (1, '{DID}', 'Billboard', 'static', '', '2026-01-01')"
        )


async def test_a_tracked_number_that_reaches_no_one(watch: Watch, clinic: Clinic, store: Store) -> None:
    assigned(store)
    for n, outcome in enumerate(["answered", "failed", "abandoned", "no_answer", "failed"]):
        clinic.inbound(str(n), f"10:0{n}", outcome)
    await watch.look("10:10")
    assert "A tracked number reaches no one" not in watch.manager.subjects
    clinic.inbound("5", "10:11", "failed")
    await watch.look("10:12", "12:30", "2026-11-24 10:00")
    assert watch.manager.subjects.count("A tracked number reaches no one") == 1
    assert DID not in watch.manager.sent[-1].body
    clinic.inbound("6", "2026-11-24 10:05", "answered")
    await watch.look("2026-11-24 10:06")
    assert watch.manager.subjects.count("The tracked number reaches people again") == 1


async def test_what_failed_long_ago_begins_no_alert(watch: Watch, clinic: Clinic, store: Store) -> None:
    assigned(store)
    for n in range(6):
        clinic.inbound(str(n), f"10:0{n}", "failed")
    await watch.look("12:00")
    assert watch.manager.sent == []


async def test_many_calls_of_the_last_hour_unanswered(watch: Watch, clinic: Clinic) -> None:
    for n, outcome in enumerate(["answered", "answered", "answered", "abandoned", "abandoned"]):
        clinic.inbound(str(n), f"10:1{n}", outcome)
    await watch.look("10:20")
    assert watch.manager.sent == [], "two of five are forty per cent, which is not more"
    clinic.inbound("5", "10:21", "busy")
    await watch.look("10:22", "10:40")
    (message,) = watch.manager.sent
    assert (message.subject, message.body.splitlines()[0]) == (
        "Many calls go unanswered", "3 of the last hour's 6 calls were not answered.")
    await watch.look("11:30")
    assert watch.manager.subjects[1:] == ["Calls are answered again"]


async def test_a_few_calls_are_no_measure(watch: Watch, clinic: Clinic) -> None:
    for n in range(4):
        clinic.inbound(str(n), f"10:1{n}")
    await watch.look("10:20")
    assert watch.manager.sent == []


async def test_each_look_can_be_switched_off(clinic: Clinic) -> None:
    off = Thresholds(nobody_minutes=0, waiting_s=0, link_minutes=0, number_calls=0, unanswered_percent=0)
    watch = Watch(clinic, off)
    watch.duty(0, "08:00")
    clinic.inbound("1", "10:00", None, offered_ms=at("10:00"))
    for n in range(2, 9):
        clinic.inbound(str(n), f"10:1{n}", "failed")
    await watch.look("09:00", "10:30")
    watch.deaf("10:30")
    await watch.look("11:00")
    assert watch.manager.sent + watch.admin.sent == []


async def test_an_alert_survives_a_restart_and_is_not_told_again(watch: Watch) -> None:
    await watch.look("09:50")
    watch.deaf("10:00")
    await watch.look("10:02")
    watch.begin()
    await watch.look("10:10", "10:13")
    watch.begin()
    watch.hears("10:20")
    await watch.look("10:21", "10:30")
    assert watch.admin.subjects == ["The exchange is not heard", "The exchange is heard again"]


async def test_an_alert_that_could_not_be_sent_is_not_lost_and_comes_before_its_all_clear(watch: Watch) -> None:
    await watch.look("09:50")
    watch.deaf("10:00")
    watch.admin.away = True
    await watch.look("10:02", "10:10")
    watch.hears("10:11")
    await watch.look("10:11", "10:20")
    watch.admin.away = False
    await watch.look("10:30")
    assert watch.admin.subjects == ["The exchange is not heard", "The exchange is heard again"]


async def test_a_process_killed_between_sending_and_marking_tells_again(watch: Watch) -> None:
    await watch.look("09:50")
    watch.deaf("10:00")
    watch.admin = Killed("admin")
    watch.begin()
    await watch.look("09:55")
    with pytest.raises(asyncio.CancelledError):
        await watch.look("10:02")
    watch.admin = Wire("admin")
    watch.begin()
    await watch.look("10:03", "10:04", "10:05")
    assert watch.admin.subjects == ["The exchange is not heard"]


async def test_trouble_is_kept_apart_by_exchange(watch: Watch, clinic: Clinic) -> None:
    await watch.look("09:50")
    watch.deaf("10:00")
    with clinic.store.write() as tx:
        tx.run("gap_open", id=tx.next_id("gap"), pbx="branch", from_ms=at("10:00"), reason="closed")
    await watch.look("10:02")
    assert len(watch.admin.sent) == 2
    watch.hears("10:03")
    await watch.look("10:08")
    assert watch.admin.subjects[2:] == ["The exchange is heard again"]
    assert f'"{PBX}"' in watch.admin.sent[2].body
