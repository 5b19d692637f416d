"""Webhooks: what a receiver can rely on."""

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notify import NotifyError
from notify.backoff import DELAYS_MINUTES, next_try
from notify.edge import Edge
from notify.webhook import Webhook, signature
from tests.notify.http import HERE, Server

NOW = 1_795_309_246_011


def hook(server: Server, *events: str) -> Webhook:
    return Webhook("crm", f"{server.url}/hook", Edge("[[notify.webhook]] crm", HERE), "k3y", events or ("*",))


async def test_a_receiver_can_prove_who_sent_it_and_when(server: Server) -> None:
    await hook(server).post("d1", b'{"a": "\xc5\xbc"}', NOW)
    (got,) = server.got
    stamp = got.headers["X-Timestamp"]
    expected = hmac.new(b"k3y", stamp.encode() + b"." + got.body, hashlib.sha256).hexdigest()
    assert got.headers["X-Signature"] == f"sha256={expected}"
    assert (stamp, got.headers["X-Delivery-Id"]) == ("1795309246", "d1")


@given(st.binary(), st.binary())
def test_another_body_has_another_signature(one: bytes, two: bytes) -> None:
    assert (signature("k", "1", one) == signature("k", "1", two)) == (one == two)


def test_another_time_or_secret_has_another_signature() -> None:
    assert len({signature("k", "1", b"x"), signature("k", "2", b"x"), signature("l", "1", b"x")}) == 3


@pytest.mark.parametrize("status", [301, 307, 400, 404, 410, 500, 503])
async def test_anything_but_a_yes_is_a_failure(server: Server, status: int) -> None:
    server.status = status
    with pytest.raises(NotifyError, match=f"answered {status}; it must answer 2xx"):
        await hook(server).post("d1", b"{}", NOW)
    assert len(server.got) == 1


def test_a_webhook_gets_what_it_asked_for(server: Server) -> None:
    asked = hook(server, "callback.*", "call.ended")
    assert [asked.wants(event) for event in ("callback.opened", "call.ended", "call.changed")] == [True, True, False]


def test_a_secret_is_not_shown(server: Server) -> None:
    assert "k3y" not in repr(hook(server))


def test_tries_grow_further_apart_up_to_a_day_and_then_end() -> None:
    waits = [next_try(tries, 0) for tries in range(len(DELAYS_MINUTES) + 1)]
    minutes = [None if ms is None else ms / 60_000 for ms in waits]
    assert minutes == [0, 1, 5, 30, 120, 360, 720, 1440, None]
