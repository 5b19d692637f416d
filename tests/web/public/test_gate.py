"""Who is let through, and how often."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.web.public.doorway import AGENT
from web.public.gate import MINUTE_MS, PER_MINUTE, TOKEN_MS, VISIBLE_MS, Caps, Gate, is_robot, network_of

NOW = 1_795_420_800_000
NET = "203.0.113.0/24"


def test_a_token_is_good_once_for_its_site_and_network_when_it_is_ripe_and_fresh() -> None:
    gate = Gate()
    token = gate.token("clinic.example", NET, NOW)
    ripe = NOW + VISIBLE_MS
    assert not gate.admits(token, "clinic.example", NET, ripe - 1)
    assert not gate.admits(token, "other.example", NET, ripe)
    assert not gate.admits(token, "clinic.example", "198.51.100.0/24", ripe)
    assert not Gate().admits(token, "clinic.example", NET, ripe)
    assert not gate.admits(token, "clinic.example", NET, NOW + TOKEN_MS + 1)
    assert gate.admits(token, "clinic.example", NET, ripe)
    assert not gate.admits(token, "clinic.example", NET, ripe)


@given(st.text(max_size=60) | st.from_regex(r"[0-9]{1,20}\.[0-9a-f]{0,16}\.[0-9a-f]{0,64}", fullmatch=True))
@example("1.a.\ud800")
@example("1.\ud800.a")
@example("\u0661.0123456789abcdef." + "0" * 64)
def test_nothing_made_up_is_a_token(text: str) -> None:
    assert not Gate().admits(text, "clinic.example", NET, NOW)


def test_a_network_may_ask_so_often_a_minute() -> None:
    gate = Gate()
    assert sum(gate.may_ask(NET, NOW) for _ in range(PER_MINUTE + 5)) == PER_MINUTE
    assert gate.may_ask("198.51.100.0/24", NOW)
    assert gate.may_ask(NET, NOW + MINUTE_MS)


def test_more_visitors_in_a_minute_than_a_clinic_has_are_a_flood() -> None:
    gate = Gate(Caps(flood_per_minute=3, flood_minutes=10))
    assert [gate.leased(NOW + n) for n in range(4)] == [False, False, False, True]
    assert [gate.leased(NOW + 11 * MINUTE_MS + n * 30_000) for n in range(6)] == [False] * 6


@pytest.mark.parametrize(("address", "network"), [
    ("203.0.113.7", "203.0.113.0/24"), ("::ffff:203.0.113.7", "203.0.113.0/24"),
    ("2001:db8:1:2::3", "2001:db8:1::/48"), ("", ""), ("nonsense", ""),
])  # fmt: skip
def test_a_network_is_a_24th_or_a_48th(address: str, network: str) -> None:
    assert network_of(address) == network


@pytest.mark.parametrize(("headers", "robot"), [
    ({"User-Agent": AGENT, "Accept-Language": "pl"}, False),
    ({"User-Agent": AGENT}, True),
    ({"User-Agent": "curl/8.5.0 (x86_64-pc-linux-gnu)", "Accept-Language": "en"}, True),
    ({"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1)", "Accept-Language": "en"}, True),
    ({"User-Agent": AGENT.replace("Chrome", "HeadlessChrome"), "Accept-Language": "en"}, True),
    ({"User-Agent": AGENT, "Accept-Language": "pl", "Sec-Purpose": "prefetch;prerender"}, True),
    ({}, True),
])  # fmt: skip
def test_programs_are_told_from_browsers(headers: dict[str, str], robot: bool) -> None:
    assert is_robot(headers) == robot
    assert is_robot(headers, says_so=True)
