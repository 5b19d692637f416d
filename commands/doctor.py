"""`callward doctor`: every check is a small function that yields findings; nothing is changed."""

import shutil
import stat
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from commands.common import App, expected, json_option, pass_app, plain, print_json, say, sentence
from commands.findings import Finding

if TYPE_CHECKING:
    from commands.ami import Session
    from settings import Pbx
    from store import Row, Store

OLDEST_ASTERISK = 16
FREE_WARN = 2 << 30  # bytes
FREE_FAIL = 200 << 20
CLOCK_WARN_S = 2.0
BOOT_S = 5.0
JOURNAL_TAIL = 4 << 20

CLASSES = {
    "call": "no call is seen",
    "agent": "queues are not seen",
    "dialplan": "menus, voicemail and recordings are not seen",
}
"""AMI event classes that the tracker reads, and what is missed without each."""

TOO_MUCH = {"Originate": "originate", "Command": "command", "Redirect": "call", "UpdateConfig": "config"}
"""An action that only a write class allows which the listener must not have."""


@click.command()
@json_option
@pass_app
def doctor(app: App, as_json: bool) -> None:
    """Check the installation, and say how to mend it.

    Looks at the settings, the store, the journal, the exchange and its login, the clocks, the tracked numbers, the
    listener, and the console's certificate. Ends with status 1 if anything fails.

    \b
    Example:
      callward doctor
    """
    found: list[Finding] = []
    for finding in examine(app):
        found.append(finding)
        if not as_json:
            say(f"{finding.state:<4}  {finding.check:<10}  {plain(finding.text)}")
    if as_json:
        print_json([asdict(finding) for finding in found])
    if any(finding.state == "fail" for finding in found):
        click.get_current_context().exit(1)


def examine(app: App) -> Iterator[Finding]:
    """Look at everything, the foundations first. What rests on something that failed is not looked at."""
    try:
        settings = app.settings
    except Exception as error:
        if not expected(error):
            raise
        yield from (Finding("settings", "fail", line) for line in str(error).splitlines())
        return
    yield Finding("settings", "ok", f"{app.config} is in order.")
    yield from _guarded("store", _store(app))
    yield from _guarded("door", _public(app))
    for pbx in settings.pbx:
        yield from _journal(settings.journal_folder, pbx.name)
        yield from _guarded("exchange", _exchange(app, pbx))
        yield from _clicks(app, pbx)
    yield from _https(app)


def _guarded(check: str, findings: Iterator[Finding]) -> Iterator[Finding]:
    """Turn an expected failure into a finding."""
    try:
        yield from findings
    except Exception as error:
        if not expected(error):
            raise
        yield Finding(check, "fail", sentence(error))


def _clicks(app: App, pbx: "Pbx") -> Iterator[Finding]:
    from commands.doctor_click import examine_click, examine_sound

    yield from _guarded("click", examine_click(app, pbx))
    yield from examine_sound(app, pbx)


def _https(app: App) -> Iterator[Finding]:
    from commands.doctor_web import doors, examine_door

    for door in doors(app.settings):
        yield from examine_door(door, app.now_ms() / 1000)


def _public(app: App) -> Iterator[Finding]:
    from commands.doctor_door import door

    yield from door(app.settings)


def _store(app: App) -> Iterator[Finding]:
    url = app.settings.store_url
    file = None if "://" in url else Path(url)
    if file is not None and not file.exists():
        yield Finding("store", "fail", f"{file}: there is no store yet; run `callward init`, or check [store] url.")
        return
    with app.store() as store:
        yield from _integrity(store)
        with store.read() as tx:
            calls = tx.one("doctor_calls")
            assignments = tx.all("doctor_assignments")
            leases = {pbx.name: tx.one("lease_get", pbx=pbx.name) for pbx in app.settings.pbx}
    if calls and calls["calls"]:
        yield Finding("store", "ok", f"{calls['calls']} patients' calls, the last {app.show_time(calls['last_ms'])}.")
    else:
        yield Finding("store", "warn", "No call was written down yet; run `callward serve`, then ring the clinic.")
    if file is not None:
        yield from _readable(file)
        yield _disk(file.parent)
    yield from _numbers(assignments)
    for name, lease in leases.items():
        yield _listener(name, lease, app.now_ms())


def _integrity(store: "Store") -> Iterator[Finding]:
    """Let SQLite look through its file; PostgreSQL looks after itself."""
    if store.engine.name != "sqlite":
        yield Finding("store", "ok", "PostgreSQL answers, and the schema is up to date.")
        return
    with store.read() as tx:
        rows = tx.conn.execute("PRAGMA quick_check(3)").fetchall()
    said = "; ".join(" ".join(str(next(iter(row.values()))).split()) for row in rows)
    if said == "ok":
        yield Finding("store", "ok", "The file is whole, and the schema is up to date.")
    else:
        yield Finding("store", "fail", f"The file is damaged ({said}); stop the listener and restore a backup.")


def _readable(file: Path) -> Iterator[Finding]:
    """Name the store's files that others can read: a copy made by hand has the rights of whoever made it."""
    for path in (file, Path(f"{file}-wal"), Path(f"{file}-shm")):
        if path.exists() and path.stat().st_mode & 0o077:
            text = f"{path}: others can read it, and it holds health data; run `chmod 600 {path}`."
            yield Finding("store", "fail", text)


def _disk(folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free
    text = f"{free / (1 << 30):.1f} GiB are free in {folder}"
    if free < FREE_FAIL:
        return Finding("disk", "fail", f"{text}; make room now, or calls will be lost.")
    if free < FREE_WARN:
        return Finding("disk", "warn", f"{text}; make room soon.")
    return Finding("disk", "ok", f"{text}.")


def _numbers(assignments: "list[Row]") -> Iterator[Finding]:
    """Look at the tracked numbers: overlaps, and numbers that lead nowhere."""
    if not assignments:
        yield Finding("numbers", "warn", "No number is tracked; run `callward numbers import numbers.csv`.")
        return
    before: Row | None = None
    overlaps = 0
    for row in assignments:
        if before and before["did"] == row["did"] and (before["valid_to"] or "9999") > row["valid_from"]:
            overlaps += 1
            yield Finding("numbers", "fail", f'{row["did"]}: "{before["label"]}" and "{row["label"]}" overlap on '
                          f"{row['valid_from']}; correct the dates and import again.")
        before = row
    idle = sorted({row["did"] for row in assignments if row["campaign"] is None and row["kind"] != "main"})
    for did in idle:
        yield Finding("numbers", "warn", f"{did}: no campaign, its calls stay unattributed; name one in numbers.csv.")
    if not overlaps and not idle:
        count = len({row["did"] for row in assignments})
        yield Finding("numbers", "ok", f"{count} numbers, none overlaps and none is without a campaign.")


def _listener(pbx: str, lease: "Row | None", now_ms: int) -> Finding:
    if lease is None:
        return Finding("listener", "warn", f"Nobody listens to {pbx}; run `callward serve`.")
    if lease["until_ms"] <= now_ms:
        silent = (now_ms - lease["until_ms"]) // 1000
        return Finding("listener", "fail", f"The listener of {pbx} fell silent {silent} s ago; run `callward serve`.")
    return Finding("listener", "ok", f"{lease['holder']} listens to {pbx}.")


def _journal(folder: Path, pbx: str) -> Iterator[Finding]:
    """Look at the journal's rights, and at which event classes it has seen."""
    if not folder.is_dir():
        yield Finding("journal", "warn", f"{folder} is not there yet; the listener makes it.")
        return
    open_to_others = [p for p in (folder, *folder.iterdir()) if p.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)]
    if open_to_others:
        yield Finding("journal", "fail", f"{open_to_others[0]}: others may enter, and it holds health data; "
                      f"run `chmod -R go= {folder}`.")
    else:
        yield Finding("journal", "ok", f"Only its owner may read {folder}.")
    seen = _classes_seen(folder, pbx)
    for name, loss in CLASSES.items():
        if seen and name not in seen:
            yield Finding("rights", "warn", f"No event of class {name} in the newest journal: {loss}; "
                          f"add {name} to `read =` of the AMI user.")


def _classes_seen(folder: Path, pbx: str) -> set[str]:
    """Return the classes that let the newest events through, none if the journal knows of no call."""
    from pbx.events import parse
    from pbx.journal import framed, journal_files, records

    plain_files = [file for file in journal_files(folder, pbx) if file.suffix == ".jsonl"]
    if not plain_files:
        return set()
    start = max(0, plain_files[-1].stat().st_size - JOURNAL_TAIL)
    seen: set[str] = set()
    for _, blocks in framed(records(plain_files[-1], lambda sentence: None, start)):
        for block in blocks:
            seen |= set(parse(block).get("Privilege").split(","))
    return seen if "call" in seen or "agent" in seen else set()


def _exchange(app: App, pbx: "Pbx") -> Iterator[Finding]:
    """Log in as the listener does, and look at what the exchange says of itself and of our rights."""
    from commands.ami import Login, Session
    from settings import reveal

    folder = app.settings.folder
    secret = reveal(pbx.secret, folder)
    ca = folder / pbx.tls_ca if pbx.tls_ca else None
    with Session(Login(pbx.host, pbx.port, pbx.username, secret, pbx.tls, ca), events=True) as ami:
        yield Finding("exchange", "ok", f"{pbx.name} answers at {pbx.host}:{pbx.port} and lets {pbx.username} in.")
        if not ami.booted(BOOT_S):
            yield Finding("rights", "warn", f"{pbx.name} did not say FullyBooted within {BOOT_S:.0f} s; "
                          "add system to `read =` of the AMI user, so that a restart is noticed.")
        yield _clock(ami, app.now_ms())
        yield from _guarded("rights", _version(ami))
        yield from _guarded("rights", _rights(ami, pbx.username))


def _clock(ami: "Session", now_ms: int) -> Finding:
    stamp = ami.ask("Ping").get("Timestamp", "")
    try:
        difference = float(stamp) - now_ms / 1000
    except ValueError:
        return Finding("clock", "warn", "The exchange does not tell its time; compare the clocks by hand.")
    if abs(difference) > CLOCK_WARN_S:
        return Finding("clock", "warn", f"The exchange's clock is {difference:+.1f} s off ours; run NTP on both.")
    return Finding("clock", "ok", "The exchange's clock and ours agree.")


def _version(ami: "Session") -> Iterator[Finding]:
    version = ami.ask("CoreSettings").get("AsteriskVersion", "")
    major = "".join(character if character.isdigit() else " " for character in version).split()
    if major and int(major[0]) < OLDEST_ASTERISK:
        yield Finding("exchange", "fail", f"Asterisk {version} is older than {OLDEST_ASTERISK}; upgrade it.")
    else:
        yield Finding("exchange", "ok", f"Asterisk {version or 'of an unknown version'}.")


def _rights(ami: "Session", username: str) -> Iterator[Finding]:
    """Compare the actions that the login allows with what the listener needs: snapshots, and nothing else."""
    allowed = set(ami.ask("ListCommands"))
    if "CoreShowChannels" not in allowed:
        yield Finding("rights", "fail", f"{username} may not take snapshots; add `write = reporting` in manager.conf.")
    much = [right for action, right in TOO_MUCH.items() if action in allowed]
    for right in much:
        yield Finding("rights", "warn", f"{username} has `write = {right}`, which no listener needs; take it away.")
    if "CoreShowChannels" in allowed and not much:
        yield Finding("rights", "ok", f"{username} may take snapshots, and can neither dial nor run commands.")
