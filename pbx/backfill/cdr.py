"""What CDR knows of a call: what CEL does not say, and calls that only CDR has. Pure.

A CDR is no call: it is one pair of channels, or one channel that dialled nobody, and a call has any number of them. Of
a call without CEL the channels of all its CDRs are told to a tracker, one after the other, as they must have come and
gone. The second channel of a pair has no id in CDR: it gets the first one's with the CDR's number.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from pbx.backfill.rows import CdrRow, CelRow
from pbx.endpoints import dialled_part, split_name
from pbx.live import LiveCall, age

_CAUSES = {"BUSY": 17, "CONGESTION": 34, "FAILED": 34}
_UNDIALLED = frozenset(("", "s", "h", "i", "t"))


def complete(call: LiveCall, rows: Iterable[CdrRow]) -> set[str]:
    """Give a call that CEL told what only CDR has; return the names of the facts that came from there."""
    facts = set()
    for row in rows:
        if row.recording and call.recording is None:
            call.recording = row.recording
            facts.add("recording")
        if row.did and call.from_did is None:
            call.from_did = row.did
            facts.add("did")
        if row.lastapp.lower() == "voicemail" and call.voicemail_ms is None:
            call.voicemail_ms = row.answer_ms or row.start_ms
        if row.lastapp.lower() == "queue" and not call.waits and call.refused_queue is None:
            call.met_in_queue = call.met_in_queue or row.lastdata.split(",", 1)[0] or None
            facts.add("queue")
        facts |= _destination(call, row)
    return facts


def _destination(call: LiveCall, row: CdrRow) -> set[str]:
    """Name the trunk leg that CEL left without a number."""
    number = dialled_part(row.lastdata.split(",", 1)[0]) if row.lastapp.lower() == "dial" else ""
    for leg in call.channels.values():
        if leg.name == row.dstchannel and leg.role == "trunk" and leg.outgoing and not leg.dialled and number:
            leg.dialled = number
            return {"destination"}
    return set()


def as_cel(rows: Sequence[CdrRow]) -> Iterator[CelRow]:
    """Yield the channel events that the CDRs of one call stand for, in the order of time."""
    told: list[tuple[int, int, CelRow]] = []
    ends = {name: max(r.end_ms for r in rows if name in (r.channel, r.dstchannel))
            for r in rows for name in (r.channel, r.dstchannel) if name}
    known = _ids(rows)
    started: set[str] = set()
    ordered = sorted(rows, key=lambda r: (r.start_ms, age(r.uniqueid), r.end_ms))
    for number, row in enumerate(ordered):
        if _nothing(row, rows):
            continue
        told += [(at, step, event) for at, step, event in _pair(row, known, number) if
                 event.event != "CHAN_START" or event.channel not in started]
        started |= {row.channel, row.dstchannel}
    for name in started - {""}:
        told.append((ends[name], 9, _end(name, known[name], ordered, ends[name])))
    told.sort(key=lambda t: t[:2])
    yield from (event for _, _, event in told)


def _nothing(row: CdrRow, rows: Sequence[CdrRow]) -> bool:
    """Say whether a row tells only that the dialplan went through its `h` step."""
    return not row.dstchannel and row.start_ms == row.end_ms and any(
        other.channel == row.channel and other is not row for other in rows
    )


def _ids(rows: Sequence[CdrRow]) -> dict[str, str]:
    """Return the id of each channel by its name."""
    known = {row.channel: row.uniqueid for row in rows}
    for row in rows:
        if row.dstchannel:
            known.setdefault(row.dstchannel, f"{row.uniqueid}~{row.sequence or split_name(row.dstchannel).pair}")
    return known


def _pair(row: CdrRow, known: dict[str, str], number: int) -> Iterator[tuple[int, int, CelRow]]:
    base = CelRow(row.start_ms, "", row.channel, row.uniqueid, row.linkedid, cid_num=_caller(row),
                  cid_name=_name(row.clid), exten=_exten(row), app=row.lastapp, appdata=row.lastdata)
    yield row.start_ms, 0, replace(base, event="CHAN_START")
    other = replace(base, channel=row.dstchannel, uniqueid=known.get(row.dstchannel, ""), cid_num="", cid_name="",
                    exten="s", app="AppDial", appdata="(Outgoing Line)")
    if row.dstchannel:
        yield row.start_ms, 1, replace(other, event="CHAN_START")
    if row.lastapp:
        yield row.start_ms, 2, replace(base, event="APP_START")
    if row.answer_ms is None:
        return
    bridge = {"bridge_id": f"{row.uniqueid}/{number}", "bridge_technology": "simple_bridge"}
    for at, step, event, extra in ((row.answer_ms, 3, "ANSWER", {}), (row.answer_ms, 4, "BRIDGE_ENTER", bridge),
                                   (row.end_ms, 5, "BRIDGE_EXIT", bridge)):
        alone = not row.dstchannel or row.disposition.upper() != "ANSWERED"
        if alone and event != "ANSWER":
            continue
        yield at, step, replace(base, at_ms=at, event=event, extra=extra)
        if not alone:
            yield at, step, replace(other, at_ms=at, event=event, extra=extra)


def _end(name: str, uniqueid: str, rows: Sequence[CdrRow], at_ms: int) -> CelRow:
    last = [row for row in rows if name in (row.channel, row.dstchannel)][-1]
    cause = _CAUSES.get(last.disposition.upper(), 16) if name == last.dstchannel else 16
    return CelRow(at_ms, "HANGUP", name, uniqueid, last.linkedid,
                  extra={"hangupcause": cause, "hangupsource": "", "dialstatus": ""})


def _caller(row: CdrRow) -> str:
    _, bracket, rest = row.clid.rpartition("<")
    return rest.rstrip(">") if bracket else row.src


def _name(clid: str) -> str:
    return clid.rpartition("<")[0].strip().removeprefix('"').removesuffix('"')


def _exten(row: CdrRow) -> str:
    return row.did or ("" if row.dst in _UNDIALLED else row.dst)
