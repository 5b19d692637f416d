"""The way out: where a request may go, and where it may not, whatever the name says."""

import asyncio
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notify import NotifyError
from notify.edge import Edge, Request, is_public, networks
from tests.notify.http import HERE, Server

PUBLIC = "93.184.215.14"
INSIDE = ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "::1",
          "fe80::1", "fc00::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:7f00:1::", "224.0.0.1",
          "ff02::1", "240.0.0.1", "255.255.255.255", "::"]


def looking_up(*addresses: str) -> Edge:
    async def lookup(host: str, port: int) -> list[str]:
        return list(addresses)

    return Edge("[[notify.webhook]] crm", lookup=lookup)


async def test_a_request_arrives_with_its_headers_and_its_body(server: Server) -> None:
    reply = await Edge("x", HERE).call(Request(f"{server.url}/a?b=1", headers={"X-One": "1"}, body=b"two"))
    assert (reply.status, reply.text) == (200, "OK")
    (got,) = server.got
    assert (got.method, got.path, got.headers["X-One"], got.body) == ("POST", "/a?b=1", "1", b"two")


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_of_the_inside_is_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", [PUBLIC, "2606:4700::1111", "::ffff:93.184.215.14"])
def test_an_address_of_the_internet_is(address: str) -> None:
    assert is_public(ip_address(address))


@given(st.ip_addresses(v=4))
def test_wrapping_an_address_does_not_make_it_public(address: object) -> None:
    plain = ip_address(str(address))
    assert is_public(ip_address(f"::ffff:{plain}")) == is_public(plain)


@pytest.mark.parametrize("address", INSIDE)
async def test_a_name_that_leads_inside_is_refused(address: str) -> None:
    with pytest.raises(NotifyError, match="not a public address; list it in `private`"):
        await looking_up(address).call(Request("https://hooks.example/x"))


async def test_one_address_inside_spoils_the_others() -> None:
    with pytest.raises(NotifyError, match=r"is at 10\.0\.0\.1"):
        await looking_up(PUBLIC, "10.0.0.1").call(Request("https://hooks.example/x"))


async def test_this_machine_is_refused_unless_it_is_listed(server: Server) -> None:
    with pytest.raises(NotifyError, match="not a public address"):
        await Edge("x").call(Request(server.url))
    assert server.got == []


async def test_http_goes_to_listed_addresses_only() -> None:
    with pytest.raises(NotifyError, match="without TLS; write https"):
        await looking_up(PUBLIC).call(Request("http://hooks.example/x"))


async def test_the_name_is_asked_once_and_the_answer_is_kept(server: Server) -> None:
    """A name that means another address at the second question gains nothing: there is no second question."""
    asked = []

    async def lookup(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    port = server.url.rpartition(":")[2]
    await Edge("x", HERE, lookup=lookup).call(Request(f"http://hooks.invalid:{port}/x"))
    assert asked == ["hooks.invalid"]
    assert server.got[0].headers["Host"] == f"hooks.invalid:{port}"


async def test_a_redirect_is_not_followed(server: Server) -> None:
    server.status, server.headers = 307, {"Location": f"{server.url}/elsewhere"}
    reply = await Edge("x", HERE).call(Request(f"{server.url}/here"))
    assert reply.status == 307
    assert [got.path for got in server.got] == ["/here"]


async def test_no_proxy_is_asked(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert (await Edge("x", HERE).call(Request(server.url))).status == 200


async def test_who_does_not_answer_in_time_is_left(server: Server) -> None:
    server.hold = asyncio.Event()
    with pytest.raises(NotifyError, match=r"did not answer within 0\.05 s"):
        await Edge("x", HERE, timeout_s=0.05).call(Request(server.url))


async def test_little_of_a_long_answer_is_read(server: Server) -> None:
    server.text = "x" * 1_000_000
    assert len((await Edge("x", HERE).call(Request(server.url))).text) == 16_384


async def test_who_is_away_is_told() -> None:
    with pytest.raises(NotifyError, match=r"127\.0\.0\.1 cannot be reached \(ClientConnectorError\)"):
        await Edge("x", HERE).call(Request("http://127.0.0.1:1/?token=abc"))


async def test_a_name_without_an_address_is_told() -> None:
    async def lookup(host: str, port: int) -> list[str]:
        raise OSError

    with pytest.raises(NotifyError, match="has no address; check its spelling"):
        await Edge("x", lookup=lookup).call(Request("https://nowhere.invalid/"))


@pytest.mark.parametrize("url", ["ftp://a.example/", "file:///etc/passwd", "https://", "https://me:pw@a.example/"])
async def test_only_addresses_of_the_web_are_asked(url: str) -> None:
    with pytest.raises(NotifyError, match="write it as https"):
        await looking_up(PUBLIC).call(Request(url))


def test_a_network_is_read_as_it_is_written() -> None:
    assert [str(network) for network in networks(["10.0.0.5", "10.1.0.0/16"])] == ["10.0.0.5/32", "10.1.0.0/16"]
