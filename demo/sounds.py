"""Something to be heard: the sound files of the invented clinic's calls, a soft hum of two tones, and its messages.

They lie as those of an Asterisk do: recordings by their name, messages in their mailbox with what is told of them.
"""

import math
import shutil
import wave
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from pbx.events import name_of, parse

RECORDINGS, VOICEMAIL = "monitor", "voicemail"
"""Folders within the demo's own."""
_RATE = 8000
_HUMS = ((220, 277), (196, 247), (165, 208), (220, 330), (247, 311))
"""Hz: a second of them ends as it began, so that one follows another without a click."""


def write_recordings(folder: Path, names: Iterable[str]) -> None:
    """Write a recording for each name; one name has always the same sound."""
    folder.mkdir()
    for place, name in enumerate(names):
        _write(folder / name, _HUMS[place % len(_HUMS)], 8 + 3 * (place % 5))


@dataclass(slots=True)
class Mailboxes:
    """Keeps a message for everybody who leaves one, as Asterisk's VoiceMail does."""

    folder: Path
    _counts: dict[str, int] = field(default_factory=dict)

    def take(self, at: float, blocks: Iterable[bytes]) -> None:
        """Look for messages that were left at a time (seconds since the epoch), and keep them."""
        for event in (parse(block) for block in blocks if name_of(block) == b"MessageWaiting"):
            mailbox, _, context = event.get("Mailbox").partition("@")
            self._keep(self.folder / (context or "default") / mailbox / "INBOX", event.get("Channel"), at)

    def _keep(self, box: Path, channel: str, at: float) -> None:
        hum = self.folder / "hum.wav"
        if not hum.exists():
            self.folder.mkdir(exist_ok=True)
            _write(hum, (262, 330), 5)
        box.mkdir(parents=True, exist_ok=True)
        number = self._counts[str(box)] = self._counts.get(str(box), -1) + 1
        told = box / f"msg{number:04}.txt"
        told.write_text(f"[message]\ncallerchan={channel}\norigtime={int(at)}\nduration=5\n", "utf-8")
        try:
            told.with_suffix(".wav").hardlink_to(hum)  # one sound for all of them
        except OSError:
            shutil.copy(hum, told.with_suffix(".wav"))


def _write(path: Path, tones: tuple[int, int], seconds: int) -> None:
    """Write two tones that swell and fade once a second: one byte for each of 8000 moments."""
    second = bytes(
        128 + round(18 * (1 - math.cos(math.tau * moment / _RATE)) / 2
                    * sum(math.sin(math.tau * tone * moment / _RATE) for tone in tones))
        for moment in range(_RATE)
    )
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(_RATE)
        file.writeframes(second * seconds)
