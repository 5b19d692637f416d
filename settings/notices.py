"""The tables about what is sent, and to whom: `[notify]`, `[alerts]`, `[text_back]`."""

import json
import re
from datetime import time
from typing import Literal

from pydantic import (
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from settings.kinds import Address, Hidden, Networks, Recipient, Spans, Strict, Url, is_this_machine, reachable


class Mail(Strict):
    """`[notify.mail]`: the SMTP server that carries reminders."""

    host: str = Field(min_length=1, description="the SMTP server")
    port: int = Field(default=587, ge=1, le=65535, description="465 is usual with tls, 587 with starttls")
    username: str | None = Field(default=None, description="its login, when it asks for one")
    secret: Hidden | None = Field(default=None, description="the login's password, written as an AMI secret is")
    security: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description="how the way there is kept private; none only on this machine"
    )
    sender: Address = Field(description="the address that messages come from")
    recipients: list[Address] = Field(default=[], description="who is reminded")

    @field_validator("security")
    @classmethod
    def _private_on_the_wire(cls, security: str, info: ValidationInfo) -> str:
        host = info.data.get("host", "localhost")
        if security == "none" and not is_this_machine(host):
            raise ValueError(f'{host} is not this machine; write "starttls" or "tls"')
        return security


class Sms(Strict):
    """`[notify.sms]`: the HTTP gateway that carries texts."""

    url: Url = Field(description="where the gateway takes texts; may hold placeholders, as the body")
    method: Literal["POST", "PUT", "GET"] = Field(default="POST", description="how it is asked")
    headers: dict[str, str] = Field(default={}, description="header to value; may hold {secret}")
    content_type: Literal[
        "application/json", "application/x-www-form-urlencoded", "application/xml", "text/xml"
    ] = Field(default="application/json", description="what the body is; what is put in is escaped accordingly")
    body: str = Field(default="", description="the request: {number} or {digits} (no plus), {text}, {secret}, {key}")
    secret: Hidden | None = Field(default=None, description="the gateway's password or token")
    success_status: list[int] = Field(default=[], description="statuses that mean yes; any 2xx when empty")
    success_contains: str = Field(default="", description="what the answer must hold to mean yes")
    private: Networks = Field(default=[], description="your own networks in which it may be, also by http")

    @model_validator(mode="after")
    def _says_enough(self) -> "Sms":
        reachable(self.url, self.private)
        if self.content_type == "application/json" and self.body:
            try:
                json.loads(self.body)
            except ValueError as error:
                raise ValueError(f"the body is not JSON ({error}); write placeholders inside strings") from None
        whole = self.url + self.body
        if "{text}" not in whole or ("{number}" not in whole and "{digits}" not in whole):
            raise ValueError("the body holds no {text}, or neither {number} nor {digits}; a text needs both")
        if "{secret}" in whole + "".join(self.headers.values()) and self.secret is None:
            raise ValueError("{secret} stands for the secret; set it")
        return self


class Webhook(Strict):
    """`[[notify.webhook]]`: a program of yours that is told what happens, by signed HTTP POST."""

    name: str = Field(pattern=r"^[A-Za-z0-9_-]{1,32}$", description="its name in the outbox")
    url: Url = Field(description="where it listens: https")
    secret: Hidden = Field(description="signs what it is told; it knows it too")
    events: list[str] = Field(default=["*"], min_length=1, description='which events: "call.ended", "callback.*"')
    numbers: bool = Field(default=False, description="tell phone numbers too; names are never told")
    private: Networks = Field(default=[], description="your own networks in which it may be, also by http")

    @model_validator(mode="after")
    def _can_be_reached(self) -> "Webhook":
        reachable(self.url, self.private)
        return self


class Escalate(Strict):
    """`[[notify.escalate]]`: who is told next while a callback is overdue."""

    after_minutes: int = Field(ge=1, description="working minutes after it came due")
    to: list[Recipient] = Field(min_length=1, description="mail addresses, and mobile numbers such as +48501000501")


class ReportMail(Strict):
    """`[[notify.report]]`: reports that are mailed, each with its chart, a summary and a PDF."""

    name: str = Field(pattern=r"^[A-Za-z0-9_-]{1,32}$", description="its name in the ledger of what was sent")
    reports: list[
        Literal["sources", "missed", "hours", "queues", "team", "callbacks", "origins", "funnel", "models",
                "not-booked", "stages", "channels", "visits", "pool", "offline"]
    ] = Field(min_length=1, description="which reports, as `callward report list` names them")
    every: Literal["day", "week", "month"] = Field(
        default="week", description="the last whole day, week (on Mondays) or month (on the first)"
    )
    at: time = Field(default=time(7, 30), description="when, in the clinic's time")
    to: list[Address] = Field(min_length=1, description="the addresses it goes to")
    language: Literal["en", "pl", "ru", "es"] | None = Field(
        default=None, description="its language; the clinic's first one if not given"
    )
    compare: Literal["previous", "year"] = Field(
        default="previous", description="what is set beside the figures: the days right before, or those of last year"
    )
    role: Literal["manager", "marketer"] = Field(
        default="manager", description="whose view it is: a marketer's keeps small numbers of people, as [reports] says"
    )

    @model_validator(mode="after")
    def _is_for_the_role(self) -> "ReportMail":
        if self.role == "marketer" and "team" in self.reports:
            raise ValueError(f'[[notify.report]] "{self.name}": "team" is not for a marketer; leave it out')
        return self


class Notify(Strict):
    """`[notify]`: what is sent, and to whom."""

    max_age_minutes: int = Field(default=10, ge=1, description="older events send nothing")
    desk: list[Recipient] = Field(default=[], description="who is reminded, beside the recipients of the mail server")
    manager: list[Recipient] = Field(default=[], description="who gets alerts and the summary: addresses, numbers")
    admin: list[Recipient] = Field(default=[], description="who is told that an exchange is not heard")
    summary: bool = Field(default=True, description="a summary each working morning, to desk and manager")
    mail: Mail | None = Field(default=None, description="nothing is mailed without it")
    sms: Sms | None = Field(default=None, description="nothing is texted without it")
    escalate: list[Escalate] = Field(default=[], description="none: the desk again, after an hour")
    webhook: list[Webhook] = Field(default=[])
    report: list[ReportMail] = Field(default=[])

    @model_validator(mode="after")
    def _ways_there(self) -> "Notify":
        everybody = [*self.desk, *self.manager, *self.admin, *(who for level in self.escalate for who in level.to)]
        if self.mail is None and (self.report or any("@" in who for who in everybody)):
            raise ValueError("mail addresses are named, but there is no [notify.mail]; add it")
        if self.sms is None and any("@" not in who for who in everybody):
            raise ValueError("numbers are named, but there is no [notify.sms]; add it")
        names = [webhook.name for webhook in self.webhook]
        if len(set(names)) < len(names):
            raise ValueError("two [[notify.webhook]] have one name; give each a name of its own")
        named = [report.name for report in self.report]
        if len(set(named)) < len(named):
            raise ValueError("two [[notify.report]] have one name; give each a name of its own")
        return self


class Alerts(Strict):
    """`[alerts]`: when a manager or the admin is told that the clinic cannot be reached. 0 switches one off."""

    nobody_minutes: int = Field(default=5, ge=0, description="nobody on duty in the queues for so long while open")
    queues: list[str] = Field(default=[], description="queues that must each be staffed; empty: somebody in any")
    waiting_s: int = Field(default=120, ge=0, description="a caller waits longer than so many seconds")
    link_minutes: int = Field(default=2, ge=0, description="an exchange is not heard for so long")
    number_calls: int = Field(default=5, ge=0, description="so many calls in a row to a tracked number reach no one")
    unanswered_percent: int = Field(default=40, ge=0, le=100, description="more of the last hour's calls go unanswered")
    unanswered_calls: int = Field(default=5, ge=1, description="of so many calls at least")
    clear_minutes: int = Field(default=5, ge=0, description="all clear when nothing was wrong for so long")
    silent_times: int = Field(
        default=8, ge=0, description="nobody rings a tracked number for so many times its usual interval"
    )
    overflow_percent: int = Field(
        default=5, ge=0, le=100, description="more of today's new visitors of the web site found no free number"
    )
    script_hours: int = Field(default=24, ge=0, description="a page that used to ask for numbers is silent for so long")
    coverage_points: int = Field(
        default=15, ge=0, le=100, description="the share of calls that have a source fell by so many points in a week"
    )


class TextBack(Strict):
    """`[text_back]`: a text to the caller of a missed call. Ask your lawyer before you switch it on."""

    enabled: bool = Field(default=False, description="send texts; needs [notify.sms]")
    delay_s: int = Field(default=120, ge=0, description="seconds after the miss; who was answered meanwhile gets none")
    hours: Spans = Field(
        default="07:00-22:00", validate_default=True,  # written as in the file
        description="hours of the day in which texts are sent",
    )
    link: str = Field(default="", description="where patients book: added to the text")
    templates: dict[Literal["en", "pl", "ru", "es"], str] = Field(
        default={}, description="your own words by language: {clinic}, {time} (when you will ring), {link}"
    )
    daily_limit: int = Field(default=100, ge=1, description="texts a day, to all callers together")

    @field_validator("templates")
    @classmethod
    def _known_places(cls, templates: dict[str, str]) -> dict[str, str]:
        for template in templates.values():
            for place in re.findall(r"\{(\w*)\}", template):
                if place not in ("clinic", "time", "link"):
                    raise ValueError(f"there is no {{{place}}}; write {{clinic}}, {{time}} or {{link}}")
        return templates
