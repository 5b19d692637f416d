"""What a switch sends when it is asked to ring an agent and then a number: the events of a click-to-call, step by step.

The order, the keys and the oddities are those of Asterisk 22: the agent's channel carries the patient's number, its
DialBegin has no `Channel`, and OriginateResponse says only whether the agent picked up.
"""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Literal
from uuid import UUID

from pbx.switch import Channel, make_block

Step = tuple[float, list[bytes]]
"""Seconds to wait, then the blocks to send."""

_STATES = {"Down": "0", "Ring": "4", "Ringing": "5", "Up": "6"}


@dataclass(frozen=True, slots=True)
class Manner:
    """How the people of a click-to-call behave; seconds."""

    agent_after: float | None = 1.5
    """None: the agent lets it ring."""
    patient: Literal["answers", "busy", "no_answer"] = "answers"
    patient_after: float = 3.0
    talk: float = 10.0


@dataclass(frozen=True, slots=True)
class Click:
    """An Originate action, taken apart."""

    action_id: str
    channel: str
    context: str
    exten: str
    caller_id: str
    caller_name: str = "<unknown>"
    timeout: float = 30.0
    variables: tuple[str, ...] = ()
    """`NAME=value`, with the underscores that make a variable inherited."""
    trunk: str = "PJSIP/trunk-alfa"
    presented: str = "<unknown>"
    """The number that the patient sees."""


@dataclass(slots=True)
class Ids:
    """Fresh ids, above any that a recording holds."""

    now: Callable[[], float]
    _counter: "itertools.count[int]" = field(default_factory=lambda: itertools.count(500_000_000))

    def channel(self, endpoint: str, linkedid: str = "") -> Channel:
        """Return a new channel of the endpoint."""
        number, now = next(self._counter), self.now()
        uniqueid = f"{int(now)}.{number}"
        return Channel({
            "Channel": f"{endpoint}-{number:08x}", "ChannelState": "0", "ChannelStateDesc": "Down",
            "CallerIDNum": "<unknown>", "CallerIDName": "<unknown>", "ConnectedLineNum": "<unknown>",
            "ConnectedLineName": "<unknown>", "Language": "en", "AccountCode": "", "Context": "", "Exten": "s",
            "Priority": "1", "Uniqueid": uniqueid, "Linkedid": linkedid or uniqueid,
        }, now)

    def bridge(self) -> str:
        """Return a new bridge's id."""
        return str(UUID(int=int(self.now()) << 64 | next(self._counter), version=4))


def click_steps(click: Click, manner: Manner, ids: Ids) -> Iterator[Step]:
    """Yield what happens, up to the last hang-up. Ids are taken when a step is asked for."""
    agent = ids.channel(click.channel)
    agent.values |= {"Context": click.context, "CallerIDNum": click.channel.partition("/")[2]}
    begin = [make_block("Newchannel", agent.lines()), *_variables(agent, click)]
    agent.values |= {"CallerIDNum": click.caller_id, "CallerIDName": click.caller_name}
    begin.append(_caller_id(agent))
    agent.values |= {"ConnectedLineNum": click.caller_id, "ConnectedLineName": click.caller_name}
    number = click.channel.partition("/")[2]
    begin += [make_block("NewConnectedLine", agent.lines()),
              make_block("DialBegin", (*agent.lines("Dest"), f"DialString: {number}")), _state(agent, "Ringing"),
              make_block("DialState", (*agent.lines("Dest"), "DialStatus: RINGING"))]
    yield 0.0, begin
    if manner.agent_after is None or manner.agent_after >= click.timeout:
        yield click.timeout, [_response(click, None), hangup(agent, 19, "User alerting, no answer")]
        return
    up = [_state(agent, "Up"), make_block("DialEnd", (*agent.lines("Dest"), "DialStatus: ANSWER"))]
    agent.values |= {"Exten": click.exten, "CallerIDNum": click.presented}
    up.append(_caller_id(agent))
    yield manner.agent_after, [*up, _response(click, agent)]
    yield from _patient_steps(agent, click, manner, ids)


def hangup(channel: Channel, cause: int, text: str) -> bytes:
    """Return the channel's Hangup."""
    return make_block("Hangup", (*channel.lines(), f"Cause: {cause}", f"Cause-txt: {text}"))


def bridge_block(name: str, bridge: str, count: int, channel: Channel | None = None) -> bytes:
    """Return a BridgeCreate, BridgeEnter, BridgeLeave or BridgeDestroy; `count` channels are in the bridge then."""
    return make_block(name, (
        f"BridgeUniqueid: {bridge}", "BridgeType: basic", "BridgeTechnology: simple_bridge",
        "BridgeCreator: <unknown>", "BridgeName: <unknown>", f"BridgeNumChannels: {count}",
        "BridgeVideoSourceMode: none", *(channel.lines() if channel else ()),
    ))


def _patient_steps(agent: Channel, click: Click, manner: Manner, ids: Ids) -> Iterator[Step]:
    patient = ids.channel(click.trunk, agent.values["Linkedid"])
    patient.values["Context"] = "from-trunk"
    begin = [make_block("Newchannel", patient.lines()), *_variables(patient, click)]
    patient.values |= {"CallerIDNum": click.exten, "Exten": click.exten, "ConnectedLineNum": click.presented}
    dial = f"{click.exten}@{click.trunk.partition('/')[2]}"
    yield 0.0, [*begin, _caller_id(patient),
                make_block("DialBegin", (*agent.lines(), *patient.lines("Dest"), f"DialString: {dial}")),
                make_block("DialState", (*agent.lines(), *patient.lines("Dest"), "DialStatus: RINGING")),
                _state(patient, "Ringing")]
    if manner.patient != "answers":
        status, cause, text = (("BUSY", 17, "User busy") if manner.patient == "busy"
                               else ("NOANSWER", 16, "Normal Clearing"))
        yield manner.patient_after, [_dial_end(agent, patient, status), hangup(patient, cause, text),
                                     hangup(agent, cause, text)]
        return
    bridge = ids.bridge()
    yield manner.patient_after, [
        _state(patient, "Up"), _dial_end(agent, patient, "ANSWER"), bridge_block("BridgeCreate", bridge, 0),
        bridge_block("BridgeEnter", bridge, 1, patient), bridge_block("BridgeEnter", bridge, 2, agent),
    ]
    yield manner.talk, [
        make_block("HangupRequest", (*agent.lines(), "Cause: 16")), bridge_block("BridgeLeave", bridge, 1, agent),
        bridge_block("BridgeLeave", bridge, 0, patient), bridge_block("BridgeDestroy", bridge, 0),
        hangup(patient, 16, "Normal Clearing"), hangup(agent, 16, "Normal Clearing"),
    ]


def _state(channel: Channel, state: str) -> bytes:
    channel.values |= {"ChannelState": _STATES[state], "ChannelStateDesc": state}
    return make_block("Newstate", channel.lines())


def _caller_id(channel: Channel) -> bytes:
    return make_block("NewCallerid", (*channel.lines(), "CID-CallingPres: 0 (Presentation Allowed, Not Screened)"))


def _dial_end(agent: Channel, patient: Channel, status: str) -> bytes:
    return make_block("DialEnd", (*agent.lines(), *patient.lines("Dest"), f"DialStatus: {status}"))


def _variables(channel: Channel, click: Click) -> Iterator[bytes]:
    for variable in click.variables:
        name, _, value = variable.partition("=")
        yield make_block("VarSet", (*channel.lines(), f"Variable: {name}", f"Value: {value}"), "dialplan,all")


def _response(click: Click, agent: Channel | None) -> bytes:
    """Say whether the agent picked up; without an agent's channel, only the ActionID tells which click it was."""
    lines = [f"ActionID: {click.action_id}"] if click.action_id else []
    return make_block("OriginateResponse", (
        *lines, f"Response: {'Success' if agent else 'Failure'}",
        f"Channel: {agent.values['Channel'] if agent else click.channel}", f"Context: {click.context}",
        f"Exten: {click.exten}", f"Reason: {4 if agent else 3}",
        f"Uniqueid: {agent.uniqueid if agent else '<unknown>'}", f"CallerIDNum: {click.caller_id}",
        f"CallerIDName: {click.caller_name}",
    ))


def faster(manner: Manner, speed: float) -> Manner:
    """Return the manner at `speed` times the pace; 0 is at once."""
    def scaled(seconds: float) -> float:
        return seconds / speed if speed else 0.0

    return replace(
        manner, agent_after=None if manner.agent_after is None else scaled(manner.agent_after),
        patient_after=scaled(manner.patient_after), talk=scaled(manner.talk),
    )
