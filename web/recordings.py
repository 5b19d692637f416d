"""Recordings and voicemail: the files of an exchange, played on the page. Only what lies below its folders, only sound.

The exchange names a recording by a path of its own; here it is looked for below the folder of the settings. A message
is found by its mailbox and by the channel and the time that Asterisk wrote beside it. Every play is noted.
"""

import asyncio
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from aiohttp import web

from store import Row, Tx
from web.audit import Actor, Deed, actor, note
from web.context import read, write
from web.rights import Right, needs

TYPES = {".wav": "audio/wav", ".mp3": "audio/mpeg", ".ogg": "audio/ogg", ".opus": "audio/ogg", ".m4a": "audio/mp4",
         ".gsm": "audio/x-gsm", ".wav49": "audio/wav"}
"""Endings that are sound, in lower case. Nothing else is ever sent."""
_BEST = (".wav", ".mp3", ".ogg", ".opus", ".m4a", ".wav49", ".gsm")
_PLAYED = {1, 3, 6, 7, 0xFFFE}
"""Formats within a WAV that browsers play: PCM, float, A-law, mu-law, and the extensible form of these."""
_PART = re.compile(r"[A-Za-z0-9_+-][A-Za-z0-9_.+-]{0,79}")
SEEKS_MS = 60_000
"""A player asks for parts; within so long they are one play."""
WINDOW_S = 600
"""The clocks of exchange and console, and the length of the call, may be so far apart."""
_MESSAGES = 2000
"""Messages of one mailbox that are looked at."""


@dataclass(frozen=True, slots=True)
class Folders:
    """Where one exchange's sound lies, as this machine sees it; None when it cannot be had."""

    recordings: Path | None = None
    voicemail: Path | None = None


FOLDERS = web.AppKey("folders", Mapping[str, Folders])
"""By the exchange's name."""


@dataclass(frozen=True, slots=True)
class Sound:
    """A file that may be played."""

    path: Path
    type: str
    playable: bool
    """Whether browsers know its format."""


def recording_of(folders: Mapping[str, Folders], call: Row) -> Sound | None:
    """Return the recording of a call, None when there is none or it cannot be had here."""
    folder = folders.get(call["pbx"], Folders()).recordings
    return _recording(folder, call["recording"]) if folder is not None and call["recording"] else None


def _recording(folder: Path, named: str) -> Sound | None:
    """Look for what the exchange calls by a path of its own: its longest end that lies below our folder.

    `/var/spool/asterisk/monitor/2026/11/x.wav` is `2026/11/x.wav` below a folder that is mounted from there.
    """
    if "\0" in named or len(named) > 1000:
        return None
    parts = [part for part in PurePosixPath(named).parts if part != "/"]
    if not parts or ".." in parts:
        return None
    for first in range(max(0, len(parts) - 8), len(parts)):
        found = below(folder, folder.joinpath(*parts[first:]))
        if found is not None:
            return found
    return None


def below(folder: Path, path: Path) -> Sound | None:
    """Return a file if, links followed, it lies below the folder, is a file, and is sound."""
    try:
        root, real = folder.resolve(strict=True), path.resolve(strict=True)
        if not real.is_relative_to(root) or real == root or not real.is_file():
            return None
    except (OSError, RuntimeError, ValueError):
        return None
    kind = TYPES.get(real.suffix.lower())
    return Sound(real, kind, _plays(real)) if kind is not None else None


def _plays(path: Path) -> bool:
    """Say whether browsers play the format; a WAV tells its own in its head."""
    suffix = path.suffix.lower()
    if suffix not in (".wav", ".wav49"):
        return suffix != ".gsm"
    try:
        with path.open("rb") as file:
            head = file.read(64)
    except OSError:
        return False
    at = head.find(b"fmt ")
    return head[:4] == b"RIFF" and at >= 0 and int.from_bytes(head[at + 8:at + 10], "little") in _PLAYED


def message_of(folders: Mapping[str, Folders], call: Row, channels: Iterable[str]) -> Sound | None:
    """Return the message that a call left, None when there is none, it is gone, or it cannot be had here."""
    folder = folders.get(call["pbx"], Folders()).voicemail
    mailbox, _, context = (call["voicemail"] or "").partition("@")
    if folder is None or not _PART.fullmatch(mailbox) or not _PART.fullmatch(context or "default"):
        return None
    names = frozenset(channels)
    since = call["started_ms"] / 1000 - WINDOW_S
    until = (call["ended_ms"] or call["started_ms"]) / 1000 + WINDOW_S
    for told in _messages(folder / (context or "default") / mailbox):
        facts = _facts(told)
        written = facts.get("origtime", "")
        if facts.get("callerchan") in names and written.isdecimal() and since <= int(written) <= until:
            return _best(folder, told)
    return None


def _messages(mailbox: Path) -> Iterator[Path]:
    """Yield the descriptions of a mailbox's messages: new ones, heard ones, and those in folders of their own."""
    try:
        found = (told for box in sorted(mailbox.iterdir()) if box.is_dir() for told in box.glob("msg*.txt"))
        for _place, told in zip(range(_MESSAGES), found, strict=False):
            yield told
    except OSError:
        return


def _facts(told: Path) -> dict[str, str]:
    try:
        text = told.read_text("utf-8", "replace") if told.stat().st_size < 20_000 else ""
    except OSError:
        return {}
    pairs = (line.partition("=") for line in text.splitlines() if "=" in line and not line.startswith(";"))
    return {key.strip(): value.strip() for key, _, value in pairs}


def _best(folder: Path, told: Path) -> Sound | None:
    """Return the message in the form that browsers play best: Asterisk may have written several."""
    found = [sound for path in told.parent.glob(f"{told.stem}.*") if (sound := below(folder, path)) is not None]
    return min(found, key=lambda sound: (not sound.playable, _BEST.index(sound.path.suffix.lower())), default=None)


@needs(Right.CALLS, Right.RECORDINGS)
async def recording(request: web.Request) -> web.StreamResponse:
    """`GET /calls/{ref}/recording`: the sound of a call; parts of it when asked by Range. Each play is noted."""
    folders, ref = request.app[FOLDERS], request.match_info["ref"]
    pbx, _, name = ref.partition(":")
    call = await read(request, lambda tx: tx.one("call_get", pbx=pbx, id=name))
    if call is None:
        raise web.HTTPNotFound
    sound = await asyncio.to_thread(recording_of, folders, call)
    return await play(request, sound, ("call", f"{call['pbx']}:{call['id']}"))


@needs(Right.CALLBACKS, Right.RING_BACK)
async def voicemail(request: web.Request) -> web.StreamResponse:
    """`GET /callbacks/{id}/voicemail`: the newest message that this callback is about. Each play is noted."""
    folders, callback = request.app[FOLDERS], int(request.match_info["id"])
    sound = await read(request, lambda tx: newest_message(tx, folders, callback))
    return await play(request, sound, ("callback", str(callback)))


def newest_message(tx: Tx, folders: Mapping[str, Folders], callback: int) -> Sound | None:
    """Return the newest message of a callback's missed calls that is still there."""
    for call in tx.all("callback_messages", callback=callback):
        legs = tx.all("legs", pbx=call["pbx"], call=call["id"])
        if (sound := message_of(folders, call, [leg["channel"] for leg in legs])) is not None:
            return sound
    return None


async def play(request: web.Request, sound: Sound | None, what: tuple[str, str]) -> web.StreamResponse:
    """Send a sound, or a part of it, and note that it was played; a 404 when there is none."""
    if sound is None:
        raise web.HTTPNotFound
    who = actor(request)
    kept = "download" in request.query
    await write(request, lambda tx: _noted(tx, who, what, kept))
    headers = {"Content-Type": sound.type, "Cache-Control": "no-store"}
    if kept:
        name = f"{what[0]}-{re.sub('[^0-9A-Za-z.-]', '-', what[1])}{sound.path.suffix.lower()}"
        headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return web.FileResponse(sound.path, headers=headers)


def _noted(tx: Tx, who: Actor, what: tuple[str, str], kept: bool) -> None:
    kind, ref = what
    last = tx.value("audit_played", session=who.session, kind=kind, ref=ref, since=who.at_ms - SEEKS_MS)
    if kept or last is None:
        note(tx, who, Deed("played", kind, ref, "downloaded" if kept else ""))


def set_up(app: web.Application) -> None:
    """Add the routes."""
    app.router.add_get("/calls/{ref}/recording", recording)
    app.router.add_get(r"/callbacks/{id:[1-9]\d{0,17}}/voicemail", voicemail)
