"""The link against the simulator: real sockets, every way in which a connection can go wrong."""

import asyncio
import ssl
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from pbx import actions
from pbx.actions import Action, BadActionError
from pbx.link import Clock, Link, LinkConfig, LinkError, Pace
from pbx.simulator import Behaviour, Simulator, User
from tests.pbx.ami import SECRET, Remembered, record, running, sent, soon, trace

FAST = Pace(booted=5, action=10, ping=10, retry=0.001, retry_cap=0.01, refused=0.01, refused_cap=0.02)
NEW = (b"Event: Newchannel\r\nPrivilege: call,all\r\nChannel: PJSIP/trunk-alfa-00000001\r\nChannelState: 4\r\n"
       b"ChannelStateDesc: Ring\r\nCallerIDNum: 501000101\r\nContext: from-trunk\r\nExten: +48221234501\r\n"
       b"Uniqueid: 1795309246.1\r\nLinkedid: 1795309246.1")


def simulator(**users: User) -> Simulator:
    return Simulator(users or {"tracker": User(SECRET)}, Behaviour(refusal_s=0), speed=0)


def config(port: int, **changes: object) -> LinkConfig:
    return LinkConfig(**{"name": "main", "host": "127.0.0.1", "port": port, "username": "tracker", "secret": SECRET,
                         **changes})  # type: ignore[arg-type]


async def test_every_event_arrives_once_and_in_order() -> None:
    recording = trace("asterisk22/queue_answered_first_agent")
    pbx, sink = simulator(), Remembered()
    async with pbx.serving() as port, running(link := Link(config(port), sink)):
        await asyncio.wait_for(link.up.wait(), 20)
        before = len(sink.events)
        await pbx.replay(recording)
        expected = list(sent(recording))
        await sink.until(lambda: len(sink.events) - before >= len(expected))
    assert [block for what in sink.of("blocks") for block in what[3]][before:] == expected
    assert [what[0] for what in sink.told if what[0] != "blocks"] == ["opened", "closed"]


async def test_the_secret_never_goes_over_the_wire_when_there_is_a_challenge() -> None:
    pbx, sink = simulator(), Remembered()
    async with pbx.serving() as port, running(link := Link(config(port), sink)):
        await asyncio.wait_for(link.up.wait(), 20)
    assert all(SECRET not in line for action in pbx.actions for line in action.lines)
    assert [action.get("Action") for action in pbx.actions[:2]] == ["Challenge", "Login"]


async def test_a_session_begins_with_a_snapshot_that_the_stream_shows() -> None:
    pbx, sink = simulator(), Remembered()
    pbx.emit([NEW])
    async with pbx.serving() as port, running(link := Link(config(port), sink)):
        await asyncio.wait_for(link.up.wait(), 20)
    ids = {event.get("ActionID") for event in sink.events if event.name != "FullyBooted"}
    assert ids == {"callward-snapshot-1-channels", "callward-snapshot-1-status", "callward-snapshot-1-queues"}
    assert sink.names()[0] == "FullyBooted"
    (shown,) = [event for event in sink.events if event.name == "Status"]
    assert (shown.get("DNID"), shown.get("Variable")) == ("+48221234501", "FROM_DID=(null)")


async def test_answers_to_pings_are_not_in_the_stream_but_tell_the_clock_difference() -> None:
    ahead = Behaviour(now=lambda: 4_000_000_000.0)
    pbx, sink = Simulator({"tracker": User(SECRET)}, ahead, speed=0), Remembered()
    async with pbx.serving() as port, running(link := Link(config(port), sink)):
        await asyncio.wait_for(link.up.wait(), 20)
        assert link.clock_difference is not None
        assert link.clock_difference > 1_000_000_000
    assert all("Ping" not in event.first for event in sink.events)


async def test_a_cut_in_mid_call_is_followed_by_a_new_session_and_a_snapshot() -> None:
    pbx, sink = simulator(), Remembered()
    async with pbx.serving() as port, running(link := Link(config(port), sink, pace=FAST)):
        await asyncio.wait_for(link.up.wait(), 20)
        pbx.emit([NEW])
        await sink.until(lambda: "Newchannel" in sink.names())
        pbx.cut()
        await sink.until(lambda: sink.names().count("QueueStatusComplete") == 2)
    first, second = sink.of("opened")
    assert second[2] > first[2]
    assert [what[2] for what in sink.of("closed")] == [first[2], second[2]]
    assert [e.get("Uniqueid") for e in sink.events if e.name == "CoreShowChannel"] == ["1795309246.1"]


async def test_arrival_times_never_decrease_and_sessions_are_unique() -> None:
    pbx, sink = simulator(), Remembered()
    floor = 5_000_000_000.0
    async with pbx.serving() as port, running(Link(config(port), sink, floor, FAST)):
        for count in (1, 2, 3):
            await sink.until(lambda: sink.names().count("QueueStatusComplete") == count)  # noqa: B023
            pbx.cut()
    times = [what[1] for what in sink.told if what[0] != "waiting"]
    assert times == sorted(times)
    assert times[0] >= floor
    sessions = [what[2] for what in sink.of("opened")]
    assert sessions == sorted(set(sessions))
    assert sessions[0] >= floor * 1000


def test_a_clock_that_is_set_back_does_not_move_arrival_times_back() -> None:
    clock = Clock(floor=9_999_999_999.5)
    first = clock.begin()
    latest = clock.now()
    assert latest >= 9_999_999_999.5
    assert clock.begin() > first
    assert clock.now() >= latest


async def test_a_wrong_secret_is_reported_and_waits_for_long() -> None:
    pbx, sink = simulator(), Remembered()
    async with pbx.serving() as port:
        async with running(Link(config(port, secret="wrong"), sink)):
            await sink.until(lambda: bool(sink.of("waiting")))
        (_, reason, seconds) = sink.of("waiting")[0]
        assert "Authentication failed" in reason
        assert "wrong" not in reason
        assert seconds >= 60
    assert sink.of("opened") == []


async def test_a_refused_login_is_tried_again_later() -> None:
    pbx, sink = simulator(tracker=User("another")), Remembered()
    async with pbx.serving() as port, running(link := Link(config(port), sink, pace=FAST)):
        await sink.until(lambda: len(sink.of("waiting")) == 2)
        pbx.users["tracker"] = User(SECRET)
        await asyncio.wait_for(link.up.wait(), 20)


async def test_a_switch_that_is_down_is_tried_again_with_growing_pauses() -> None:
    pbx, sink = simulator(), Remembered()
    pace = Pace(retry=0.001, retry_cap=0.016)
    async with pbx.serving() as port:
        pbx.refusing = True
        async with running(link := Link(config(port), sink, pace=pace)):
            await sink.until(lambda: len(sink.of("waiting")) >= 7)
            pauses = [what[2] for what in sink.of("waiting")]
            assert all(full <= pause <= 1.5 * full
                       for pause, full in zip(pauses, (0.001, 0.002, 0.004, 0.008, 0.016, 0.016, 0.016), strict=False))
            pbx.refusing = False
            await asyncio.wait_for(link.up.wait(), 20)


async def silent(greeting: bytes) -> tuple[asyncio.Server, int]:
    """Serve a peer that says its greeting and nothing else."""
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    return server, server.sockets[0].getsockname()[1]


@pytest.mark.parametrize(
    ("greeting", "reason"),
    [
        (b"", "did not answer in 0.05 s"),
        (b"Asterisk Call Manager/11.0.0\r\n", "did not answer Challenge"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "is not an Asterisk manager interface"),
        (b"x" * (3 << 20), "is not an Asterisk manager interface"),
    ],
)
async def test_a_peer_that_says_nothing_or_nonsense_is_left(greeting: bytes, reason: str) -> None:
    server, port = await silent(greeting)
    sink = Remembered()
    pace = Pace(connect=0.05 if not greeting else 5, login=0.05)
    async with server, running(Link(config(port), sink, pace=pace)):
        await sink.until(lambda: bool(sink.of("waiting")))
    assert reason in sink.of("waiting")[0][1]


async def test_a_port_where_nobody_listens_is_reported() -> None:
    server, port = await silent(b"")
    server.close()
    sink = Remembered()
    async with running(Link(config(port), sink)):
        await sink.until(lambda: bool(sink.of("waiting")))
    assert f"127.0.0.1:{port} cannot be reached" in sink.of("waiting")[0][1]


async def test_a_switch_that_falls_mute_is_left_after_two_intervals() -> None:
    pbx, sink = simulator(), Remembered()
    pace = Pace(ping=0.05, retry=0.001, retry_cap=0.01)
    async with pbx.serving() as port, running(link := Link(config(port), sink, pace=pace)):
        await asyncio.wait_for(link.up.wait(), 20)
        answer = pbx._answer

        async def mute(*_: object) -> bool:
            return True

        pbx._answer = mute  # type: ignore[assignment]
        await sink.until(lambda: bool(sink.of("closed")))
        assert "nothing was heard for 0.1 s after a ping" in sink.of("closed")[0][3]
        pbx._answer = answer  # type: ignore[method-assign]
        await sink.until(lambda: len(sink.of("opened")) == 2)


async def test_half_a_block_at_a_cut_is_dropped() -> None:
    pbx, sink = simulator(), Remembered()
    async with pbx.serving() as port, running(link := Link(config(port), sink, pace=FAST)):
        await asyncio.wait_for(link.up.wait(), 20)
        (client,) = pbx._clients
        client.writer.write(NEW + b"\r\n\r\nEvent: Hangup\r\nUniqueid: 17953")
        await sink.until(lambda: "Newchannel" in sink.names())
        client.writer.close()
        await sink.until(lambda: len(sink.of("opened")) == 2 and sink.names().count("QueueStatusComplete") == 2)
    assert "Hangup" not in sink.names()


async def test_an_endless_block_is_skipped_and_reported(caplog: pytest.LogCaptureFixture) -> None:
    pbx, sink = simulator(), Remembered()
    async with pbx.serving() as port, running(link := Link(config(port), sink)):
        await asyncio.wait_for(link.up.wait(), 20)
        pbx.emit([b"Event: UserEvent\r\nText: " + b"x" * (2 << 20), NEW])
        await sink.until(lambda: "Newchannel" in sink.names())
    assert "UserEvent" not in sink.names()
    assert "a block longer than 1048576 bytes was skipped" in caplog.text


async def test_an_action_is_answered_whatever_events_come_between() -> None:
    pbx, sink = simulator(), Remembered()
    async with pbx.serving() as port, running(link := Link(config(port), sink)):
        await asyncio.wait_for(link.up.wait(), 20)
        pbx.emit([NEW])
        asked = (link.request(Action("CoreShowChannels")), link.request(Action("Nonsense")))
        listed, refused = await asyncio.gather(*asked)
    assert (listed.ok, [item.get("Uniqueid") for item in listed.items]) == (True, ["1795309246.1"])
    assert (refused.ok, refused.items) == (False, ())
    assert "Invalid/unknown command: Nonsense" in refused.message


async def test_a_lost_action_is_reported_and_never_sent_again() -> None:
    pbx, sink = simulator(), Remembered()
    async with pbx.serving() as port, running(link := Link(config(port), sink, pace=FAST)):
        await asyncio.wait_for(link.up.wait(), 20)
        answer = pbx._answer

        async def cut(client: object, action: object) -> bool:
            pbx._answer = answer  # type: ignore[method-assign]
            pbx.cut()
            return False

        pbx._answer = cut  # type: ignore[method-assign]
        click = actions.ClickToCall("PJSIP/101", "0501000901", "0501000901", "from-internal", "c0ffee-0001")
        with pytest.raises(LinkError, match="lost before"):
            await link.request(actions.originate(click))
        await sink.until(lambda: len(sink.of("opened")) == 2)
        await asyncio.wait_for(link.up.wait(), 20)
    assert "Originate" not in [action.get("Action") for action in pbx.actions]


async def test_an_action_that_is_not_answered_in_time_is_an_error() -> None:
    server, port = await silent(b"Asterisk Call Manager/11.0.0\r\n")
    sink = Remembered()
    link = Link(config(port), sink)
    async with server, running(link):
        await soon(lambda: link._writer is not None)
        with pytest.raises(LinkError, match="whether it was done is not known"):
            await link.request(actions.ping(), seconds=0.01)


async def test_without_a_connection_an_action_is_refused_at_once() -> None:
    with pytest.raises(LinkError, match="there is no connection"):
        await Link(config(1), Remembered()).request(actions.ping())


async def test_with_events_off_nobody_waits_for_fully_booted() -> None:
    pbx, sink = simulator(), Remembered()
    pace = Pace(booted=3600)
    async with pbx.serving() as port, running(link := Link(config(port, events="off"), sink, pace=pace)):
        await asyncio.wait_for(link.up.wait(), 20)
        pbx.emit([NEW])
        await link.request(actions.ping())
    assert "Newchannel" not in sink.names()


async def test_leaving_says_goodbye() -> None:
    pbx, sink = simulator(), Remembered()
    async with pbx.serving() as port:
        async with running(link := Link(config(port), sink)):
            await asyncio.wait_for(link.up.wait(), 20)
        await soon(lambda: pbx.actions[-1].get("Action") == "Logoff")
    assert sink.told[-1][0::3] == ("closed", "by us")


Issuer = tuple[x509.Certificate, ec.EllipticCurvePrivateKey]


def issued(folder: Path, name: str, issuer: Issuer | None) -> Issuer:
    """Make a certificate for a name or an address, signed by `issuer` or by itself; write NAME.pem and NAME.key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    address = name.replace(".", "").isdigit()
    alternative = x509.IPAddress(IPv4Address(name)) if address else x509.DNSName(name)
    today = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(issuer[0].subject if issuer else subject)
        .public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1)).not_valid_after(today + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .sign(issuer[1] if issuer else key, hashes.SHA256())
    )
    (folder / f"{name}.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / f"{name}.key").write_bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return made, key


def server_context(folder: Path, name: str) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / f"{name}.pem", folder / f"{name}.key")
    return context


def self_signed(folder: Path, name: str) -> tuple[Path, ssl.SSLContext]:
    issued(folder, name, None)
    return folder / f"{name}.pem", server_context(folder, name)


async def test_a_pinned_certificate_may_carry_any_name(tmp_path: Path) -> None:
    file, context = self_signed(tmp_path, "pbx.clinic.example")
    pbx, sink = simulator(), Remembered()
    async with pbx.serving(tls=context) as port, running(link := Link(config(port, tls=True, tls_ca=file), sink)):
        await asyncio.wait_for(link.up.wait(), 20)


async def test_an_authority_vouches_only_for_the_host_it_names(tmp_path: Path) -> None:
    authority = issued(tmp_path, "authority", None)
    for host, accepted in (("127.0.0.1", True), ("10.0.0.9", False)):
        issued(tmp_path, host, authority)
        pbx, sink = simulator(), Remembered()
        used = config(0, tls=True, tls_ca=tmp_path / "authority.pem")
        async with pbx.serving(tls=server_context(tmp_path, host)) as port:
            link = Link(replace(used, port=port), sink)
            async with running(link):
                await sink.until(lambda: bool(sink.of("waiting")) or bool(sink.of("opened")))  # noqa: B023
        assert bool(sink.of("opened")) is accepted
        assert accepted or "is not for 127.0.0.1" in sink.of("waiting")[0][1]
        assert accepted or pbx.actions == []


async def test_tls_refuses_a_certificate_that_nobody_vouches_for(tmp_path: Path) -> None:
    _, context = self_signed(tmp_path, "127.0.0.1")
    pbx, sink = simulator(), Remembered()
    async with pbx.serving(tls=context) as port, running(Link(config(port, tls=True), sink)):
        await sink.until(lambda: bool(sink.of("waiting")))
    assert "tls_ca" in sink.of("waiting")[0][1]
    assert pbx.actions == []


async def test_no_secret_goes_in_the_clear_beyond_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    pbx, sink = simulator(), Remembered()
    pbx._answer = refuse_challenge(pbx)  # type: ignore[method-assign]
    async with pbx.serving(host="0.0.0.0") as port, running(Link(config(port, host="0.0.0.0"), sink)):
        await sink.until(lambda: bool(sink.of("waiting")))
    assert "set tls = true" in sink.of("waiting")[0][1]
    assert [action.get("Action") for action in pbx.actions] == []


async def test_on_this_machine_the_secret_is_sent_when_there_is_no_challenge() -> None:
    pbx, sink = simulator(), Remembered()
    pbx._answer = refuse_challenge(pbx)  # type: ignore[method-assign]
    async with pbx.serving() as port, running(link := Link(config(port), sink)):
        await asyncio.wait_for(link.up.wait(), 20)


def refuse_challenge(pbx: Simulator):  # type: ignore[no-untyped-def]
    answer = pbx._answer

    async def refuse(client, action):  # type: ignore[no-untyped-def]
        if action.get("Action") != "Challenge":
            return await answer(client, action)
        client.send(f"Response: Error\r\nActionID: {action.get('ActionID')}\r\nMessage: no".encode())
        return True

    return refuse


@pytest.mark.parametrize("character", ["\r", "\n", "\0"])
async def test_a_line_break_in_an_action_is_refused_before_anything_is_sent(character: str) -> None:
    pbx, sink = simulator(), Remembered()
    async with pbx.serving() as port, running(link := Link(config(port), sink)):
        await asyncio.wait_for(link.up.wait(), 20)
        before = len(pbx.actions)
        with pytest.raises(BadActionError):
            await link.request(Action("Hangup", (("Channel", f"PJSIP/101{character}Action: Originate"),)))
        with pytest.raises(BadActionError):
            await link.request(actions.ping(), action_id=f"1{character}Action: Originate")
        await link.request(actions.ping())
    assert len([a for a in pbx.actions[before:] if a.get("Action") != "Logoff"]) == 1


async def test_snapshots_are_taken_again_and_again() -> None:
    pbx, sink = simulator(), Remembered()
    pace = Pace(ping=0.01, snapshot=0)
    async with pbx.serving() as port, running(Link(config(port), sink, pace=pace)):
        await sink.until(lambda: sink.names().count("QueueStatusComplete") == 3)
    ids = [event.get("ActionID") for event in sink.events if event.name == "QueueStatusComplete"]
    assert ids == [f"callward-snapshot-{n}-queues" for n in (1, 2, 3)]


async def test_a_slow_list_does_not_hide_events() -> None:
    pbx, sink = simulator(), Remembered()
    async with pbx.serving() as port, running(link := Link(config(port), sink)):
        await asyncio.wait_for(link.up.wait(), 20)
        await pbx.replay([record(NEW)])
        await link.snapshot()
        assert sink.names().count("Newchannel") == 1
