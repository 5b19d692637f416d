"""`callward.toml`: read, check, and say everything that is wrong at once, with file, key and the way out.

Read by the listener, the web application and the command line only; they pass plain values on.
"""

import os
import stat
import tomllib
from datetime import date, time
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator

DEFAULT_FILE = "callward.toml"
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class SettingsError(Exception):
    """The settings cannot be used. The text lists every problem: file, key, what is wrong, the way out."""


def _spans(value: object) -> object:
    """Read `"08:00-18:00"` or `"08:00-12:00, 14:00-18:00"`; "" is closed."""
    if not isinstance(value, str):
        return value
    return [_span(part.strip()) for part in value.split(",") if part.strip()]


def _span(text: str) -> tuple[time, time]:
    start, dash, end = text.partition("-")
    try:
        opens = time.fromisoformat(start.strip())
        closes = time(23, 59, 59, 999999) if end.strip() == "24:00" else time.fromisoformat(end.strip())
    except ValueError:
        dash = ""
    if not dash or opens >= closes:
        raise ValueError(f'"{text}" is not a span of hours; write it as "08:00-18:00"')
    return opens, closes


Spans = Annotated[list[tuple[time, time]], BeforeValidator(_spans)]


class Strict(BaseModel):
    """A table of the file: an unknown key is an error, so that a misspelt setting is never ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Week(Strict):
    """Opening hours, local time. A day not named is closed."""

    mon: Spans = []
    tue: Spans = []
    wed: Spans = []
    thu: Spans = []
    fri: Spans = []
    sat: Spans = []
    sun: Spans = []

    def spans(self) -> tuple[tuple[tuple[time, time], ...], ...]:
        """Return the seven days, Monday first, each a tuple of (opens, closes)."""
        return tuple(tuple(getattr(self, day)) for day in _WEEKDAYS)


class Secret(Strict):
    """A secret kept elsewhere: in an environment variable or in a file of its own."""

    env: str | None = None
    file: Path | None = None

    @model_validator(mode="after")
    def _one_place(self) -> "Secret":
        if (self.env is None) == (self.file is None):
            raise ValueError('write either { env = "NAME" } or { file = "path" }')
        return self


class Clinic(Strict):
    """`[clinic]`: who we are, and where."""

    name: str = Field(min_length=1)
    country: str = Field(pattern=r"^[A-Z]{2}$", description="ISO 3166 region of numbers written without a country")
    timezone: str
    languages: list[str] = ["en"]
    hours: Week = Week()
    exceptions: dict[date, Spans] = Field(default={}, description="days that differ: date to hours, or to closed")
    holidays: bool = Field(default=True, description="closed on the country's public holidays")

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError(f'"{value}" is not a time zone; write one like "Europe/Warsaw"')
        return value

    @property
    def zone(self) -> ZoneInfo:
        """Return the clinic's time zone."""
        return ZoneInfo(self.timezone)


class Location(Strict):
    """`[[location]]`: a site of the clinic with hours of its own."""

    name: str = Field(min_length=1)
    hours: Week
    exceptions: dict[date, Spans] = {}


class Pbx(Strict):
    """`[[pbx]]`: one Asterisk."""

    name: str = Field(default="main", pattern=r"^[A-Za-z0-9_-]{1,32}$")
    host: str = "127.0.0.1"
    port: int = Field(default=5038, ge=1, le=65535)
    username: str
    secret: str | Secret
    tls: bool = False
    tls_ca: Path | None = Field(default=None, description="certificate to trust, when it is not a public one")
    timezone: str | None = Field(default=None, description="zone of its CDR and CEL files; default the clinic's")
    trunks: list[str] = Field(min_length=1, description="endpoints that lead to the outside, names or patterns")
    phones: list[str] = Field(min_length=1, description="the clinic's extensions, names or Asterisk patterns")
    peers: list[str] = Field(default=[], description="endpoints of our own other exchange")
    prefixes: dict[str, str] = Field(default={}, description="digits a trunk puts before a number: endpoint to prefix")

    @model_validator(mode="after")
    def _secret_is_safe_on_the_wire(self) -> "Pbx":
        if not self.tls and self.host not in ("localhost", "::1") and not self.host.startswith("127."):
            raise ValueError(f"{self.host} is not this machine; set tls = true (AMI sends its password in the clear)")
        return self


class Callbacks(Strict):
    """`[callbacks]`: when a missed caller is to be rung back (DESIGN section 7)."""

    due_minutes: int = Field(default=15, ge=0, description="working minutes after the miss")
    retry_minutes: int = Field(default=60, ge=1, description="after an attempt that was not answered")
    attempts: int = Field(default=3, ge=1, description="attempts before a callback expires")
    attempt_days: int = Field(default=2, ge=1, description="on at least so many days")
    expire_days: int = Field(default=7, ge=1, description="days after which an untouched callback expires")
    menu_s: int = Field(default=10, ge=0, description="seconds in a menu after which leaving it is a missed call")
    reached_s: int = Field(default=5, ge=0, description="seconds of talk that count as having reached somebody")
    sure_s: int = Field(default=25, ge=0, description="shorter talks may have been an answering machine")
    claim_minutes: int = Field(default=10, ge=1, description="how long a claim lasts without a call")
    countries: list[str] = Field(default=[], description="regions that may be rung; empty means the clinic's own")


class Tracking(Strict):
    """`[tracking]`: how calls are joined to campaigns."""

    first_time_days: int = Field(default=365, ge=1, description="no call in so many days makes a first-time caller")
    returning_days: int = Field(default=0, ge=0, description="0: a returning caller inherits no campaign")


class Mail(Strict):
    """`[notify.mail]`: the SMTP server that carries reminders."""

    host: str
    port: int = 587
    username: str | None = None
    secret: str | Secret | None = None
    security: Literal["starttls", "tls", "none"] = "starttls"
    sender: str
    recipients: list[str] = []


class Notify(Strict):
    """`[notify]`: what is sent, and to whom."""

    max_age_minutes: int = Field(default=10, ge=1, description="older events send nothing")
    mail: Mail | None = None


class StoreSettings(Strict):
    """`[store]`: where everything is kept."""

    url: str = Field(default="callward.db", description="a file beside the settings, or postgresql://…")


class Retention(Strict):
    """`[retention]`: how long things are kept."""

    journal_days: int = Field(default=30, ge=1)


class Settings(Strict):
    """The whole file. `folder` is where it lies: relative paths start there."""

    folder: Path
    clinic: Clinic
    pbx: list[Pbx] = Field(min_length=1)
    location: list[Location] = []
    store: StoreSettings = StoreSettings()
    callbacks: Callbacks = Callbacks()
    tracking: Tracking = Tracking()
    notify: Notify = Notify()
    retention: Retention = Retention()

    @model_validator(mode="after")
    def _names_are_unique(self) -> "Settings":
        for what, names in (("pbx", [p.name for p in self.pbx]), ("location", [loc.name for loc in self.location])):
            for name in names:
                if names.count(name) > 1:
                    raise ValueError(f'two [[{what}]] are called "{name}"; give each a name of its own')
        return self

    @property
    def store_url(self) -> str:
        """Return the store's URL: a PostgreSQL one as written, else an absolute file path."""
        url = self.store.url
        return url if "://" in url else str((self.folder / url).resolve())

    @property
    def journal_folder(self) -> Path:
        """Return the folder of the AMI journal."""
        return self.folder / "journal"


def load(path: Path) -> Settings:
    """Read and check the settings at `path`.

    Raises:
        SettingsError: with one line for each problem.
    """
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise SettingsError(
            f"{path}: there is no such file; run `callward init` to make one, or name it with --config."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: cannot be read ({error}); check the file and its rights.") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: is not TOML: {error}; correct that place.") from None
    try:
        settings = Settings.model_validate({**data, "folder": path.resolve().parent})
    except ValidationError as error:
        raise SettingsError("\n".join(_explain(path, data, problem) for problem in error.errors())) from None
    _refuse_readable_secrets(path, data)
    return settings


def reveal(secret: str | Secret, folder: Path) -> str:
    """Return a secret's text.

    Raises:
        SettingsError: the variable is not set, or the file cannot be read or can be read by others.
    """
    if isinstance(secret, str):
        return secret
    if secret.env is not None:
        value = os.environ.get(secret.env)
        if not value:
            raise SettingsError(f"the environment variable {secret.env} is not set; set it to the secret and try again.")
        return value
    assert secret.file is not None
    file = folder / secret.file
    try:
        if _others_can_read(file):
            raise SettingsError(f"{file}: other users can read this secret; run `chmod 600 {file}`.")
        return file.read_text("utf-8").strip()
    except OSError as error:
        raise SettingsError(f"{file}: the secret cannot be read ({error.strerror}); check the path.") from None


def _refuse_readable_secrets(path: Path, data: dict[str, Any]) -> None:
    tables = [*data.get("pbx", []), data.get("notify", {}).get("mail", {})]
    if any(isinstance(table.get("secret"), str) for table in tables) and _others_can_read(path):
        raise SettingsError(
            f'{path}: holds a secret and other users can read it; run `chmod 600 {path}`, or write secret = {{ env = "NAME" }}.'
        )


def _others_can_read(path: Path) -> bool:
    return bool(path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH))


def _explain(path: Path, data: dict[str, Any], problem: Any) -> str:
    """Turn one of pydantic's errors into a sentence with file, key and the way out."""
    key = ".".join(str(part) for part in problem["loc"]) or "the file"
    if problem["type"] == "missing":
        return f"{path}: {key} is missing; add it."
    if problem["type"] == "extra_forbidden":
        return f"{path}: {key} is not a setting; check its spelling or remove it."
    message = problem["msg"].removeprefix("Value error, ")
    return f"{path}: {key}: {message}."
