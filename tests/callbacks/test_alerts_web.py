"""Alerts about the pool, the script on the pages, coverage, and what the public door switched off."""

from collections.abc import Iterator

import pytest

from callbacks.alerts import Alerts, Thresholds
from callbacks.alerts_web import DAY_MS
from store import open_store
from tests.callbacks.clinic import Clinic, at, inbound
from tests.callbacks.wire import Wire
from tests.store.rows import PBX


@pytest.fixture
def clinic() -> Iterator[Clinic]:
    with open_store(":memory:") as store:
        yield Clinic(store)


async def look(clinic: Clinic, *times: str) -> list[str]:
    """Return the subjects of what the admin is told; the manager is told nothing."""
    admin, manager = Wire("admin"), Wire("manager")
    alerts = Alerts(clinic.store, clinic.ctx, Thresholds(number_calls=0), {"admin": [admin], "manager": [manager]})
    for now in times:
        await alerts.once(at(now))
    assert manager.sent == []
    return [f"{message.subject}: {message.body.splitlines()[0]}" for message in admin.sent]


def ask(clinic: Clinic, day: str, page: str = "/", asked: int = 20, leased: int = 20, overflow: int = 0) -> None:
    with clinic.store.write() as tx:
        for n in range(asked):
            tx.run("site_day_add", site="clinic.example", page=page, local_day=day, leased=int(n < leased), kept=0,
                   overflow=int(n < overflow), by_source=0, refused=0, now_ms=at(f"{day} 18:00"))


async def test_a_pool_that_is_too_small_is_told_once_and_the_next_day_is_another(clinic: Clinic) -> None:
    ask(clinic, "2026-11-23", leased=20, overflow=2)
    assert await look(clinic, "10:00") == []
    ask(clinic, "2026-11-23", asked=2, leased=0, overflow=2)
    told = await look(clinic, "10:30", "10:31", "11:00", "2026-11-24 00:00")
    assert told[0].startswith("The pool of numbers is too small: 4 of today's 24 new visitors found no free number")
    assert told[1].startswith("The pool of numbers is enough again")
    assert len(told) == 2


async def test_a_page_that_used_to_ask_and_is_silent_lost_its_script(clinic: Clinic) -> None:
    for day in range(16, 23):
        ask(clinic, f"2026-11-{day}")
        if day < 21:
            ask(clinic, f"2026-11-{day}", "/implants")
    told = await look(clinic, "10:00")
    assert told == ["A page lost the number script: clinic.example/implants has not asked for a number for 24 h or "
                    "more; see that the script is still on it."]
    told = await look(clinic, "2026-11-24 10:00")
    assert told == ["A page lost the number script: clinic.example has not asked for a number for 24 h or more; see "
                    "that the script is still on it."]
    ask(clinic, "2026-11-24")
    ask(clinic, "2026-11-24", "/implants")
    assert [line.partition(":")[0] for line in await look(clinic, "2026-11-24 18:30")] == [
        "The page asks for numbers again"] * 2


async def test_a_page_that_was_taken_down_long_ago_is_no_trouble_any_more(clinic: Clinic) -> None:
    for day in range(10, 17):
        ask(clinic, f"2026-11-{day}")
    assert len(await look(clinic, "2026-11-18 10:00")) == 1
    assert [line.partition(":")[0] for line in await look(clinic, "2026-11-28 10:00")] == [
        "The page asks for numbers again"]


async def test_fewer_calls_with_a_source_than_in_the_weeks_before(clinic: Clinic) -> None:
    now = at("10:00")
    with clinic.store.write() as tx:
        for n in range(80):
            old = n < 40
            tx.run("call_put", **inbound(f"1.{n}", now - (20 if old else 2) * DAY_MS + n * 1000, "answered"))
            tx.run("attribution_put", pbx=PBX, call=f"1.{n}", rule="number" if old or n % 2 else "none",
                   campaign=1 if old or n % 2 else None, evidence="{}", runner_up=None, decided_ms=0)
    assert await look(clinic, "10:00") == [
        "Fewer calls have a source: 50 % of the last 7 days' calls have a source, 100 % of those of the 4 weeks "
        "before; look for numbers that are not tracked and pages without the script."]


async def test_what_the_door_switched_off_is_told_at_once_and_again_when_it_is_on(clinic: Clinic) -> None:
    with clinic.store.write() as tx:
        tx.run("door_switch_put", name="requests", at_ms=at("10:07"), until_ms=at("11:07"), why="15 requests in 10 min")
    told = await look(clinic, "10:08", "11:08", "11:15")
    assert told[0].startswith('The public door has switched something off: The form "call me back" takes no requests')
    assert [line.partition(":")[0] for line in told[1:]] == ["The public door is open again"]
