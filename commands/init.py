"""`callward init`: the settings, the store, and what to write into Asterisk's manager.conf."""

import json
import os
import re
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click

from commands.common import say

FILE = "callward.toml"

SETTINGS = """\
# The settings of Callward. docs/settings.md explains every key; `callward doctor` checks them.
# This file holds a secret: only its owner may read it.

[clinic]
name = {name}
country = {country}  # region of numbers written without a country, and of the public holidays
timezone = {timezone}

[clinic.hours]  # local time; a day not named is closed; a break is "08:00-12:00, 14:00-18:00"
mon = "08:00-18:00"
tue = "08:00-18:00"
wed = "08:00-18:00"
thu = "08:00-18:00"
fri = "08:00-18:00"

[[pbx]]
name = "main"
host = {host}
port = {port}
tls = {tls}
username = {username}
secret = {secret}
trunks = {trunks}  # endpoints that lead to the outside, names or patterns
phones = {phones}  # the clinic's extensions, names or Asterisk patterns
"""

MANAGER = """\
[{username}]
secret = {secret}
deny = 0.0.0.0/0.0.0.0
permit = {permit}
read = system,call,agent,user,dialplan
write = reporting
writetimeout = 5000
"""

RIGHTS = (
    ("read system", "when Asterisk is ready, and when it shuts down"),
    ("read call", "channels, bridges and hang-ups: the calls themselves"),
    ("read agent", "queues: who waits, who rings, who gives up"),
    ("read user", "the events that the generated dialplan sends"),
    ("read dialplan", "menus, voicemail, recordings, and numbers that a variable carries"),
    ("write reporting", "to ask which calls are up; it can neither dial nor hang up"),
)
"""What each right of the AMI user is for. There are no others: what is not granted cannot be misused."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What a clinic has to say about itself."""

    name: str
    country: str
    timezone: str
    host: str
    port: int
    username: str
    trunks: tuple[str, ...]
    phones: tuple[str, ...]


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default=Path())
@click.option("--name", help="The clinic's name.")
@click.option("--country", help="Its country, two letters: PL.")
@click.option("--timezone", help="Its time zone: Europe/Warsaw.")
@click.option("--host", help="Where Asterisk's AMI listens.")
@click.option("--port", type=click.IntRange(1, 65535), help="AMI's port: 5038, or 5039 beyond this machine.")
@click.option("--username", help="The AMI user to be added.")
@click.option("--trunk", "trunks", multiple=True, help="An endpoint that leads to the outside; may be repeated.")
@click.option("--phone", "phones", multiple=True, help="Extensions, a name or a pattern: 10X; may be repeated.")
@click.option("--yes", is_flag=True, help="Ask nothing; take the defaults.")
def init(folder: Path, yes: bool, **given: Any) -> None:
    """Make a clinic's settings and store.

    Asks a few questions, writes callward.toml with a fresh secret and creates the store beside it, then prints what to
    add to Asterisk's manager.conf. FOLDER is the present one unless named. Nothing that exists is overwritten.

    \b
    Example:
      callward init clinic
      callward init clinic --yes --name Zdrowie --country PL --timezone Europe/Warsaw --trunk trunk --phone 1XX
    """
    file = folder / FILE
    if file.exists():
        raise click.ClickException(f"{file} is there already; edit it, or choose another folder.")
    answers = _answers(given, yes)
    secret = secrets.token_urlsafe(24)
    url = _create(folder, answers, secret)
    _explain(file, url, answers, secret)


def _answers(given: dict[str, Any], yes: bool) -> Answers:
    """Ask for what was not given as an option."""
    from settings import is_this_machine

    def answer(key: str, question: str, default: str | None = None) -> str:
        if given[key]:
            return str(given[key])
        if not yes:
            return str(click.prompt(question, default=default))
        if default is None:
            raise click.UsageError(f"With --yes, --{key} has to be given.")
        return default

    def answers(key: str, question: str) -> tuple[str, ...]:
        if yes and not given[key]:
            raise click.UsageError(f"With --yes, --{key.removesuffix('s')} has to be given.")
        written = given[key] or [click.prompt(f"{question}, separated by commas")]
        return tuple(part.strip() for text in written for part in text.split(",") if part.strip())

    return Answers(
        name=answer("name", "The clinic's name"),
        country=answer("country", "Country, two letters").upper(),
        timezone=answer("timezone", "Time zone", _machine_zone()),
        host=(host := answer("host", "Where Asterisk's AMI listens", "127.0.0.1")),
        port=given["port"] or (5038 if is_this_machine(host) else 5039),
        username=answer("username", "The AMI user to be added", "callward"),
        trunks=answers("trunks", "Trunks (endpoints that lead to the outside)"),
        phones=answers("phones", "Phones (extensions, or patterns like 10X)"),
    )


def _machine_zone() -> str | None:
    """Return the machine's time zone where it is a link into the zone files, as on most systems."""
    _, found, zone = str(Path("/etc/localtime").resolve()).partition("zoneinfo/")
    return zone if found and "/" in zone and not zone.startswith("Etc/") else None


def _create(folder: Path, answers: Answers, secret: str) -> str:
    """Write the settings, read them back, create the store; return its URL. What is not good is taken away again."""
    from settings import SettingsError, is_this_machine, load
    from store import open_store

    if not re.fullmatch(r"[A-Za-z0-9_-]+", answers.username):
        raise click.UsageError("The AMI user's name may have letters, digits, - and _ only; choose another.")
    for key, value in asdict(answers).items():
        if any("\ud800" <= sign <= "\udfff" for sign in str(value)):
            raise click.UsageError(f"The {key} holds bytes that are not UTF-8; write it in UTF-8.")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = folder / FILE
    text = SETTINGS.format(
        **{key: _toml(value) for key, value in asdict(answers).items()},
        secret=_toml(secret),
        tls=_toml(not is_this_machine(answers.host)),
    )
    _write_private(file, text)
    try:
        settings = load(file)
    except SettingsError as error:
        file.unlink()
        raise click.ClickException(str(error).replace(f"{file}: ", "")) from None
    settings.journal_folder.mkdir(mode=0o700, exist_ok=True)
    open_store(settings.store_url).close()
    Path(settings.store_url).chmod(0o600)  # its -wal and -shm follow
    return settings.store_url


def _write_private(file: Path, text: str) -> None:
    """Create a file that only its owner can read, from its first byte on; raises FileExistsError."""
    data = text.encode("utf-8")
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(data)


def _toml(value: Any) -> str:
    """Write a value as TOML: its strings, numbers, booleans and flat lists are JSON's, but for the DEL character."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _explain(file: Path, url: str, answers: Answers, secret: str) -> None:
    """Say what was made and what to do next."""
    from settings import is_this_machine

    local = is_this_machine(answers.host)
    permit = "127.0.0.1/255.255.255.255" if local else "the address of this machine/255.255.255.255"
    user = MANAGER.format(username=answers.username, secret=secret, permit=permit)
    width = max(len(right) for right, _ in RIGHTS)
    run = f"callward --config {file}" if file.parent != Path() else "callward"
    lines = [
        f"Wrote {file}, which only you can read, and the store {url}.",
        "",
        "1. Add this to manager.conf of Asterisk, then run `asterisk -rx 'manager reload'`:",
        "",
        *(f"   {line}" for line in user.splitlines()),
        "",
        "   What each right is for:",
        *(f"   {right:<{width}}  {purpose}" for right, purpose in RIGHTS),
        "",
        *(() if local else ("   AMI leaves that machine: switch on its TLS (tlsenable = yes in [general]).", "")),
        f"2. Check everything:   {run} doctor",
        f"3. Bring the numbers:  {run} numbers import numbers.csv",
        f"   and the patients:   {run} patients import patients.csv",
        f"4. Listen:             {run} serve",
    ]
    say("\n".join(lines))
