"""The tables about appointments that come in and conversions that go out: `[appointments]`, `[conversions]`."""

import re
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator, model_validator

from settings.kinds import Hidden, Networks, Strict, Url, Zone, reachable


class Appointments(Strict):
    """`[appointments]`: where appointments come from by themselves while `callward serve` runs."""

    folder: Path | None = Field(default=None, description="a folder whose tables and calendars are imported")
    complete: bool = Field(
        default=False, description="every file there holds all visits of its days: what is absent was cancelled"
    )
    fhir_url: Url | None = Field(default=None, description="base of a FHIR R4 server, like https://his.example/fhir")
    fhir_token: Hidden | None = Field(default=None, description="its bearer token, written as an AMI secret is")
    fhir_ca: Path | None = Field(default=None, description="certificate to trust, when it is not a public one")
    every_minutes: int = Field(default=15, ge=1, le=1440, description="minutes between two looks")
    late_hours: int = Field(default=24, ge=0, description="hours before a visit within which cancelling it is late")


class Ga4(Strict):
    """`[conversions.ga4]`: Google Analytics 4, told of calls by the Measurement Protocol."""

    measurement_id: str = Field(pattern=r"^G-[A-Z0-9]{4,20}$", description="the data stream, like G-ABCD1234")
    secret: Hidden = Field(description="its Measurement Protocol API secret, written as an AMI secret is")
    event: str = Field(default="phone_call", pattern=r"^[a-z][a-z0-9_]{0,39}$", description="the event's name")
    url: Url = Field(default="https://www.google-analytics.com/mp/collect", description="where it is sent")
    private: Networks = Field(default=[], description="networks of your own that may be sent to")

    @model_validator(mode="after")
    def _kept_private(self) -> "Ga4":
        reachable(self.url, self.private)
        return self


class Yandex(Strict):
    """`[conversions.yandex]`: Yandex.Metrica, told of calls."""

    counter: int = Field(ge=1, description="the counter's number")
    secret: Hidden = Field(description="an OAuth token that may write to it, written as an AMI secret is")
    goal: str = Field(default="", max_length=100, description="name of the goal that Metrica makes of the calls")
    url: Url = Field(default="https://api-metrica.yandex.net", description="where it is sent")
    private: Networks = Field(default=[], description="networks of your own that may be sent to")

    @model_validator(mode="after")
    def _kept_private(self) -> "Yandex":
        reachable(self.url, self.private)
        return self


class Conversions(Strict):
    """`[conversions]`: what ad platforms are told of calls: click ids, a time, a value. Never a number or a name."""

    goals: list[Literal["booked", "call"]] = Field(
        default=["booked"], min_length=1, description="what counts for Google and Microsoft: bookings, target calls"
    )
    booked_name: str = Field(default="Booked", description="the conversion's name there for a booking; keep it neutral")
    call_name: str = Field(default="Call", description="the conversion's name there for a target call")
    calls: Literal["all", "target"] = Field(default="all", description="which calls Yandex and GA4 are told of")
    values: bool = Field(default=True, description="tell the value of an appointment")
    min_confidence: float = Field(
        default=1.0, gt=0, le=1, description="how sure it must be whose call it was: 0.5 is one of two visitors"
    )
    click_days: int = Field(default=90, ge=1, le=90, description="older clicks are not told to Google and Microsoft")
    yandex_days: int = Field(default=21, ge=1, le=21, description="older visits are not told to Yandex")
    timezone: Zone | None = Field(default=None, description="zone of times in the files; default the clinic's")
    ad_user_data: Literal["", "GRANTED", "DENIED"] = Field(
        default="", description="consent to user data that Google's file states; empty leaves the column out"
    )
    ad_personalization: Literal["", "GRANTED", "DENIED"] = Field(
        default="", description="consent to personalised ads that Google's file states; empty leaves the column out"
    )
    ga4: Ga4 | None = Field(default=None)
    yandex: Yandex | None = Field(default=None)

    @field_validator("booked_name", "call_name")
    @classmethod
    def _plain(cls, name: str) -> str:
        if not re.fullmatch(r"[^\W_][\w .()-]{0,99}", name):
            raise ValueError(f'"{name}" cannot be a conversion; write a neutral name of letters, like "Booked"')
        return name

    @model_validator(mode="after")
    def _told_apart(self) -> "Conversions":
        if self.booked_name == self.call_name:
            raise ValueError("booked_name and call_name are the same; give each goal a conversion of its own")
        if bool(self.ad_user_data) != bool(self.ad_personalization):
            raise ValueError("ad_user_data and ad_personalization go together; set both or none")
        return self
