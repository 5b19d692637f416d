"""The demo's own folder: everything that the demo writes is in it, and it goes as a whole.

A folder that holds anything else is refused; one of an earlier demo is emptied, unless that demo still runs.
"""

import csv
import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from demo.country import LANGUAGES, Country, Person

MARK = ".callward-demo"
RECORDS = "exchange.csv"
SETTINGS = "callward.toml"

_TOML = """\
# An invented clinic, made by `callward demo`. The folder is the demo's own: the next demo makes it anew.
[clinic]
name = {name}
country = {country}
timezone = {timezone}
languages = {languages}

[clinic.hours]
mon = "08:00-18:00"
tue = "08:00-18:00"
wed = "08:00-18:00"
thu = "08:00-18:00"
fri = "08:00-16:00"
sat = "09:00-13:00"

[clinic.exceptions]  # the demo's live day is open at whatever hour it is started
{today} = "00:00-24:00"
{tomorrow} = "00:00-24:00"

[[pbx]]  # the simulated Asterisk, on this machine only, with a secret made for this demo
host = "127.0.0.1"
port = {port}
username = "callward"
secret = {secret}
trunks = ["trunk-alfa"]
phones = ["10X"]
timezone = "UTC"
cel = "exchange.csv"  # its own records: what the gap is filled from when the plug was pulled
recordings = "monitor"
voicemail = "voicemail"

[pbx.click]  # calls that people click, and pausing in the queue
username = "reception"
secret = {secret}
presents = {main}

[web]
port = {web_port}

[callbacks]  # nobody waits long in a demo: everything is that much shorter than usual
due_minutes = 1
retry_minutes = 5
ring_hours = "00:00-24:00"
menu_s = {menu}
reached_s = {reached}
sure_s = {sure}
"""


class DemoError(Exception):
    """The demo cannot begin. The text says why, and the way out."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """The simulated Asterisk, as the settings name it."""

    port: int
    secret: str
    speed: float
    web_port: int = 8480
    """Where the console is to be served."""


@contextmanager
def own_folder(folder: Path, *, keep: bool) -> Iterator[Path]:
    """Make the folder anew for this demo alone; remove what was made at the end unless `keep`.

    Raises:
        DemoError: it holds something else, or another demo runs in it.
    """
    _refuse_others(folder)
    ours = not folder.exists() or (folder / MARK).exists()
    folder.mkdir(mode=0o700, exist_ok=True)
    mark = (folder / MARK).open("a")
    try:
        try:
            fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise DemoError(f"{folder}: a demo is running in it; name another folder with --folder.") from None
        _empty(folder)
        try:
            yield folder
        finally:
            if not keep and ours:
                shutil.rmtree(folder)
            elif not keep:
                _empty(folder)
                (folder / MARK).unlink()
    finally:
        mark.close()


def write_settings(folder: Path, country: Country, exchange: Exchange, today: date) -> Path:
    """Write `callward.toml` for its owner alone; return its path."""
    values = {key: json.dumps(value, ensure_ascii=False) for key, value in {
        "name": country.name, "country": country.country, "timezone": country.timezone,
        "languages": [*country.languages, *(code for code in LANGUAGES if code not in country.languages)],
        "main": country.main, "port": exchange.port, "web_port": exchange.web_port, "secret": exchange.secret,
    }.items()}
    usual = {"menu": 10, "reached": 5, "sure": 25}
    shorter = {key: max(1, int(value / exchange.speed)) for key, value in usual.items()}
    text = _TOML.format(**values, **shorter, today=today, tomorrow=today + timedelta(days=1))
    path = folder / SETTINGS
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    return path


def write_patients(folder: Path, country: Country, people: Sequence[Person]) -> Path:
    """Write the patients as the clinic's own system would export them, in its language."""
    yes, no = country.words["yes_no"]
    rows = [[who.ref, who.surname, who.first_name, _as_written(who.number, country), f"{who.born:%d.%m.%Y}",
             yes if who.consent else no] for who in people]
    return _write(folder / "patients.csv", country.delimiter, country.words["headings"], rows)


def write_numbers(folder: Path, country: Country, first: date, midway: date) -> Path:
    """Write the tracked numbers with the days from which they belong to their campaigns; some begin midway."""
    rows = [[c.did, c.label, c.source, c.medium, c.name, str(midway if c.shape == "midway" else first), "static",
             "reception"] for c in country.campaigns]  # fmt: skip
    rows.append([country.main, country.name, "", "", "", str(first), "main", "reception"])
    site = country.campaigns[0].label
    for place, did in enumerate(country.pool, 1):
        kind = "pool" if place < len(country.pool) else "overflow"
        rows.append([did, f"{site} {place}", "website", kind, f"{site} ({kind})", str(first), kind, "reception"])
    headings = ["did", "label", "source", "medium", "campaign", "valid_from", "kind", "destination"]
    return _write(folder / "numbers.csv", country.delimiter, headings, rows)


def write_costs(folder: Path, country: Country, first: date, last: date) -> Path:
    """Write what the campaigns cost, month by month."""
    months = sorted({f"{first + timedelta(days=days):%Y-%m}" for days in range((last - first).days + 1)})
    rows = [[month, c.source, c.medium, c.name, str(c.monthly_cost), country.currency,
             country.promises.get(f"{c.source}/{c.medium}", "")]
            for month in months for c in country.campaigns if c.monthly_cost]
    headings = ["month", "source", "medium", "campaign", "cost", "currency", "promise"]
    return _write(folder / "campaigns.csv", country.delimiter, headings, rows)


def _refuse_others(folder: Path) -> None:
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise DemoError(f"{folder}: is not a folder; name another with --folder.")
    if folder.exists() and not (folder / MARK).is_file() and any(folder.iterdir()):
        raise DemoError(f"{folder}: holds something that is not the demo's; name another folder with --folder.")


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        if path.name == MARK:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def _as_written(number: str, country: Country) -> str:
    from patients.phones import display

    return display(number, country.country)


def write_table(path: Path, delimiter: str, table: tuple[Sequence[str], Sequence[Sequence[str]]]) -> Path:
    """Write a table of headings and rows; return its path."""
    return _write(path, delimiter, *table)


def _write(path: Path, delimiter: str, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerow(headings)
        writer.writerows(rows)
    return path
