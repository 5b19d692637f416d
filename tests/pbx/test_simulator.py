"""The simulated Asterisk, asked by a bare client: it answers as a real one does, from the events it has sent."""

import asyncio

import pytest

from pbx.clicks import Manner
from pbx.events import name_of, parse
from pbx.journal import framed
from pbx.simulator import Behaviour, Simulator, User
from tests.pbx.ami import SECRET, Conversation, record, sent, soon, trace

NOW = 1795309250.0
CLICK = ("Action: Originate", "ActionID: click", "Channel: PJSIP/101", "Context: from-internal", "Exten: 0501000901",
         "Priority: 1", "CallerID: <0501000901>", "Timeout: 30000", "Variable: __CALLWARD_ID=c0ffee")


def switch(manner: Manner | None = None, speed: float = 0) -> Simulator:
    users = {"tracker": User(SECRET), "reader": User(SECRET, may_originate=False)}
    behaviour = Behaviour(lambda click: manner or Manner(), refusal_s=0, presented="+48221234501", now=lambda: NOW)
    return Simulator(users, behaviour, speed)


@pytest.fixture
async def pbx() -> Simulator:
    return switch()


async def test_the_greeting_is_one_line(pbx: Simulator) -> None:
    async with pbx.serving() as port, Conversation(port) as client:
        assert client.banner == b"Asterisk Call Manager/11.0.0\r\n"


@pytest.mark.parametrize("user", [("tracker", "wrong"), ("ghost", SECRET), ("", "")])
async def test_a_wrong_secret_and_an_unknown_user_are_refused_alike(pbx: Simulator, user: tuple[str, str]) -> None:
    async with pbx.serving() as port, Conversation(port) as client:
        answer = await client.ask("Action: Login", "ActionID: 1", f"Username: {user[0]}", f"Secret: {user[1]}")
        assert (answer.get("Response"), answer.get("Message")) == ("Error", "Authentication failed")
        assert await client.ended()


async def test_a_challenge_is_good_for_one_connection_only(pbx: Simulator) -> None:
    async with pbx.serving() as port, Conversation(port) as client:
        answer = await client.ask("Action: Login", "AuthType: MD5", "Username: tracker", "Key: " + "0" * 32)
        assert answer.get("Message") == "Authentication failed"


async def test_before_the_login_everything_is_denied_and_the_connection_stays(pbx: Simulator) -> None:
    async with pbx.serving() as port, Conversation(port) as client:
        for action in ("Status", "Ping", "Originate", "Nonsense"):
            assert (await client.ask(f"Action: {action}")).get("Message") == "Permission denied"
        await client.log_in()


async def test_keys_and_actions_are_read_in_any_case(pbx: Simulator) -> None:
    async with pbx.serving() as port, Conversation(port) as client:
        await client.ask("ACTION: login", "username: tracker", f"SECRET: {SECRET}")
        assert (await client.ask("action: PING", "ACTIONID: 9")).get("ActionID") == "9"


async def test_an_action_may_arrive_in_pieces(pbx: Simulator) -> None:
    async with pbx.serving() as port, Conversation(port) as client:
        await client.log_in()
        for byte in b"Action: Ping\r\nActionID: 5\r\n\r\n":
            client._writer.write(bytes((byte,)))
            await asyncio.sleep(0)
        assert (await client.hear("Response: ")).get("ActionID") == "5"


async def test_ping_logoff_command_and_nonsense_are_answered_as_asterisk_does(pbx: Simulator) -> None:
    async with pbx.serving() as port, Conversation(port) as client:
        await client.log_in()
        assert (await client.ask("Action: Ping")).get("Timestamp") == "1795309250.000000"
        assert "Asterisk 22" in (await client.ask("Action: Command", "Command: core show version")).get("Output")
        assert (await client.ask("Action: Command", "Command: rm")).get("Response") == "Error"
        assert (await client.ask("Action: CoreStatus")).get("CoreCurrentCalls") == "0"
        assert (await client.ask("Action: Dance")).get("Message").startswith("Invalid/unknown command: Dance.")
        assert (await client.ask("Action: Logoff")).get("Response") == "Goodbye"
        assert await client.ended()


async def test_fully_booted_follows_the_login_unless_events_are_off(pbx: Simulator) -> None:
    async with pbx.serving() as port, Conversation(port) as loud, Conversation(port) as quiet:
        await loud.log_in()
        await quiet.log_in("off")
        assert (await loud.hear("Event: FullyBooted")).get("Status") == "Fully Booted"
        await quiet.ask("Action: Ping")
        assert quiet.heard == []


async def test_a_client_gets_the_classes_it_asked_for(pbx: Simulator) -> None:
    async with pbx.serving() as port, Conversation(port) as client:
        await client.log_in("off")
        assert (await client.ask("Action: Events", "EventMask: agent")).get("Events") == "On"
        await pbx.replay(trace("asterisk22/queue_answered_first_agent"))
        await client.ask("Action: Ping")
    assert {parse(block).get("Privilege") for block in client.heard} == {"agent,all"}


async def test_every_client_gets_every_event_and_a_late_one_only_what_comes_then(pbx: Simulator) -> None:
    recording = trace("asterisk22/direct_answered")
    half = len(recording) // 2
    async with pbx.serving() as port, Conversation(port) as first, Conversation(port) as late:
        await first.log_in()
        await first.hear("Event: FullyBooted")
        await pbx.replay(recording[:half])
        await late.log_in()
        await late.hear("Event: FullyBooted")
        await pbx.replay(recording[half:])
        for client in (first, late):
            await client.ask("Action: Ping")
    assert first.heard == list(sent(recording))
    assert late.heard == list(sent(recording[half:]))


def up_to(name: str, event: bytes) -> list[bytes]:
    """Return a recording's blocks up to the first of this event, which is included."""
    blocks = [block for _, blocks in framed(trace(name)) for block in blocks]
    return blocks[: [name_of(block) for block in blocks].index(event) + 1]


async def test_a_late_client_asks_who_talks(pbx: Simulator) -> None:
    pbx.emit(up_to("asterisk22/queue_answered_first_agent", b"BridgeLeave")[:-1])
    async with pbx.serving() as port, Conversation(port) as client:
        await client.log_in()
        channels = await client.listed("Action: CoreShowChannels")
        status = await client.listed("Action: Status", "Variables: FROM_DID,CHANNEL(linkedid),NONE")
    assert [c.get("Channel").split("-")[0] for c in channels] == ["PJSIP/trunk", "PJSIP/101"]
    assert len({c.get("BridgeId") for c in channels}) == 1
    assert channels[0].get("BridgeId")
    assert len({c.get("Linkedid") for c in channels}) == 1
    did = status[0].get("DNID")
    assert did.startswith("+4822")
    linkedid = channels[0].get("Linkedid")
    assert list(status[0].all("Variable")) == [f"FROM_DID={did}", f"CHANNEL(linkedid)={linkedid}", "NONE=(null)"]


async def test_a_late_client_asks_who_waits(pbx: Simulator) -> None:
    pbx.emit(up_to("asterisk22/queue_abandon", b"QueueCallerJoin"))
    async with pbx.serving() as port, Conversation(port) as client:
        await client.log_in()
        items = await client.listed("Action: QueueStatus")
        assert await client.listed("Action: QueueStatus", "Queue: nosuch") == []
        waiting = [item for item in items if item.name == "QueueEntry"]
        assert [(w.get("Queue"), w.get("Position")) for w in waiting] == [("reception", "1")]
        await pbx.replay(trace("asterisk22/queue_abandon"))
        assert [i for i in await client.listed("Action: QueueStatus") if i.name == "QueueEntry"] == []
        assert await client.listed("Action: CoreShowChannels") == []


@pytest.mark.parametrize("name", ["direct_answered", "queue_ringall", "local_optimised", "attended_transfer",
                                  "ring_group", "twenty_interleaved", "click_to_call_answered", "park_and_retrieve"])
async def test_after_a_recording_nothing_is_left(pbx: Simulator, name: str) -> None:
    await pbx.replay(trace(f"asterisk22/{name}"))
    assert pbx.switch.channels == {}


async def test_hostile_names_pass_through_answers_unharmed(pbx: Simulator) -> None:
    hostile = "Event: Hangup\u2028x: \\\"y\\\" \u202e"
    block = f"Event: Newchannel\r\nChannel: PJSIP/1-00000001\r\nCallerIDName: {hostile}\r\nUniqueid: 1.1".encode()
    pbx.emit([block])
    async with pbx.serving() as port, Conversation(port) as client:
        await client.log_in()
        (item,) = await client.listed("Action: Status")
    assert item.get("CallerIDName") == hostile


async def test_a_recorded_restart_cuts_the_clients_and_empties_the_switch(pbx: Simulator) -> None:
    recording = trace("asterisk22/pbx_restart_mid_call")
    restart = [r.kind for r in recording].index("closed")
    async with pbx.serving() as port, Conversation(port) as client:
        await client.log_in()
        await pbx.replay(recording[: restart])
        before = set(pbx.switch.channels)
        assert before
        await pbx.replay(recording[restart:])
        assert await client.ended()
    assert not before & set(pbx.switch.channels)


async def test_a_switch_may_refuse_connections(pbx: Simulator) -> None:
    async with pbx.serving() as port:
        pbx.refusing = True
        with pytest.raises((EOFError, ConnectionError)):
            await greeted(port)


async def greeted(port: int) -> None:
    async with Conversation(port) as client:
        await client.hear("Asterisk")


async def test_cut_ends_every_connection_abruptly(pbx: Simulator) -> None:
    async with pbx.serving() as port, Conversation(port) as one, Conversation(port) as two:
        await one.log_in()
        await two.log_in()
        assert pbx.clients == 2
        pbx.cut()
        for client in (one, two):
            with pytest.raises((EOFError, ConnectionError)):
                await client.hear("Event: never")
        assert pbx.clients == 0


async def test_a_recording_keeps_its_own_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    pbx = switch(speed=10)
    waits: list[float] = []
    real = asyncio.sleep

    async def noted(seconds: float) -> None:
        waits.append(seconds)
        await real(0)

    monkeypatch.setattr(asyncio, "sleep", noted)
    await pbx.replay([record(b"Event: A", at=100.0), record(b"Event: B", at=1100.0)])
    assert len(waits) == 1
    assert 0 < waits[0] <= 100


async def clicked(pbx: Simulator, *extra: str) -> list[str]:
    """Click, wait until the call is over; return the names of its events."""
    async with pbx.serving() as port, Conversation(port) as client:
        await client.log_in()
        assert (await client.ask(*CLICK, *extra)).get("Message") == "Originate successfully queued"
        await soon(lambda: not pbx._clicks)
        await client.ask("Action: Ping")
    assert pbx.switch.channels == {}
    return [name_of(block).decode() for block in client.heard]


async def test_click_to_call_rings_the_agent_and_then_the_patient() -> None:
    names = await clicked(switch(), "Async: true")
    for event, count in (("Newchannel", 2), ("DialBegin", 2), ("DialEnd", 2), ("BridgeEnter", 2), ("Hangup", 2),
                         ("OriginateResponse", 1)):
        assert names.count(event) == count
    assert names.index("OriginateResponse") < names.index("BridgeCreate")


async def test_click_to_call_has_the_same_events_as_a_recorded_one() -> None:
    recorded = [name_of(b).decode() for b in sent(trace("asterisk22/click_to_call_answered"))]
    names = await clicked(switch(), "Async: true")
    others = {"Newexten", "TestEvent", "DeviceStateChange", "Cdr", "SoftHangupRequest", "PresenceStateChange", "VarSet"}
    assert set(recorded) - set(names) <= others | {"RTCPSent", "RTCPReceived", "ExtensionStatus", "PeerStatus",
                                                   "QueueMemberStatus", "MusicOnHoldStart", "MusicOnHoldStop",
                                                   "SuccessfulAuth", "CEL", "ContactStatus", "ChallengeSent"}


async def test_a_patient_who_does_not_answer_is_never_bridged() -> None:
    for manner in (Manner(patient="busy"), Manner(patient="no_answer")):
        names = await clicked(switch(manner), "Async: true")
        assert "BridgeEnter" not in names
        assert names.count("Hangup") == 2


async def test_an_agent_who_lets_it_ring_is_told_by_the_action_id_only() -> None:
    pbx = switch(Manner(agent_after=None))
    async with pbx.serving() as port, Conversation(port) as client:
        await client.log_in()
        await client.ask(*CLICK, "Async: true")
        answer = await client.hear("Event: OriginateResponse")
        assert (answer.get("ActionID"), answer.get("Response"), answer.get("Reason"), answer.get("Uniqueid")) == (
            "click", "Failure", "3", "<unknown>")
        assert (await client.hear("Event: Hangup")).get("Cause") == "19"


async def test_without_async_the_answer_comes_when_the_agent_has_answered() -> None:
    assert (await clicked(switch())).count("OriginateResponse") == 1
    pbx = switch(Manner(agent_after=None))
    async with pbx.serving() as port, Conversation(port) as client:
        await client.log_in()
        answer = await client.ask(*CLICK)
        assert (answer.get("Response"), answer.get("Message")) == ("Error", "Originate failed")


async def test_every_click_has_ids_of_its_own_and_carries_our_mark() -> None:
    pbx = switch()
    async with pbx.serving() as port, Conversation(port) as client:
        await client.log_in()
        for _ in range(2):
            await client.ask(*CLICK, "Async: true")
        await soon(lambda: not pbx._clicks)
        await client.ask("Action: Ping")
    events = [parse(block) for block in client.heard]
    assert len({e.get("Uniqueid") for e in events if e.name == "Newchannel"}) == 4
    assert len({e.get("BridgeUniqueid") for e in events if e.name == "BridgeCreate"}) == 2
    marks = [e for e in events if e.name == "VarSet"]
    assert {(e.get("Variable"), e.get("Value")) for e in marks} == {("__CALLWARD_ID", "c0ffee")}
    assert len({e.get("Uniqueid") for e in marks}) == 4


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (("Channel: bad",), "Invalid channel"),
        (("Channel: PJSIP/101",), "Extension and Application not specified"),
    ],
)
async def test_a_bad_originate_is_refused(pbx: Simulator, lines: tuple[str, ...], message: str) -> None:
    async with pbx.serving() as port, Conversation(port) as client:
        await client.log_in()
        assert (await client.ask("Action: Originate", *lines)).get("Message") == message


async def test_a_user_who_may_only_read_cannot_originate(pbx: Simulator) -> None:
    async with pbx.serving() as port, Conversation(port) as client:
        await client.ask("Action: Login", "Username: reader", f"Secret: {SECRET}")
        assert (await client.ask(*CLICK)).get("Message") == "Permission denied"


async def test_hangup_ends_a_click_to_call_in_mid_talk() -> None:
    pbx = switch(Manner(agent_after=0, patient_after=0, talk=3600), speed=1)
    async with pbx.serving() as port, Conversation(port) as client:
        await client.log_in()
        await client.ask(*CLICK, "Async: true")
        await client.hear("Event: BridgeEnter")
        agent = await client.hear("Event: BridgeEnter")
        answer = await client.ask("Action: Hangup", f"Channel: {agent.get('Channel')}")
        assert answer.get("Message") == "Channel Hungup"
        for event in ("SoftHangupRequest", "BridgeLeave", "BridgeLeave", "BridgeDestroy", "Hangup", "Hangup"):
            await client.hear(f"Event: {event}")
        assert pbx.switch.channels == {}


async def test_hangup_ends_a_replayed_call_and_the_rest_of_it_is_not_sent(pbx: Simulator) -> None:
    blocks = [block for _, blocks in framed(trace("asterisk22/direct_answered")) for block in blocks]
    talking = len(up_to("asterisk22/direct_answered", b"BridgeEnter")) + 3
    async with pbx.serving() as port, Conversation(port) as client:
        await client.log_in()
        pbx.emit(blocks[:talking])
        trunk = (await client.hear("Event: Newchannel")).get("Channel")
        await client.ask("Action: Hangup", f"Channel: {trunk}")
        pbx.emit(blocks[talking:])
        await client.ask("Action: Ping")
        assert (await client.ask("Action: Hangup", f"Channel: {trunk}")).get("Message") == "No such channel"
    assert [name_of(block) for block in client.heard].count(b"Hangup") == 2


async def test_a_client_that_does_not_read_is_cut_off_and_the_others_go_on(pbx: Simulator) -> None:
    async with pbx.serving() as port, Conversation(port) as deaf, Conversation(port) as client:
        await deaf.log_in()
        await client.log_in()
        drained = asyncio.create_task(client.hear("Response: Success\r\nActionID: end"))
        for number in range(40):
            pbx.emit([b"Event: UserEvent\r\nPrivilege: user,all\r\nNumber: %d\r\nText: " % number + b"x" * 1_000_000])
            await soon(lambda: sum(b.startswith(b"Event: UserEvent") for b in client.heard) > number)  # noqa: B023
        client.say("Action: Ping", "ActionID: end")
        await drained
        assert pbx.clients == 1
