"""What may be chosen as a password or code, and how tries are counted."""

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import Store, open_store
from web import passwords, tries
from web.tries import Limit

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.mark.parametrize(("password", "problem"), [
    ("four quiet horses", None), ("Zażółć gęślą", None), ("пять тихих коней", None), ("nine char", "short"),
    ("x" * 201, "long"), ("password2026!", "common"), ("Qwertyuiop12", "common"), ("1234567890", "common"),
    ("ababababababab", "common"), ("i am anna nowak", "name"), ("ANNA is my name", "name"),
])  # fmt: skip
def test_a_password_is_long_and_no_word_that_everybody_tries(password: str, problem: str | None) -> None:
    assert passwords.weakness(password, "anna") == problem


def test_a_login_of_two_letters_may_be_in_the_password() -> None:
    assert passwords.weakness("cold jam and bread", "ja") is None


@pytest.mark.parametrize(("pin", "problem"), [
    ("2580", None), ("94613", None), ("19283746", None), ("123", "digits"), ("123456789", "digits"), ("12a4", "digits"),
    ("٢٥٨٠", "digits"), ("", "digits"), ("0000", "common"), ("1234", "common"), ("9876", "common"), ("7890", "common"),
    ("2424", "common"), ("135135", "common"),
])  # fmt: skip
def test_a_code_is_digits_that_nobody_guesses_first(pin: str, problem: str | None) -> None:
    assert passwords.pin_weakness(pin) == problem


async def test_what_was_typed_matches_its_hash_and_nothing_else() -> None:
    stored = await passwords.hashed("four quiet horses")
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert await passwords.matches(stored, "four quiet horses")
    assert not await passwords.matches(stored, "four quiet horse")
    assert not await passwords.matches(stored, "")


@pytest.mark.parametrize("stored", ["", "not a hash", "$argon2id$v=19$m=19456,t=2,p=1$broken"])
async def test_nothing_matches_what_is_no_hash(stored: str) -> None:
    assert not await passwords.matches(stored, "")
    assert not await passwords.matches(stored, "nobody has this password")


@pytest.mark.parametrize(("off_s", "right"), [(0, True), (-30, True), (30, True), (-60, False), (60, False)])
def test_the_clock_of_the_telephone_may_be_half_a_minute_off(off_s: int, right: bool) -> None:
    now_ms = 1_795_309_230_000
    code = pyotp.TOTP(SECRET).at(now_ms // 1000 + off_s)
    assert (passwords.totp_step(SECRET, code, now_ms) is not None) == right


@pytest.mark.parametrize("secret", ["", "short", "!", "JBSWY3DPEHPK3PXP", "ł"])
def test_a_key_that_is_none_or_too_short_matches_nothing(secret: str) -> None:
    assert passwords.totp_step(secret, "000000", 0) is None


@given(st.text())
def test_whatever_is_typed_as_a_code_is_right_or_wrong_and_no_fault(code: str) -> None:
    step = passwords.totp_step(SECRET, code, 1_795_309_230_000)
    assert step is None or len("".join(code.split())) == 6


@given(st.lists(st.integers(0, 3_000), min_size=1, max_size=40), st.integers(1, 5))
def test_never_more_tries_than_allowed_begin_within_a_window(gaps: list[int], most: int) -> None:
    limit = Limit("name:anna", most, window_ms=1_000)
    allowed: list[int] = []
    now = 0
    with open_store(":memory:") as store, store.write() as tx:
        for gap in gaps:
            now += gap
            wait = tries.take(tx, (limit,), now)
            assert 0 <= wait <= 1_000
            if wait == 0:
                allowed.append(now)
    # A window begins with its first try: within any second there are at most two windows.
    for start in allowed:
        assert sum(start <= moment < start + 1_000 for moment in allowed) <= 2 * most


def test_who_was_right_has_their_tries_back_but_the_address_keeps_those_of_the_others() -> None:
    with open_store(":memory:") as store:
        for _ in range(3):
            count(store, "anna")
        count(store, "ewa")
        with store.write() as tx:
            tries.forgive(tx, tries.password_limits("anna", "10.0.0.1"))
        assert stored(store, "name:anna") is None
        assert stored(store, "address:10.0.0.1") == 3


def test_a_try_that_is_refused_for_one_reason_does_not_use_up_the_others() -> None:
    with open_store(":memory:") as store, store.write() as tx:
        limits = (Limit("a", 1), Limit("b", 5))
        assert tries.take(tx, limits, 0) == 0
        assert tries.take(tx, limits, 1) == tries.WINDOW_MS - 1


def count(store: Store, name: str) -> None:
    with store.write() as tx:
        tries.take(tx, tries.password_limits(name, "10.0.0.1"), 0)


def stored(store: Store, subject: str) -> int | None:
    with store.read() as tx:
        row = tx.one("tries", subject=subject)
    return None if row is None else int(row["tries"])
