"""What a platform is told, why of others not, and that nothing is told twice."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commands.common import write_private
from store import Row, Store, Tx, open_store
from store.merge import merge_calls
from tests.store.conftest import postgres, url
from tests.store.rows import PBX
from tests.tracking.booking import (
    ANNA,
    CLICK,
    CLOCK,
    WARSAW,
    appointment,
    at,
    attributed,
    call,
    clicked_and_rang,
    patient,
    topic,
    visit,
)  # fmt: skip
from tracking import TrackingError
from tracking.appointments_relate import relate_recent
from tracking.conversions import google
from tracking.conversions.handing import Exported, Files, export, export_again
from tracking.conversions.ledger import Desk, explain, listed, retractable, waiting
from tracking.conversions.rules import (
    CHECKS,
    DAY_MS,
    GA4_MS,
    REASONS,
    Booking,
    CallFacts,
    Case,
    Platform,
    Terms,
    Visit,
    judge,
)  # fmt: skip
from tracking.conversions.target import target_by
from tracking.qualities import Rules

__all__ = ["postgres", "url"]
NOW = at("2026-11-24 12:00")


def desk(now: int = NOW, **terms: object) -> Desk:
    return Desk(Terms(**terms), target_by(Rules()), now)  # type: ignore[arg-type]


@pytest.fixture
def store() -> Iterator[Store]:
    with open_store(":memory:") as opened:
        with opened.write() as tx:
            patient(tx, "P-1", "Anna Wzorowa", ANNA)
        yield opened


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files("google", tmp_path / "google.csv", google.Form(WARSAW), write_private)


def booked(tx: Tx, ident: str = "1", created: str = "10:05", **changes: object) -> Row:
    row = appointment(tx, f"A-{ident}", "P-1", "2026-11-30 09:00", created=created, value_minor=25000, currency="PLN",
                      **changes)  # fmt: skip
    relate_recent(tx, CLOCK, NOW)
    return row


def reasons(store: Store, ident: str = "1", **terms: Any) -> dict[str, str | None]:
    with store.read() as tx:
        row = tx.one("call_get", pbx=PBX, id=ident)
        assert row is not None
        return {f"{one.platform} {one.goal}": one.reason for one in explain(tx, desk(**terms), row)}


def test_a_click_that_became_a_paid_visit_is_one_line_of_googles_file(store: Store, files: Files) -> None:
    with store.write() as tx:
        clicked_and_rang(tx)
        booked(tx)
    (written,), found = export(store, desk(), files)
    assert (written.lines, written.path, dict(found.reasons)) == (1, files.path, {})
    assert files.path.read_bytes().splitlines()[2] == f"{CLICK},Booked,2026-11-23 10:05:00,250.00,PLN".encode()
    assert files.path.stat().st_mode & 0o077 == 0
    assert not {ANNA[1:], "Anna", "501"} & set(files.path.read_text().replace(",", " ").split())


def test_what_was_exported_is_not_exported_again_but_its_batch_is_byte_for_byte(store: Store, files: Files) -> None:
    with store.write() as tx:
        clicked_and_rang(tx)
        booked(tx)
    (written,), _ = export(store, desk(), files)
    before = files.path.read_bytes()
    files.path.unlink()
    again, found = export(store, desk(NOW + DAY_MS), files)
    assert (again, dict(found.reasons), files.path.exists()) == ([], {"already_sent": 1}, False)
    assert export_again(store, written.batch, files) == Exported(written.batch, "conversion", files.path, 1)
    assert files.path.read_bytes() == before
    with pytest.raises(TrackingError, match="There is no batch 99"):
        export_again(store, 99, files)


def test_a_file_that_cannot_be_written_leaves_the_ledger_as_it_was(store: Store, tmp_path: Path) -> None:
    with store.write() as tx:
        clicked_and_rang(tx)
        booked(tx)
    nowhere = Files("google", tmp_path / "gone" / "google.csv", google.Form(WARSAW), write_private)
    with pytest.raises(OSError, match="gone"):
        export(store, desk(), nowhere)
    with store.read() as tx:
        assert listed(tx, None, limit=9) == []
        assert len(waiting(tx, desk(), "google").lines) == 1


def test_a_booking_that_was_cancelled_is_taken_back_in_a_file_of_its_own(store: Store, files: Files) -> None:
    with store.write() as tx:
        clicked_and_rang(tx)
        row = booked(tx)
        assert retractable(tx, desk(), "google") == ()
    export(store, desk(), files)
    with store.write() as tx:
        tx.many("appointment_put", [row | {"status": "cancelled", "cancelled_ms": NOW}])
    (written,), _ = export(store, desk(NOW + DAY_MS), files)
    assert (written.kind, written.path.name, written.lines) == ("retraction", "google-retractions.csv", 1)
    assert written.path.read_text().splitlines()[2] == (
        f"{CLICK},Booked,2026-11-23 10:05:00,2026-11-25 12:00:00,RETRACT")  # fmt: skip
    assert export(store, desk(NOW + 2 * DAY_MS), files)[0] == []


def test_a_missed_call_and_our_callback_keep_the_click_of_the_visit(store: Store, files: Files) -> None:
    with store.write() as tx:
        clicked_and_rang(tx, "1", outcome="abandoned")
        call(tx, "2", "11:00", direction="outbound", caller_number=None, destination=ANNA)
        attributed(tx, "2", "callback", callback=1, missed_call="main:1")
        booked(tx, "2", "11:01")
    (written,), _ = export(store, desk(), files)
    assert written.lines == 1
    assert files.path.read_text().splitlines()[2].startswith(f"{CLICK},Booked,2026-11-23 11:01:00")
    assert reasons(store, "2")["yandex call"] == "our_call"


def test_a_noted_booking_is_told_before_its_appointment_is_known_and_not_again_after(
    store: Store, files: Files
) -> None:
    with store.write() as tx:
        clicked_and_rang(tx)
        topic(tx, "1", "booked", "10:02")
    (written,), _ = export(store, desk(), files)
    assert written.lines == 1
    with store.write() as tx:
        booked(tx)
    assert export(store, desk(), files)[0] == []


def test_of_two_calls_that_turn_out_to_be_one_nothing_is_told_twice(store: Store, files: Files) -> None:
    with store.write() as tx:
        clicked_and_rang(tx)
        booked(tx)
        call(tx, "0", "09:59")
    export(store, desk(), files)
    with store.write() as tx:
        merge_calls(tx, PBX, "1", "0")
        relate_recent(tx, CLOCK, NOW)
    assert reasons(store, "0")["google booked"] == "already_sent"
    assert export(store, desk(), files)[0] == []


@pytest.mark.parametrize(("changes", "reason"), [
    ({}, None),
    ({"visit": {"consent": 0}}, "no_consent"),
    ({"visit": {"gclid": None}}, "no_click_id"),
    ({"visit": {"gclid": None, "wbraid": "W"}}, "only_braid"),
    ({"visit": {"click_ms": at("12:00")}}, "before_click"),
    ({"visit": {"click_ms": at("2026-08-01 12:00")}}, "too_old"),
    ({"kind": "internal"}, "no_patient"),
    ({"ended_ms": None, "outcome": None}, "not_ended"),
])  # fmt: skip
def test_why_google_is_not_told_of_a_booking(store: Store, changes: Row, reason: str | None) -> None:
    with store.write() as tx:
        clicked_and_rang(tx, **changes)
        topic(tx, "1", "booked", "10:02")
        if reason is None:
            booked(tx)
    expected = {"no_patient": "no_patient", "not_ended": "not_ended"}.get(reason or "", reason)
    assert reasons(store)["google booked"] == expected


def test_why_google_is_not_told_when_the_call_itself_says_no(store: Store) -> None:
    with store.write() as tx:
        clicked_and_rang(tx)
    assert reasons(store)["google booked"] == "not_booked"
    assert reasons(store)["google call"] == "not_asked"
    assert reasons(store, goals=("call",))["google call"] is None
    assert reasons(store)["microsoft booked"] == "not_booked"
    assert reasons(store, goals=("call",))["microsoft call"] == "no_click_id"
    with store.write() as tx:
        topic(tx, "1", "sales_spam", "10:02")
    assert reasons(store, goals=("call",))["google call"] == "not_target"
    with store.write() as tx:
        tx.run("attribution_put", pbx=PBX, call="1", rule="manual", campaign=None, evidence="{}", runner_up=None,
               decided_ms=0)  # fmt: skip
        topic(tx, "1", "booked", "10:03")
    assert reasons(store)["google booked"] == "by_hand"


def test_a_patient_who_objects_is_in_no_file(store: Store) -> None:
    with store.write() as tx:
        clicked_and_rang(tx)
        booked(tx)
        tx.conn.execute("UPDATE patient SET consent_marketing = 'no'")
    assert reasons(store)["google booked"] == "objected"


def test_every_reason_has_its_sentence_and_every_sentence_is_reached() -> None:
    seen = set()
    base = CallFacts("main", "1", "inbound", "patient", 10**12, 10**12 + 9, target=True, outcome="answered")
    good = Visit(1, True, 10**12 - 1, {"gclid": "G", "ga_client": "1.2"})
    cases = [
        (base, "google", "booked"), (base, "google", "call"),
        *[(_with(base, **changes), platform, goal) for changes, platform, goal in (
            ({"kind": "internal"}, "google", "call"), ({"excluded": True}, "google", "call"),
            ({"ended_ms": None}, "google", "call"), ({"direction": "outbound"}, "yandex", "call"),
            ({"booking": Booking("A", None, standing=False)}, "google", "booked"),
            ({"no_visit": "by_hand"}, "yandex", "call"), ({}, "yandex", "call"),
            ({"visit": Visit(1, True, 0, {}, among=2)}, "yandex", "call"),
            ({"visit": good, "objected": True}, "yandex", "call"), ({"visit": good}, "yandex", "call"),
            ({"visit": Visit(1, False, 0, {"yclid": "Y"})}, "yandex", "call"),
            ({"visit": Visit(1, False, 0, {}, forgotten=True)}, "yandex", "call"),
            ({"visit": Visit(1, True, 0, {"wbraid": "W"}), "booking": Booking("A", None)}, "google", "booked"),
            ({"visit": Visit(1, True, 2 * 10**12, {"gclid": "W"}), "booking": Booking("A", None)}, "google", "booked"),
            ({"visit": good}, "ga4", "call"),
        )],
    ]  # fmt: skip
    for facts, platform, goal in cases:
        terms = Terms(goals=("booked",)) if goal == "booked" or facts is base else Terms(goals=("call",))
        for sent, now in ((False, 10**12 + GA4_MS + 1), (True, 10**12)):
            seen.add(judge(Case(platform, goal, facts, terms, now, sent)).reason)  # type: ignore[arg-type]
    not_target = _with(base, target=False)
    seen.add(judge(Case("google", "call", not_target, Terms(goals=("call",)), 10**12, False)).reason)
    assert seen - {None} == set(REASONS)
    assert len(CHECKS) == 7


def _with(facts: CallFacts, **changes: object) -> CallFacts:
    from dataclasses import replace

    return replace(facts, **changes)  # type: ignore[arg-type]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(["export", "cancel", "again", "rebook", "next day"]), max_size=8),
       st.sampled_from(["google", "microsoft", "yandex"]))  # fmt: skip
def test_whatever_is_done_a_platform_is_told_of_a_call_once(
    tmp_path_factory: pytest.TempPathFactory, doings: list[str], platform: Platform
) -> None:
    folder = tmp_path_factory.mktemp("files")
    now = NOW
    with open_store(":memory:") as store:
        with store.write() as tx:
            patient(tx, "P-1", "Anna Wzorowa", ANNA)
            for n, ident in enumerate(("1", "2")):
                clicked_and_rang(tx, ident, f"1{n}:00", visit={"msclkid": f"{n:032x}", "ym_client": f"{n}9"})
                row = booked(tx, ident, f"1{n}:05")
        told = 0
        for n, doing in enumerate(doings):
            paths = Files(platform, folder / f"{n}.csv", google.Form(WARSAW), write_private)
            if doing in ("export", "again"):
                written, _ = export(store, desk(now), paths)
                told += sum(one.lines for one in written if one.kind == "conversion")
            elif doing == "next day":
                now += DAY_MS
            else:
                with store.write() as tx:
                    tx.many("appointment_put", [row | {"status": "cancelled" if doing == "cancel" else "booked"}])
        with store.read() as tx:
            lines = listed(tx, platform, limit=99)
    once = [(line["goal"], line["kind"], line["call"]) for line in lines]
    assert len(once) == len(set(once))
    assert told == sum(line["kind"] == "conversion" for line in lines) <= 2


def test_the_ledger_is_the_same_on_every_engine(url: str, tmp_path: Path) -> None:
    with open_store(url) as store:
        with store.write() as tx:
            patient(tx, "P-1", "Anna Wzorowa", ANNA)
            clicked_and_rang(tx)
            visit(tx, 9, "2026-11-22 09:00")
            row = booked(tx)
        where = Files("google", tmp_path / "google.csv", google.Form(WARSAW), write_private)
        assert [one.lines for one in export(store, desk(), where)[0]] == [1]
        assert export(store, desk(), where)[0] == []
        with store.write() as tx:
            tx.many("appointment_put", [row | {"status": "cancelled"}])
        assert [one.kind for one in export(store, desk(), where)[0]] == ["retraction"]
        with store.read() as tx:
            assert [(line["kind"], line["state"]) for line in listed(tx, None, limit=9)] == [
                ("retraction", "exported"), ("conversion", "exported"),
            ]  # fmt: skip
