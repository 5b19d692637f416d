"""Patients of a FHIR server that really listens, and of bundles in files."""

from collections.abc import Iterator
from typing import Any

import pytest

from patients.directory import Put, find_by_number, get, search
from patients.fhir import FhirError, Server
from patients.fhir_patients import told_of
from patients.pulling import Pulled, Wish, import_bundle, pull
from store import Store
from tests.patients.fhir_server import Hospital, running

NOW = 1_800_000_900_000


def patient(number: int, **rest: Any) -> dict[str, Any]:
    return {"name": [{"use": "official", "family": "Nowak", "given": [f"Anna{number}"]}],
            "telecom": [{"system": "phone", "value": f"50100010{number}"}], **rest}


@pytest.fixture
def hospital() -> Iterator[Hospital]:
    with running(Hospital()) as found:
        for number in range(8):
            found.put("Patient", str(number), **patient(number))
        yield found


def run(store: Store, hospital: Hospital, **rest: Any) -> Pulled:
    return pull(store, Server(hospital.url, "a-token", sleep=lambda _: None, timeout_s=5), Wish(NOW, "PL", **rest))


def refs(store: Store, number: str) -> list[str]:
    with store.read() as tx:
        return [row["ref"] for row in find_by_number(tx, number)]


def test_all_are_read_once_and_then_what_changed(store: Store, hospital: Hospital) -> None:
    assert run(store, hospital).done == Put(added=8)
    assert len(hospital.asked) == 3
    hospital.clock += 120
    hospital.put("Patient", "3", **patient(9))
    second = run(store, hospital)
    assert (second.done.changed, second.tells_deletions) == (1, True)
    assert refs(store, "+48501000109") == ["3"]
    hospital.clock += 600
    assert run(store, hospital).done.changed == 0


def test_a_reading_that_was_interrupted_goes_on_where_it_was(store: Store, hospital: Hospital) -> None:
    class AwayError(Exception):
        pass

    def leave(read: int) -> None:
        if read == 6:
            raise AwayError

    with pytest.raises(AwayError):
        run(store, hospital, progress=leave)
    hospital.asked.clear()
    second = run(store, hospital)
    assert (second.resumed, second.read, second.done) == (True, 2, Put(added=2))
    assert len(hospital.asked) == 1


def test_a_server_that_forgot_its_pages_is_read_anew(store: Store, hospital: Hospital) -> None:
    hospital.forget_pages = True
    with pytest.raises(FhirError):
        run(store, hospital)
    hospital.most = 100
    second = run(store, hospital)
    assert (second.resumed, second.read, second.done) == (True, 8, Put(added=5, unchanged=3))


def test_inactive_deceased_deleted_and_restricted_patients_match_no_more_calls(
    store: Store, hospital: Hospital
) -> None:
    run(store, hospital)
    hospital.clock += 120
    hospital.put("Patient", "1", **patient(1, active=False))
    hospital.put("Patient", "2", **patient(2, deceasedDateTime="2026-11-20"))
    hospital.put("Patient", "3", meta={"security": [{"code": "R"}]}, **patient(3))
    hospital.delete("Patient", "4")
    assert run(store, hospital).removed == 4
    for number in range(1, 5):
        assert refs(store, f"+4850100010{number}") == []
    with store.read() as tx:
        whys = {ref: get(tx, ref)["removed_why"] for ref in "1234"}  # type: ignore[index]
    assert whys == {"1": "inactive", "2": "deceased", "3": "restricted", "4": "deleted"}
    hospital.clock += 120
    hospital.put("Patient", "1", **patient(1))
    run(store, hospital)
    assert refs(store, "+48501000101") == ["1"]


def test_a_server_without_history_is_swept(store: Store, hospital: Hospital) -> None:
    hospital.history = False
    run(store, hospital)
    hospital.delete("Patient", "4")
    hospital.clock += 120
    second = run(store, hospital)
    assert (second.removed, second.tells_deletions) == (0, False)
    assert run(store, hospital, whole=True).removed == 1


def test_a_sweep_that_would_remove_too_many_removes_nobody(store: Store, hospital: Hospital) -> None:
    for number in range(30):
        hospital.put("Patient", f"x{number}", **patient(1))
    run(store, hospital)
    for number in range(30):
        hospital.delete("Patient", f"x{number}")
    first = run(store, hospital, whole=True)
    assert (first.removed, first.missing, first.spared) == (0, 30, True)
    assert run(store, hospital, whole=True, many=True).removed == 30


def test_merged_records_are_merged_here_whichever_side_says_so(store: Store, hospital: Hospital) -> None:
    run(store, hospital)
    hospital.clock += 120
    hospital.put("Patient", "1", **patient(1, active=False, link=[
        {"type": "replaced-by", "other": {"reference": "Patient/2"}}]))
    hospital.put("Patient", "5", **patient(5, link=[
        {"type": "replaces", "other": {"reference": f"{hospital.url}/Patient/6"}},
        {"type": "seealso", "other": {"reference": "Patient/7"}}]))
    assert run(store, hospital).merged == 2
    assert (refs(store, "+48501000101"), refs(store, "+48501000106")) == (["2"], ["5"])
    hospital.clock += 120
    assert run(store, hospital).merged == 0
    with store.read() as tx:
        assert [row["ref"] for row in search(tx, "anna")] == ["0", "2", "3", "4", "5", "7"]


def test_relatives_numbers_old_numbers_and_names_of_old() -> None:
    resource = {"resourceType": "Patient", "id": "k", "meta": {"lastUpdated": "2026-11-20T10:00:00Z"},
                "name": [{"use": "maiden", "family": "Stara"}, {"use": "usual", "text": "Kuba Nowak"}],
                "telecom": [{"system": "phone", "value": "501000102", "rank": 2},
                            {"system": "phone", "value": "tel:+48501000101", "rank": 1},
                            {"system": "phone", "value": "501000103", "use": "old"},
                            {"system": "phone", "value": "501000104", "period": {"end": "2026-01"}},
                            {"system": "fax", "value": "225550101"}, {"system": "email", "value": "k@n.example"}],
                "contact": [{"telecom": [{"system": "phone", "value": "501000105"}]},
                            {"telecom": [{"system": "phone", "value": "501000106"}], "period": {"end": "2026-11-01"}}],
                "birthDate": "2019-05", "gender": "male",
                "communication": [{"language": {"coding": [{"code": "en"}]}},
                                  {"language": {"coding": [{"code": "pl-PL"}]}, "preferred": True}]}  # fmt: skip
    [told] = told_of(resource, "PL", "2026-11-22")
    who = told.patient
    assert who is not None
    assert [(number.number, number.source) for number in who.numbers] == [
        ("+48501000101", ""), ("+48501000102", ""), ("+48501000105", "contact")]
    assert (who.name, who.birth_date, who.birth_year, who.language, who.email, who.sex, who.updated_on) == (
        "Kuba Nowak", None, 2019, "pl", "k@n.example", "m", "2026-11-20")


@pytest.mark.parametrize("resource", [
    {}, {"resourceType": "Patient"}, {"resourceType": "Patient", "id": 7}, {"resourceType": "Observation", "id": "1"},
    {"resourceType": "Patient", "id": "1", "name": "x", "telecom": {"a": 1}, "link": [7], "contact": [None]},
])
def test_what_is_no_patient_tells_nobody(resource: dict[str, Any]) -> None:
    assert all(told.patient is None for told in told_of(resource, "PL", "2026-11-22"))


def test_a_bundle_in_a_file_is_taken_like_a_server(store: Store) -> None:
    found = [{"resourceType": "Patient", "id": "1", **patient(1)}, {"resourceType": "Organization", "id": "o"},
             {"resourceType": "Patient", "id": "2", "meta": {"security": [{"code": "V"}]}, **patient(2)}]
    result = import_bundle(store, found, Wish(NOW, "PL"))
    assert (result.read, result.done, result.restricted) == (2, Put(added=1), 1)
