"""What the simulated exchange writes down itself: channel events (CEL), as Asterisk's own would be.

When the link was cut, these are what the gap is filled from, by the same way as in a clinic.
"""

import csv
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pbx.events import Event, parse

COLUMNS = ("eventtype", "eventtime", "cid_name", "cid_num", "exten", "channame", "appname", "appdata", "uniqueid",
           "linkedid", "extra")
_UNKNOWN = "<unknown>"


@dataclass(slots=True)
class _Known:
    """What is known of a channel that lives."""

    name: str
    linkedid: str
    exten: str
    number: str = ""
    caller: str = ""
    app: str = ""
    data: str = ""


@dataclass(slots=True)
class Records:
    """Writes a file of channel events. `now` gives seconds since the epoch; times are written in UTC."""

    path: Path
    now: Callable[[], float]
    _channels: dict[str, _Known] = field(default_factory=dict)
    _asked: dict[str, str] = field(default_factory=dict)
    """The channel whose far end asked for the hang-up, by linkedid."""

    def begin(self) -> None:
        """Write the headings."""
        with self.path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerow(COLUMNS)

    def take(self, blocks: Iterable[bytes]) -> None:
        """Write down what the blocks tell, as happening now."""
        rows = [row for block in blocks for row in self._rows(parse(block))]
        if rows:
            with self.path.open("a", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows(rows)

    def _rows(self, event: Event) -> list[list[str]]:
        uniqueid = event.get("Uniqueid")
        if event.name == "Newchannel":
            self._channels[uniqueid] = _Known(event.get("Channel"), event.get("Linkedid"), event.get("Exten"))
        channel = self._channels.get(uniqueid)
        if channel is None:
            return []
        self._learn(channel, event)
        match event.name:
            case "Newchannel":
                return [self._row("CHAN_START", uniqueid)]
            case "Newexten":
                return [self._row("APP_START", uniqueid)]
            case "Newstate" if event.get("ChannelStateDesc") == "Up":
                return [self._row("ANSWER", uniqueid)]
            case "BridgeEnter" | "BridgeLeave":
                what = "BRIDGE_ENTER" if event.name == "BridgeEnter" else "BRIDGE_EXIT"
                return [self._row(what, uniqueid, bridge_id=event.get("BridgeUniqueid"),
                                  bridge_technology=event.get("BridgeTechnology"))]
            case "HangupRequest":
                self._asked[channel.linkedid] = channel.name
            case "Hangup":
                return self._hung_up(uniqueid, channel, event.get("Cause"))
        return []

    def _learn(self, channel: _Known, event: Event) -> None:
        channel.linkedid = event.get("Linkedid") or channel.linkedid
        for key, name in (("CallerIDNum", "number"), ("CallerIDName", "caller")):
            if event.get(key) not in ("", _UNKNOWN):
                setattr(channel, name, event.get(key))
        if event.name == "Newexten":
            channel.app, channel.data = event.get("Application"), event.get("AppData")
            channel.exten = event.get("Extension") or event.get("Exten") or channel.exten

    def _hung_up(self, uniqueid: str, channel: _Known, cause: str) -> list[list[str]]:
        source = self._asked.get(channel.linkedid, "")
        cancelled = "CANCEL" if source == channel.name and uniqueid == channel.linkedid else ""
        rows = [self._row("HANGUP", uniqueid, hangupcause=int(cause) if cause.isdigit() else 16, hangupsource=source,
                          dialstatus=cancelled),
                self._row("CHAN_END", uniqueid)]
        del self._channels[uniqueid]
        if not any(other.linkedid == channel.linkedid for other in self._channels.values()):
            self._asked.pop(channel.linkedid, None)
        return rows

    def _row(self, what: str, uniqueid: str, **extra: Any) -> list[str]:
        channel = self._channels[uniqueid]
        at = datetime.fromtimestamp(self.now(), UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
        return [what, at, channel.caller, channel.number, channel.exten, channel.name, channel.app, channel.data,
                uniqueid, channel.linkedid, json.dumps(extra) if extra else ""]
