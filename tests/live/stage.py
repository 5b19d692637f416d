"""A stage for stories: an Asterisk, its phones, a link that writes the journal, and the truth as the phones saw it.

A story plays people on the phones and says of every call what has to be told of it. When it came to what (ringing,
answers, ends) is taken from the phones; nothing of the truth is taken from what Asterisk tells the listener, but the
ids by which a call is found.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from pbx.events import wanted
from pbx.journal_writer import kept
from pbx.link import Link, LinkConfig
from tests.lab.ami import Ami, Event
from tests.lab.asterisk import Asterisk
from tests.lab.dialog import Dialog
from tests.lab.phones import Phones

_QUIET_S = 60.0


class Recorder:
    """A link's sink that writes what the listener would keep, as the journal has it."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def opened(self, at: float, session: int) -> None:
        """A login was accepted."""
        self._write({"at": at, "session": session, "opened": "main"})

    def blocks(self, at: float, session: int, blocks: list[bytes]) -> None:
        """Events came."""
        needed = [block for block in blocks if wanted(block)]
        if needed:
            self._write({"at": at, "session": session, "text": kept(needed)})

    def closed(self, at: float, session: int, reason: str) -> None:
        """The session ended."""
        self._write({"at": at, "session": session, "closed": reason})

    def waiting(self, reason: str, seconds: float) -> None:
        """There is no connection."""

    def _write(self, line: dict[str, object]) -> None:
        self._file.write(json.dumps(line, ensure_ascii=True) + "\n")


@dataclass(frozen=True, slots=True)
class Facts:
    """What a story knows of a call, beside the times that the phones noted.

    `rang`, `talked`: the dialogs of those who were rung, and of those who talked with the caller, in order.
    `queues`: name and how it was left. `transfers`: type, from, to, whether somebody answered.
    """

    outcome: str
    kind: str = "patient"
    queues: Sequence[tuple[str, str]] = ()
    rang: Sequence[Dialog] = ()
    talked: Sequence[Dialog] = ()
    transfers: Sequence[tuple[str, str, str, bool]] = ()
    holds: int = 0
    lost: bool = False
    hung_up_by: str | None = "caller"
    """None where nobody can say: both sides were let go together."""
    voicemail: str | None = None
    destination: str | None = None
    ends: Dialog | None = None
    """Whose end is the call's, if it is not that of who began it."""
    final: Dialog | None = None
    """Who had the call last, if it is not the last of `talked`."""


@dataclass
class Stage:
    """Where a story plays. `truth` grows by one entry for each call that was told."""

    asterisk: Asterisk
    phones: Phones
    ami: Ami
    began: float
    truth: list[dict[str, Any]] = field(default_factory=list)

    def inbound(self, patient: Dialog, facts: Facts) -> None:
        """Say what is true of a patient's call."""
        number = _user(patient.local)
        self._note(patient, facts, direction="inbound", did=_dialled(patient), caller_number=number)

    def placed(self, phone: Dialog, facts: Facts, began: Event | None = None) -> None:
        """Say what is true of a call that a phone of the clinic placed; `began` is its first event, if the phone did
        not dial it itself.
        """
        direction = "outbound" if facts.destination else "internal"
        self._note(phone, facts, began, direction=direction, did=None, caller_number=phone.phone.number)

    def _note(self, caller: Dialog, facts: Facts, began: Event | None = None, **who: Any) -> None:
        answer = facts.talked[0].times["answer"] if facts.talked else None
        end = (facts.ends or caller).times["end"]
        names = [name_of(dialog) for dialog in facts.talked]
        moved = any(transfer[0] != "forward" for transfer in facts.transfers) or len(set(names)) > 1
        last = name_of(facts.final) if facts.final else names[-1] if names and moved else None
        start = caller.times["invite"]
        pbx_answer = caller.times.get("answer")
        waited = answer or (pbx_answer if facts.voicemail else None) or end
        event = began or self._first_event(caller)
        self.truth.append({
            **who,
            "destination": facts.destination,
            "queue": facts.queues[0][0] if facts.queues else None,
            "rang": list(dict.fromkeys(name_of(dialog) for dialog in facts.rang)),
            "answered_by": names[0] if names else None,
            "final_agent": last,
            "disposition": facts.outcome,
            "start": self._seconds(start),
            "pbx_answer": self._seconds(pbx_answer),
            "answer": self._seconds(answer),
            "end": self._seconds(end),
            "wait_s": round(waited - start, 3),
            "talk_s": round(end - answer, 3) if answer else 0.0,
            "linkedid": event["Linkedid"],
            "uniqueid": event["Uniqueid"],
            "told": {
                "kind": facts.kind, "outcome": facts.outcome, "queues": [list(queue) for queue in facts.queues],
                "transfers": [list(transfer) for transfer in facts.transfers], "holds": facts.holds,
                "lost_after_answer": facts.lost, "voicemail": facts.voicemail,
                "final_agent": last,
                **({"hung_up_by": facts.hung_up_by} if facts.hung_up_by else {}),
            },
        })  # fmt: skip

    def _seconds(self, moment: float | None) -> float | None:
        return None if moment is None else round(moment - self.began, 3)

    def _first_event(self, caller: Dialog) -> Event:
        """Return the Newchannel of a dialled call: the n-th call of this number to that one is the n-th such event."""
        who = (caller.local, caller.remote)
        alike = [d for d in caller.phone.calls if d.invite is None and (d.local, d.remote) == who]
        endpoint = f"trunk-{caller.phone.trunk}" if caller.phone.trunk else caller.phone.number
        number = _user(caller.local)
        found = [
            event for event in self.ami.seen("Newchannel", ChannelStateDesc="Ring", Exten=_dialled(caller))
            if event["Channel"].startswith(f"PJSIP/{endpoint}-") and event["CallerIDNum"] == number
        ]
        return found[alike.index(caller)]

    async def quiet(self) -> None:
        """Wait until the switch has no channel any more."""
        async with asyncio.timeout(_QUIET_S):
            while self.living():  # noqa: ASYNC110  (two logs are compared; no event says so)
                await asyncio.sleep(0.02)

    def living(self) -> set[str]:
        """Return the channels that began and did not end."""
        began = {event["Uniqueid"] for event in self.ami.seen("Newchannel")}
        return began - {event["Uniqueid"] for event in self.ami.seen("Hangup")}


@asynccontextmanager
async def staged(asterisk: Asterisk, folder: Path, description: str) -> AsyncIterator[Stage]:
    """Set the stage; afterwards `folder` has the story's journal and truth."""
    with (folder / "journal.jsonl").open("w", encoding="utf-8") as file:
        link = Link(LinkConfig("main", "127.0.0.1", asterisk.ports.ami, "tracker", "lab-secret"), Recorder(file))
        listening = asyncio.create_task(link.run())
        ami = await Ami.login(asterisk.ports.ami)
        try:
            async with Phones(asterisk.ports) as phones:
                await asyncio.wait_for(link.up.wait(), 20)
                stage = Stage(asterisk, phones, ami, time.time())
                yield stage
            await stage.quiet()
            await link.snapshot()  # its answer comes after all that came before
        finally:
            await ami.close()
            listening.cancel()
            with suppress(asyncio.CancelledError):
                await listening
    _write_truth(folder, stage, description)


def name_of(dialog: Dialog) -> str:
    """Return whose end of a call it is: an extension, or `external:` and the number that the clinic rang."""
    if dialog.phone.trunk is None:
        return dialog.phone.number
    assert dialog.invite is not None, "who rings in from outside is no one of the clinic"
    return "external:" + _user(dialog.invite.get("to"))


def _user(address: str) -> str:
    return address.partition("sip:")[2].partition("@")[0]


def _dialled(caller: Dialog) -> str:
    return _user(caller.remote)


def _write_truth(folder: Path, stage: Stage, description: str) -> None:
    calls = sorted(stage.truth, key=lambda call: float(call["start"]))
    told = [{"id": number, **call} for number, call in enumerate(calls, 1)]
    truth = {"scenario": folder.name, "description": description, "started_epoch": stage.began, "calls": told}
    (folder / "truth.json").write_text(json.dumps(truth, indent=1, ensure_ascii=False) + "\n", "utf-8")
