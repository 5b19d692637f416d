"""The files and requests of the platforms, byte for byte."""

import json
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest

from tests.tracking.booking import CLICK, WARSAW, at
from tracking.conversions import ga4, google, microsoft, yandex
from tracking.conversions.rules import Line, Platform

NOW = at("2026-11-25 09:00")
MS_CLICK = "f894f652ea334e739002f7167ab8f8e3"


def line(platform: Platform, click: tuple[str, str], **changes: object) -> Line:
    row = {
        "platform": platform, "goal": "booked", "pbx": "main", "call": "1", "appointment": "A-1", "name": "Booked",
        "click_kind": click[0], "click_id": click[1], "at_ms": at("2026-11-15 14:05"), "value_minor": 25000,
        "currency": "PLN", "talk_s": 136, "wait_s": 17, "outcome": "answered", "first_time": True,
    }  # fmt: skip
    return Line(**(row | changes))  # type: ignore[arg-type]


def test_googles_file() -> None:
    lines = [line("google", ("gclid", CLICK)), line("google", ("gclid", "Other"), value_minor=None, currency=None)]
    assert google.conversions(lines, google.Form(WARSAW)) == (
        b"Parameters:TimeZone=Europe/Warsaw\n"
        b"Google Click ID,Conversion Name,Conversion Time,Conversion Value,Conversion Currency\n"
        b"Cj0KCQjw-abc_DEF123,Booked,2026-11-15 14:05:00,250.00,PLN\n"
        b"Other,Booked,2026-11-15 14:05:00,,\n"
    )


def test_googles_file_states_consent_where_the_clinic_says_so() -> None:
    assert google.conversions([line("google", ("gclid", CLICK))], google.Form(WARSAW, "GRANTED", "DENIED")) == (
        b"Parameters:TimeZone=Europe/Warsaw\n"
        b"Google Click ID,Conversion Name,Conversion Time,Conversion Value,Conversion Currency,"
        b"Ad User Data,Ad Personalization\n"
        b"Cj0KCQjw-abc_DEF123,Booked,2026-11-15 14:05:00,250.00,PLN,GRANTED,DENIED\n"
    )


def test_a_time_in_the_hour_that_autumn_repeats_carries_its_offset() -> None:
    first, second = 1_792_888_200_000, 1_792_891_800_000
    lines = [line("google", ("gclid", CLICK), at_ms=moment) for moment in (first, second)]
    text = google.conversions(lines, google.Form(WARSAW)).decode()
    assert [row.split(",")[2] for row in text.splitlines()[2:]] == [
        "2026-10-25 02:30:00+02:00", "2026-10-25 02:30:00+01:00",
    ]  # fmt: skip


def test_what_google_is_to_take_back() -> None:
    form = google.Form(ZoneInfo("Europe/Warsaw"))
    assert google.retractions([line("google", ("gclid", CLICK))], form, NOW) == (
        b"Parameters:TimeZone=Europe/Warsaw\n"
        b"Google Click ID,Conversion Name,Conversion Time,Adjustment Time,Adjustment Type\n"
        b"Cj0KCQjw-abc_DEF123,Booked,2026-11-15 14:05:00,2026-11-25 09:00:00,RETRACT\n"
    )


@pytest.mark.parametrize(("when", "written"), [
    ("2026-11-15 14:05", "11/15/2026 1:05:00 PM"), ("2026-11-15 01:00", "11/15/2026 12:00:00 AM"),
    ("2026-11-15 13:00", "11/15/2026 12:00:00 PM"), ("2026-11-05 10:05", "11/5/2026 9:05:00 AM"),
])  # fmt: skip
def test_microsofts_file(when: str, written: str) -> None:
    data = microsoft.conversions([line("microsoft", ("msclkid", MS_CLICK), at_ms=at(when))])
    assert data.decode() == (
        "Parameters:TimeZone=+0000\n"
        "Microsoft Click ID,Conversion Name,Conversion Time,Conversion Value,Conversion Currency\n"
        f"{MS_CLICK},Booked,{written},250,PLN\n"
    )


def test_what_microsoft_is_to_take_back() -> None:
    data = microsoft.retractions([line("microsoft", ("msclkid", MS_CLICK))], NOW)
    assert data.decode() == (
        "Type,Status,Id,Parent Id,Client Id,Name,Conversion Currency Code,Conversion Name,Conversion Time,"
        "Conversion Value,Microsoft Click Id,Adjustment Type,Adjustment Time\n"
        "Format Version,,,,,6.0,,,,,,,\n"
        f"Offline Conversion,,,,,,PLN,Booked,11/15/2026 1:05:00 PM,,{MS_CLICK},Retract,11/25/2026 8:00:00 AM\n"
    )


def test_yandexs_file_has_one_way_of_knowing_visitors() -> None:
    lines = [
        line("yandex", ("ym_client", "133591247640966458"), at_ms=1_763_200_000_000, currency="RUB"),
        line("yandex", ("yclid", "77"), at_ms=1_763_200_060_000, outcome="abandoned", talk_s=0, first_time=False,
             value_minor=None, currency=None),
    ]  # fmt: skip
    columns = "DateTime,StaticCall,Price,Currency,TalkDuration,HoldDuration,CallMissed,FirstTimeCaller\n"
    assert [(column, data.decode()) for column, data, _ in yandex.files(lines)] == [
        ("ClientId", f"ClientId,{columns}133591247640966458,1763200000,0,250.00,RUB,136,17,0,1\n"),
        ("Yclid", f"Yclid,{columns}77,1763200060,0,,,0,17,1,0\n"),
    ]


def test_yandexs_request_is_an_upload_with_the_token_in_its_header() -> None:
    form = yandex.Form(44, "a-token", "Calls")
    (request,) = yandex.requests([line("yandex", ("ym_client", "1"))], form)
    parts = urlsplit(request.url)
    assert (parts.path, parse_qs(parts.query)) == (
        "/management/v1/counter/44/offline_conversions/upload_calls", {"new_goal_name": ["Calls"]},
    )  # fmt: skip
    mark = request.headers["Content-Type"].removeprefix("multipart/form-data; boundary=")
    assert request.headers["Authorization"] == "OAuth a-token"
    assert request.body.startswith(f'--{mark}\r\nContent-Disposition: form-data; name="file"'.encode())
    assert request.body.endswith(f"\r\n--{mark}--\r\n".encode())
    assert "a-token" not in repr(request)
    assert "a-token" not in repr(form)


def test_ga4s_request_is_one_event_with_advertising_denied() -> None:
    form = ga4.Form("G-ABCD1234", "a-secret")
    told = line("ga4", ("ga_client", "1234567.7654321"), at_ms=1_763_200_000_000, talk_s=184)
    (request,) = ga4.requests([told], form)
    assert request.url == (
        "https://www.google-analytics.com/mp/collect?measurement_id=G-ABCD1234&api_secret=a-secret")  # fmt: skip
    assert json.loads(request.body) == {
        "client_id": "1234567.7654321", "timestamp_micros": 1763200000000000,
        "consent": {"ad_user_data": "DENIED", "ad_personalization": "DENIED"},
        "events": [{"name": "phone_call", "params": {
            "engagement_time_msec": "1", "call_outcome": "answered", "call_duration": 184, "first_time": 1,
            "source_number": "dni"}}],
    }  # fmt: skip
    assert "a-secret" not in repr(request)
