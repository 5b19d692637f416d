"""The FHIR reader, against a server that really listens."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from patients import PatientsError
from patients.fhir import (
    FhirError,
    FhirExpiredError,
    FhirUnsupportedError,
    Server,
    check_address,
    deletions,
    instant,
    pages,
    read_bundle,
    read_instant,
    resources,
)
from tests.patients import fhir_server
from tests.patients.fhir_server import Hospital, running


@pytest.fixture
def hospital() -> Iterator[Hospital]:
    with running(Hospital()) as found:
        for number in range(8):
            found.put("Patient", str(number), name=[{"family": f"Nowak{number}"}])
        found.put("Appointment", "a", status="booked")
        yield found


def server(hospital: Hospital, slept: list[float] | None = None, token: str | None = "a-token") -> Server:
    return Server(hospital.url, token, sleep=(slept if slept is not None else []).append, timeout_s=5)


def test_every_resource_of_a_kind_is_read_over_all_pages(hospital: Hospital) -> None:
    found = list(resources(hospital.url, "Patient", None, "a-token"))
    assert [one["id"] for one in found] == [str(number) for number in range(8)]
    assert len(hospital.asked) == 3


def test_only_what_changed_since_is_asked_for(hospital: Hospital) -> None:
    since = fhir_server.instant(hospital.clock)
    hospital.put("Patient", "3", name=[{"family": "Kowalska"}])
    found = list(resources(hospital.url, "Patient", since, "a-token", [("active", "true")]))
    assert [one["id"] for one in found] == ["3"]
    assert hospital.asked[-1].startswith("/fhir/Patient?active=true&_lastUpdated=gt")


def test_reading_goes_on_from_the_page_that_was_next(hospital: Hospital) -> None:
    first = next(iter(pages(server(hospital), "Patient")))
    rest = list(pages(server(hospital), "Patient", begin=first.next))
    assert first.at_ms == hospital.clock * 1000
    assert [one["id"] for page in rest for one in page.resources] == ["3", "4", "5", "6", "7"]


def test_a_page_that_is_gone_is_told_apart(hospital: Hospital) -> None:
    hospital.forget_pages = True
    with pytest.raises(FhirExpiredError, match="run the command again"):
        list(pages(server(hospital), "Patient"))


def test_a_busy_server_is_asked_again_as_late_as_it_wishes(hospital: Hospital) -> None:
    slept: list[float] = []
    hospital.bad += [(503, None), (429, "7"), (503, "9999")]
    assert len(list(pages(server(hospital, slept), "Patient"))) == 3
    assert slept == [1.0, 7.0, 60.0]


def test_a_server_that_stays_busy_or_is_down_is_named_in_one_sentence(hospital: Hospital) -> None:
    hospital.bad += [(503, None)] * 4
    with pytest.raises(FhirError, match=r"127\.0\.0\.1: is busy \(status 503\); check that it is up"):
        list(pages(server(hospital), "Patient"))
    with pytest.raises(FhirError, match=r"cannot be reached"):
        list(pages(Server("http://127.0.0.1:9/fhir", sleep=lambda _: None), "Patient"))


@pytest.mark.parametrize(("status", "said"), [
    (302, "leads to another address"), (404, "does not know what was asked"), (500, "answered with status 500"),
    (403, "refuses the token"),
])  # fmt: skip
def test_what_a_server_refuses_is_said(hospital: Hospital, status: int, said: str) -> None:
    hospital.bad.append((status, None))
    with pytest.raises(FhirError, match=said):
        list(pages(server(hospital), "Patient"))


def test_a_wrong_token_is_refused_and_never_told(hospital: Hospital) -> None:
    with pytest.raises(FhirError, match="check fhir_token") as error:
        list(pages(server(hospital, token="a-secret"), "Patient"))
    assert "a-secret" not in str(error.value)


def test_the_token_goes_to_no_other_address(hospital: Hospital) -> None:
    hospital.next_host = "http://localhost:1"
    with pytest.raises(FhirError, match=r"next page is at localhost, another address"):
        list(pages(server(hospital), "Patient"))


@pytest.mark.parametrize("url", ["http://his.example/fhir", "ftp://his.example", "https://", "https://me:pw@a.example/"])
def test_only_https_leaves_this_machine(url: str) -> None:
    with pytest.raises(FhirError, match="write"):
        check_address(url)
    check_address("https://his.example/fhir")
    check_address("http://localhost:8080/fhir")


def test_what_is_restricted_is_told_by_its_id_alone(hospital: Hospital) -> None:
    secret = {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "V"}
    hospital.put("Patient", "9", meta={"security": [secret]}, name=[{"family": "Tajna"}])
    found = list(pages(server(hospital), "Patient"))
    assert [ref for page in found for ref in page.restricted] == ["Patient/9"]
    assert "9" not in {one["id"] for page in found for one in page.resources}


def test_deleted_resources_come_from_the_history(hospital: Hospital) -> None:
    since = fhir_server.instant(hospital.clock)
    hospital.delete("Patient", "5")
    assert list(deletions(server(hospital), "Patient", since)) == ["5"]
    hospital.history = False
    with pytest.raises(FhirUnsupportedError):
        list(deletions(server(hospital), "Patient", since))


def test_a_file_may_be_a_bundle_one_resource_or_a_resource_a_line(tmp_path: Path) -> None:
    one, two = {"resourceType": "Patient", "id": "1"}, {"resourceType": "Patient", "id": "2"}
    bundle = tmp_path / "all.json"
    bundle.write_text(json.dumps({"resourceType": "Bundle", "entry": [{"resource": one}, {"resource": two}]}))
    lines = tmp_path / "all.ndjson"
    lines.write_text(f"{json.dumps(one)}\n\n{json.dumps(two)}\n")
    assert list(read_bundle(bundle)) == list(read_bundle(lines)) == [one, two]
    lines.write_text('{"resourceType": "Patient"}\n[1]\n')
    with pytest.raises(PatientsError, match="line 2: is no FHIR resource"):
        list(read_bundle(lines))


def test_instants_are_read_as_they_are_written() -> None:
    assert instant(1_800_000_000_250) == "2027-01-15T08:00:00.250Z"
    assert read_instant("2027-01-15T09:00:00.25+01:00") == 1_800_000_000_250
    assert read_instant("2027-01-15") is None
