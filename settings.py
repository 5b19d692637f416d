"""`callward.toml`: read, check, and say everything that is wrong at once, with file, key and the way out.

Read by the listener, the web application and the command line only; they pass plain values on.
"""

import json
import os
import re
import stat
import tomllib
from collections.abc import Iterator
from datetime import date, time
from difflib import get_close_matches
from ipaddress import ip_address, ip_network
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal, get_args
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class SettingsError(Exception):
    """The settings cannot be used. The text lists every problem: file, key, what is wrong, the way out."""


def _spans(value: object) -> object:
    """Read `"08:00-18:00"` or `"08:00-12:00, 14:00-18:00"`; "" is closed."""
    if not isinstance(value, str):
        return value
    spans = sorted(_span(part.strip()) for part in value.split(",") if part.strip())
    for (_, closes), (opens, _) in pairwise(spans):
        if opens < closes:
            raise ValueError(f'the spans of "{value}" overlap; join them into one')
    return spans


def _span(text: str) -> tuple[time, time]:
    start, dash, end = text.partition("-")
    try:
        opens = time.fromisoformat(start.strip())
        closes = time(23, 59, 59, 999999) if end.strip() == "24:00" else time.fromisoformat(end.strip())
    except ValueError:
        dash = ""
    if not dash or opens.tzinfo or closes.tzinfo or opens >= closes:
        raise ValueError(f'"{text}" is not a span of hours; write it as "08:00-18:00"')
    return opens, closes


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f'"{name}" is not a time zone; write one like "Europe/Warsaw"') from None
    return name


def _region(code: str) -> str:
    if len(code) != 2 or not code.isascii() or not code.isupper():
        raise ValueError(f'"{code}" is not a country; write its two capital letters, like "PL"')
    return code


def _address(text: str) -> str:
    if text.count("@") != 1 or not text.isprintable() or text.startswith("@") or text.endswith("@"):
        raise ValueError(f'"{text}" is not a mail address; write one like "clinic@example.org"')
    return text


def _recipient(text: str) -> str:
    if "@" in text:
        return _address(text)
    if not re.fullmatch(r"\+[1-9]\d{6,14}", text):
        raise ValueError(f'"{text}" is neither a mail address nor a number like "+48501000501"')
    return text


def _url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        raise ValueError(f'"{parts.scheme}://{parts.hostname or ""}" is no address to send to; write "https://host/path"')
    return text


def _network(text: str) -> str:
    try:
        ip_network(text, strict=False)
    except ValueError:
        raise ValueError(f'"{text}" is not a network; write "10.0.0.5" or "10.1.0.0/16"') from None
    return text


def _reachable(url: str, private: list[str]) -> None:
    if urlsplit(url).scheme == "http" and not private:
        raise ValueError("http is for your own networks only; write https, or list the network in private")


def is_this_machine(host: str) -> bool:
    """Say whether traffic to `host` stays on this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


Spans = Annotated[list[tuple[time, time]], BeforeValidator(_spans)]
Zone = Annotated[str, AfterValidator(_known_zone)]
Region = Annotated[str, AfterValidator(_region)]
Address = Annotated[str, AfterValidator(_address)]
Recipient = Annotated[str, AfterValidator(_recipient)]
Url = Annotated[str, AfterValidator(_url)]
Networks = list[Annotated[str, AfterValidator(_network)]]


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


_TAGS = ("written out", "kept elsewhere")
Hidden = Annotated[
    Annotated[str, Tag(_TAGS[0])] | Annotated[Secret, Tag(_TAGS[1])],
    Discriminator(lambda value: _TAGS[0] if isinstance(value, str) else _TAGS[1]),
]
"""A secret: a string, only in a file that others cannot read, or where it is kept."""


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


class Pbx(Strict):
    """`[[pbx]]`: one Asterisk."""

    name: str = Field(default="main", pattern=r"^[A-Za-z0-9_-]{1,32}$", description="its name in call ids")
    host: str = Field(default="127.0.0.1", min_length=1, description="where its AMI listens")
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

    first_time_days: int = Field(default=365, ge=1, description="no call in so many days makes a first-time caller")


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
        _reachable(self.url, self.private)
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
        _reachable(self.url, self.private)
        return self


class Escalate(Strict):
    """`[[notify.escalate]]`: who is told next while a callback is overdue."""

    after_minutes: int = Field(ge=1, description="working minutes after it came due")
    to: list[Recipient] = Field(min_length=1, description="mail addresses, and mobile numbers such as +48501000501")


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
    webhook: list[Webhook] = []

    @model_validator(mode="after")
    def _ways_there(self) -> "Notify":
        everybody = [*self.desk, *self.manager, *self.admin, *(who for level in self.escalate for who in level.to)]
        if self.mail is None and any("@" in who for who in everybody):
            raise ValueError("mail addresses are named, but there is no [notify.mail]; add it")
        if self.sms is None and any("@" not in who for who in everybody):
            raise ValueError("numbers are named, but there is no [notify.sms]; add it")
        names = [webhook.name for webhook in self.webhook]
        if len(set(names)) < len(names):
            raise ValueError("two [[notify.webhook]] have one name; give each a name of its own")
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


class StoreSettings(Strict):
    """`[store]`: where everything is kept."""

    url: str = Field(default="callward.db", min_length=1, description="a file beside the settings, or postgresql://…")


class Retention(Strict):
    """`[retention]`: how long things are kept."""

    journal_days: int = Field(default=30, ge=1, description="days that the AMI journal is kept")


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
    alerts: Alerts = Alerts()
    text_back: TextBack = TextBack()
    retention: Retention = Retention()

    @model_validator(mode="after")
    def _texts_have_a_way(self) -> "Settings":
        if self.text_back.enabled and self.notify.sms is None:
            raise ValueError("[text_back] is enabled, but there is no [notify.sms]; add it")
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
        data = tomllib.loads(path.read_text("utf-8-sig"))
    except FileNotFoundError:
        raise SettingsError(
            f"{path}: there is no such file; run `callward init` to make one, or name it with --config."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: cannot be read ({error}); check the file and its rights.") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: is not TOML: {error}; correct that place.") from None
    problems = [f"{path}: {problem}" for problem in (*_names_given_twice(data), *_readable_secrets(path, data))]
    folder = path.resolve().parent
    try:
        settings = Settings.model_validate({**data, "folder": folder})
    except ValidationError as error:
        problems = [*(f"{path}: {_explain(problem)}" for problem in error.errors()), *problems]
    if "folder" in data:
        problems.append(f"{path}: folder is not a setting; remove it.")
    if problems:
        raise SettingsError("\n".join(problems))
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
            raise SettingsError(f"the environment variable {secret.env} is not set; set it to the secret.")
        return value
    assert secret.file is not None
    file = folder / secret.file
    try:
        if _others_can_read(file):
            raise SettingsError(f"{file}: other users can read this secret; run `chmod 600 {file}`.")
        text = file.read_text("utf-8").strip()
    except OSError as error:
        raise SettingsError(f"{file}: the secret cannot be read ({error.strerror}); check the path.") from None
    if not text:
        raise SettingsError(f"{file}: the secret is empty; write it there.")
    return text


def _tables(data: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """Return the tables `[[name]]` as far as they are what they should be; the rest is reported elsewhere."""
    tables = data.get(name)
    return [table for table in tables if isinstance(table, dict)] if isinstance(tables, list) else []


def _names_given_twice(data: dict[str, Any]) -> Iterator[str]:
    for what in ("pbx", "location"):
        names = [table.get("name", "main" if what == "pbx" else None) for table in _tables(data, what)]
        for name in sorted({name for name in names if isinstance(name, str) and names.count(name) > 1}):
            yield f'two [[{what}]] are called "{name}"; give each a name of its own.'


def _readable_secrets(path: Path, data: dict[str, Any]) -> Iterator[str]:
    if _holds_secret(data) and _others_can_read(path):
        yield f'holds a secret and others can read it; run `chmod 600 {path}`, or write secret = {{ env = "NAME" }}.'


def _holds_secret(data: dict[str, Any]) -> bool:
    def inside(*keys: str) -> Any:
        value: Any = data
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else None
        return value

    records = [table.get(name) for table in _tables(data, "pbx") for name in ("cel", "cdr", "queue_log")]
    for url in (inside("store", "url"), *records):
        if isinstance(url, str) and "://" in url and urlsplit(url).password:
            return True
    notify = inside("notify") if isinstance(inside("notify"), dict) else {}
    return any(isinstance(secret, str) for secret in (
        inside("notify", "mail", "secret"), inside("notify", "sms", "secret"),
        *(table.get("secret") for table in (*_tables(data, "pbx"), *_tables(notify, "webhook"))),
    ))


def _others_can_read(path: Path) -> bool:
    return bool(path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH))


def _explain(problem: Any) -> str:
    """Turn one of pydantic's errors into a sentence with the key and the way out."""
    where = tuple(part for part in problem["loc"] if part not in _TAGS)
    key = key_text(where) if where else "callward.toml"
    if problem["type"] == "missing":
        return f"{key} is missing; add it."
    if problem["type"] == "extra_forbidden":
        near = get_close_matches(str(where[-1]), _keys_beside(where), 1)
        hint = f'did you mean "{near[0]}"?' if near else "check its spelling or remove it."
        return f"{key} is not a setting; {hint}"
    message = problem["msg"].removeprefix("Value error, ")
    shown = repr(problem["input"]) if "secret" not in where else "the secret"
    if problem["type"] == "model_type":
        message = 'write a string or { env = "NAME" }' if "secret" in where else "should be a table"
    for subject in ("Input should", "String should", "List should"):
        message = message.replace(subject, f"{shown} should")
    return f"{key}: {message}."


def key_text(where: tuple[str | int, ...]) -> str:
    """Write a place in the file as the file does: `[clinic.hours] mon`, `[[pbx]] #2 port`."""
    if len(where) > 1 and isinstance(where[1], int):
        table, rest = f"[[{where[0]}]] #{where[1] + 1}", where[2:]
    elif len(where) == 1:
        model = model_of(where)
        many = model is not None and get_args(Settings.model_fields[str(where[0])].annotation)
        return f"[[{where[0]}]]" if many else f"[{where[0]}]" if model is not None else str(where[0])
    elif len(where) > 2 and isinstance(where[2], int) and model_of(where[:2]) is not None:
        table, rest = f"[[{where[0]}.{where[1]}]] #{where[2] + 1}", where[3:]
    else:
        depth = max(n for n in range(1, len(where)) if n == 1 or model_of(where[:n]) is not None)
        table, rest = f"[{'.'.join(str(part) for part in where[:depth])}]", where[depth:]
    words = [f"#{part + 1}" if isinstance(part, int) else str(part) for part in rest]
    return " ".join([table, *words])


def model_of(where: tuple[str | int, ...]) -> type[BaseModel] | None:
    """Return the table that lies at a place of the file, None if it is no table."""
    model: type[BaseModel] | None = Settings
    for part in where:
        if isinstance(part, int):
            continue
        if model is None or part not in model.model_fields:
            return None
        model = _model_in(model.model_fields[part].annotation)
    return model


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((model for model in map(_model_in, get_args(annotation)) if model is not None), None)


def _keys_beside(where: tuple[str | int, ...]) -> list[str]:
    model = model_of(where[:-1])
    return [name for name in model.model_fields if name != "folder"] if model else []
