"""`callward conversions`, as a person types it."""

from pathlib import Path

import pytest

from commands.common import App
from store import open_store
from tests.commands.clinic import Clinic
from tests.tracking.booking import ANNA, CLOCK, appointment, at, clicked_and_rang, patient
from tracking.appointments_relate import relate_recent

GA4 = '\n[conversions.ga4]\nmeasurement_id = "G-ABCD1234"\nsecret = { env = "GA4_SECRET" }\nurl = "https://10.0.0.1/mp"\n'


@pytest.fixture
def clinic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clinic:
    """A clinic where it is noon on a Monday, and Anna clicked, rang and booked."""
    monkeypatch.setattr(App, "now_ms", lambda self: at("12:00"))
    monkeypatch.setenv("GA4_SECRET", "a-secret")
    made = Clinic(tmp_path)
    settings = tmp_path / "clinic.toml"
    settings.write_text(settings.read_text("utf-8") + GA4, "utf-8")
    with open_store(tmp_path / "callward.db") as store, store.write() as tx:
        patient(tx, "P-1", "Anna Wzorowa", ANNA)
        clicked_and_rang(tx, "1", visit={"ga_client": "11.22"})
        clicked_and_rang(tx, "2", "10:30", outcome="abandoned", visit={"ga_client": "11.23", "gclid": None})
        appointment(tx, "A-1", "P-1", "2026-11-30 09:00", created="10:05", value_minor=25000, currency="PLN")
        relate_recent(tx, CLOCK, at("12:00"))
    return made


def test_a_dry_run_says_what_would_be_told_and_writes_nothing(clinic: Clinic) -> None:
    text = clinic.text("conversions", "export", "--platform", "google", "--to", "g.csv", "--dry-run")
    assert 'Google Ads would be told of 1 conversion ("Booked" 1).' in text
    assert "1 not told, because nothing was booked on it, as far as is known." in text
    assert text.endswith("Nothing was told.\n")
    assert not (clinic.folder / "g.csv").exists()
    assert "No platform was told anything yet" in clinic.text("conversions", "list")


def test_an_export_is_a_file_a_line_of_the_ledger_and_no_second_file(clinic: Clinic) -> None:
    first, second = str(clinic.folder / "g.csv"), str(clinic.folder / "h.csv")
    assert "1 conversion for Google Ads, batch 1." in clinic.text(
        "conversions", "export", "--platform", "google", "--to", first)  # fmt: skip
    assert "There is nothing new to tell Google Ads; no file was written." in clinic.text(
        "conversions", "export", "--platform", "google", "--to", second)  # fmt: skip
    assert not Path(second).exists()
    clinic.run("conversions", "export", "--platform", "google", "--to", second, "--again", "1")
    assert Path(first).read_bytes() == Path(second).read_bytes()
    (line,) = clinic.json("conversions", "list")
    assert (line["call"], line["name"], line["value_minor"], line["state"]) == ("1", "Booked", 25000, "exported")
    assert "There is no batch 7" in clinic.text(
        "conversions", "export", "--platform", "google", "--to", second, "--again", "7", status=1)  # fmt: skip
    assert "is exported: that is certain" in clinic.text("conversions", "retry", "1", status=1)


def test_explain_says_for_each_platform_whether_it_is_told(clinic: Clinic) -> None:
    text = clinic.text("conversions", "explain", "1")
    assert 'Google Ads, booking: will be told as "Booked" at 2026-11-23 10:05.' in text
    assert "Microsoft Advertising, booking: not told, because the visit has no click id of this platform." in text
    clinic.text("conversions", "export", "--platform", "google", "--to", str(clinic.folder / "g.csv"))
    assert "Google Ads, booking: told already." in clinic.text("conversions", "explain", "1")
    told = {(one["platform"], one["goal"]): one for one in clinic.json("conversions", "explain", "2")}
    assert told["google", "booked"]["reason"] == "not_booked"
    assert told["ga4", "call"]["will_be_told"]
    assert "There is no call" in clinic.text("conversions", "explain", "9", status=1)


def test_send_is_dry_until_yes_and_then_refuses_an_address_that_is_not_public(clinic: Clinic) -> None:
    shown = clinic.json("conversions", "send", "--platform", "ga4")
    assert [line["call"] for line in shown["lines"]] == ["1", "2"]
    text = clinic.text("conversions", "send", "--platform", "ga4", "--yes", status=1)
    assert "[conversions.ga4]: 10.0.0.1 is at 10.0.0.1, which is not a public address" in text
    assert "Requests taken before: 0. Nothing of it counts as told; run the command again later." in text
    assert "a-secret" not in text
    assert clinic.json("conversions", "list") == []
    assert "Yandex.Metrica is not set up; write counter and secret in [conversions.yandex]." in clinic.text(
        "conversions", "send", "--platform", "yandex", "--yes", status=1)  # fmt: skip


def test_a_conversion_with_a_name_that_says_too_much_is_refused_by_the_settings(clinic: Clinic) -> None:
    settings = clinic.folder / "clinic.toml"
    settings.write_text(settings.read_text("utf-8") + '\n[conversions]\nbooked_name = "=Implant"\n', "utf-8")
    text = clinic.text("conversions", "list", status=1)
    assert '[conversions] booked_name: "=Implant" cannot be a conversion; write a neutral name of letters' in text


def test_the_journey_is_printed_for_a_number_and_for_a_patient(clinic: Clinic) -> None:
    for who in (ANNA, "501 000 206", "P-1"):
        text = clinic.text("journey", who)
        assert "awareness, search" in text
        assert "google / cpc / Implants" in text
        assert "250.00 PLN" in text
        assert "first touch: google / cpc / Implants 100%" in text
    assert [one["kind"] for one in clinic.json("journey", "P-1")["touches"]] == [
        "visit", "visit", "call", "call", "appointment"]  # fmt: skip
    assert '"Nobody" is neither a number nor a patient' in clinic.text("journey", "Nobody", status=1)
    assert "Nothing is known of them yet." in clinic.text("journey", "+48501000999")


def test_why_an_appointment_is_a_calls_and_the_report_on_origins(clinic: Clinic) -> None:
    text = clinic.text("appointments", "why", "A-1")
    assert text.startswith("Call 1 made this appointment.\nA person talked with the caller")
    assert clinic.json("appointments", "why", "A-1")["made_by"]["rule"] == "talk"
    assert 'There is no appointment "A-9"' in clinic.text("appointments", "why", "A-9", status=1)
    done = clinic.json("appointments", "relate")
    assert (done["looked_at"], done["changed"]) == (1, 0)
    text = clinic.text("report", "origins", "--from", "2026-11-30", "--to", "2026-11-30")
    assert "phone / (none)" in text
    assert "set fhir_url in [appointments]" in clinic.text("appointments", "pull", status=1)
