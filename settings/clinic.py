"""The tables about the clinic and its exchanges: `[clinic]`, `[[location]]`, `[[pbx]]`, `[callbacks]`, `[tracking]`."""

from datetime import date
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import (
    Field,
    ValidationInfo,
    field_validator,
)

from settings.kinds import Hidden, Region, Spans, Strict, Week, Zone, is_this_machine


class Clinic(Strict):
    """`[clinic]`: who we are, and where."""

    name: str = Field(min_length=1, description="as patients know it")
    country: Region = Field(description="region of numbers written without a country, and of the public holidays")
    timezone: Zone = Field(description="the zone of the opening hours and of every time that is shown")
    languages: list[Literal["en", "pl", "ru", "es"]] = Field(
        default=["en"], min_length=1, description="languages of pages and messages, the first is the default"
    )
    hours: Week = Field(default=Week(), description='opening hours by day, mon to sun: "08:00-12:00, 14:00-18:00"')
    exceptions: dict[date, Spans] = Field(default={}, description="days that differ: date to hours, or to closed")
    holidays: bool = Field(default=True, description="closed on the country's public holidays")

    @property
    def zone(self) -> ZoneInfo:
        """Return the clinic's time zone."""
        return ZoneInfo(self.timezone)


class Location(Strict):
    """`[[location]]`: a site of the clinic with hours of its own."""

    name: str = Field(min_length=1, description="as the tracked numbers name it")
    hours: Week = Field(description="its opening hours, as the clinic's")
    exceptions: dict[date, Spans] = Field(default={}, description="days that differ: date to hours, or to closed")


class Click(Strict):
    """`[pbx.click]`: the AMI user that click-to-call and the pausing in queues go by."""

    username: str = Field(min_length=1, description="the AMI user: may ring a phone and pause in queues, nothing else")
    secret: Hidden = Field(description='its password: a string, { env = "NAME" } or { file = "path" }')
    technology: Literal["PJSIP", "SIP", "IAX2", "DAHDI", "SCCP"] = Field(
        default="PJSIP", description="how its phones are connected"
    )
    context: str = Field(
        default="callward-originate", pattern=r"^[A-Za-z0-9_-]{1,80}$",
        description="the dialplan context that clicked calls begin in; `callward dialplan generate` writes it",
    )
    presents: str = Field(
        default="", pattern=r"^(\+[0-9]{4,15})?$",
        description="the number that patients see where they dialled none that is still ours"
    )


class Pbx(Strict):
    """`[[pbx]]`: one Asterisk."""

    name: str = Field(default="main", pattern=r"^[A-Za-z0-9_-]{1,32}$", description="its name in call ids")
    host: str = Field(
        default="127.0.0.1", min_length=1, max_length=253, pattern=r"^[A-Za-z0-9.:\[\]_-]+$",
        description="where its AMI listens",
    )
    port: int = Field(default=5038, ge=1, le=65535, description="AMI's port (5039 is usual with TLS)")
    username: str = Field(min_length=1, description="the AMI user: may read and take snapshots only")
    secret: Hidden = Field(description='its password: a string, { env = "NAME" } or { file = "path" }')
    tls: bool = Field(default=False, validate_default=True, description="speak TLS; a must beyond this machine")
    tls_ca: Path | None = Field(default=None, description="certificate to trust, when it is not a public one")
    timezone: Zone | None = Field(default=None, description="zone of its CDR and CEL files; default the clinic's")
    cel: str | None = Field(default=None, min_length=1, description="its CEL, a file or a database: see `backfill`")
    cdr: str | None = Field(default=None, min_length=1, description="its CDR, a file or a database")
    queue_log: str | None = Field(default=None, min_length=1, description="its queue_log, a file or a database")
    trunks: list[str] = Field(min_length=1, description="endpoints that lead to the outside, names or patterns")
    phones: list[str] = Field(min_length=1, description="the clinic's extensions, names or Asterisk patterns")
    peers: list[str] = Field(default=[], description="endpoints of our own other exchange")
    prefixes: dict[str, str] = Field(default={}, description="digits a trunk puts before a number: endpoint to prefix")
    click: Click | None = Field(default=None, description="who may ring for the console: see `[pbx.click]`")
    recordings: Path | None = Field(
        default=None, description="the folder of its recordings (MixMonitor), as this machine sees it"
    )
    voicemail: Path | None = Field(
        default=None, description="the folder of its mailboxes, usually /var/spool/asterisk/voicemail"
    )

    @field_validator("tls")
    @classmethod
    def _safe_on_the_wire(cls, tls: bool, info: ValidationInfo) -> bool:
        host = info.data.get("host", "localhost")
        if not tls and not is_this_machine(host):
            raise ValueError(f"{host} is not this machine; set tls = true (AMI sends its password in the clear)")
        return tls

    @field_validator("trunks", "phones", "peers")
    @classmethod
    def _endpoints(cls, names: list[str], info: ValidationInfo) -> list[str]:
        for name in names:
            if not name or not name.isprintable() or " " in name:
                raise ValueError(f'"{name}" cannot be an endpoint; write a name or a pattern, like "PJSIP/trunk-*"')
            if info.field_name != "trunks" and name in info.data.get("trunks", []):
                raise ValueError(f'"{name}" is also among the trunks; an endpoint is one or the other')
        return names


class Callbacks(Strict):
    """`[callbacks]`: when a missed caller is to be rung back."""

    due_minutes: int = Field(default=15, ge=0, description="working minutes after the miss")
    retry_minutes: int = Field(default=60, ge=1, description="after an attempt that was not answered")
    attempts: int = Field(default=3, ge=1, description="attempts before a callback expires")
    attempt_days: int = Field(default=2, ge=1, description="on at least so many days")
    expire_days: int = Field(default=7, ge=1, description="days after which an untouched callback expires")
    menu_s: int = Field(default=10, ge=0, description="seconds in a menu after which leaving it is a missed call")
    reached_s: int = Field(default=5, ge=0, description="seconds of talk that count as having reached somebody")
    sure_s: int = Field(default=25, ge=0, description="shorter talks may have been an answering machine")
    claim_minutes: int = Field(default=10, ge=1, description="how long a claim lasts without a call")
    countries: list[Region] = Field(default=[], description="regions that may be rung; empty means the clinic's own")
    ring_hours: Spans = Field(
        default="08:00-20:00", validate_default=True,  # written as in the file
        description="hours of the day in which people may be rung back; the others are quiet",
    )


class Tracking(Strict):
    """`[tracking]`: how calls are joined to campaigns."""

    first_time_days: int = Field(
        default=365, ge=0, description="no call in so many days makes a first-time caller; 0 looks back for ever"
    )
    returning_days: int = Field(
        default=0, ge=0, description="a caller of no campaign belongs to that of a call so many days ago; 0 is never"
    )
    target_s: int = Field(default=30, ge=0, description="seconds of talk that a target call needs")
    target_not: list[str] = Field(
        default=["moved", "cancelled", "results", "prescription", "complaint", "wrong_number", "sales_spam"],
        description="categories of topics that make a call no target",
    )
    unique_days: int = Field(default=30, ge=1, description="one target of a caller in so many days is unique")
    visit_idle_minutes: int = Field(default=5, ge=2, description="a visit is over so long after its last sign of life")
    visit_grace_minutes: int = Field(default=20, ge=0, description="so long after a visit its number is kept for it")
    release_after_call: bool = Field(default=True, description="a number of the pool is free once its visitor has rung")
