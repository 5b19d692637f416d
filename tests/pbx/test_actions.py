"""Actions: nothing from outside can become a header, a second action, or anything but a call to a number."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbx import actions
from pbx.actions import MAX_LINE, Action, BadActionError, ClickToCall, Pause

CLICK = ClickToCall("PJSIP/101", "+48501000901", "501000901", "from-internal", "c0ffee00-1")


def test_an_action_is_its_headers_in_order() -> None:
    action = Action("Status", (("Variables", "FROM_DID"), ("Variables", "again")))
    assert action.encode("7") == b"Action: Status\r\nActionID: 7\r\nVariables: FROM_DID\r\nVariables: again\r\n\r\n"


@given(st.text(), st.sampled_from("\r\n\0"), st.text())
def test_a_value_with_a_line_break_or_nul_is_refused(before: str, bad: str, after: str) -> None:
    with pytest.raises(BadActionError):
        Action("Ping", (("Channel", before + bad + after),))
    with pytest.raises(BadActionError):
        Action(before + bad + after)
    with pytest.raises(BadActionError):
        Action("Ping").encode(before + bad + after)


@given(st.text(max_size=50))
def test_a_value_is_one_line_or_refused(value: str) -> None:
    try:
        data = Action("Ping", (("Channel", value),)).encode("1")
    except (BadActionError, UnicodeEncodeError):
        return
    assert data.count(b"\r\n") == 4
    assert data.count(b"\n") == 4


@pytest.mark.parametrize("key", ["", "Two Words", "Name:", "Kanał", "A\r\nB"])
def test_a_header_has_a_plain_name(key: str) -> None:
    with pytest.raises(BadActionError, match="is not a header's name"):
        Action("Ping", ((key, "x"),))


def test_a_line_longer_than_asterisk_reads_is_refused() -> None:
    with pytest.raises(BadActionError, match="shorten it"):
        Action("Ping", (("Channel", "ż" * (MAX_LINE // 2)),))


def test_click_to_call_rings_a_phone_and_dials_a_number_in_one_context() -> None:
    assert actions.originate(CLICK).headers == (
        ("Channel", "PJSIP/101"), ("Context", "from-internal"), ("Exten", "+48501000901"), ("Priority", "1"),
        ("CallerID", "<501000901>"), ("Timeout", "30000"), ("Async", "true"), ("Variable", "__CALLWARD_ID=c0ffee00-1"),
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"phone": phone} for phone in
        ("", "101", "Local/101@from-internal", "local/1@x", "PJSIP/101/sip:evil@example.com", "PJSIP/0900@trunk",
         "PJSIP/", "PJSIP/101\r\nApplication: System", "DAHDI/g1/0900123456", "Console/dsp", "PJSIP/101&PJSIP/102")
    ] + [
        {"number": number} for number in
        ("", "1", "+", "0900-123", "501,1,System(rm)", "501000901\r\nX: y", "５０１０００", "s", "5" * 21,
         "++48501000901")
    ] + [
        {"caller_id": caller_id} for caller_id in ("", "Anna <501>", "anonymous", "1" * 30)
    ] + [
        {"context": context} for context in ("", "from internal", "a,s,1", "a\nb")
    ] + [
        {"click_id": click_id} for click_id in ("", "short", "x" * 10, "C0FFEE00", "c0ffee00,__X=1", "a" * 65)
    ] + [{"ring_s": 0}, {"ring_s": 3600}],
)
def test_a_click_to_call_with_anything_else_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(BadActionError, match="is not allowed; give"):
        actions.originate(replace(CLICK, **wrong))  # type: ignore[arg-type]


def test_a_click_to_call_may_say_what_the_patient_sees_and_only_a_number() -> None:
    headers = actions.originate(replace(CLICK, presents="+48221234501")).headers
    assert headers[-2:] == (("Variable", "__CALLWARD_ID=c0ffee00-1"), ("Variable", "__CALLWARD_PRESENTS=+48221234501"))
    for wrong in ("clinic", "+48,__X=1", "1\r\nX: y"):
        with pytest.raises(BadActionError, match="number presented"):
            actions.originate(replace(CLICK, presents=wrong))


def test_a_pause_names_a_member_and_a_reason_of_one_line() -> None:
    assert actions.pause(Pause("Local/101@from-queue/n", True, "lunch | back soon")).headers == (
        ("Interface", "Local/101@from-queue/n"), ("Paused", "true"), ("Reason", "lunch   back soon"))
    assert actions.pause(Pause("PJSIP/101", False, queue="reception")).headers == (
        ("Queue", "reception"), ("Interface", "PJSIP/101"), ("Paused", "false"))


@pytest.mark.parametrize("wrong", [
    Pause("", True), Pause("101", True), Pause("PJSIP/101\r\nAction: Originate", True), Pause("PJSIP/1", True, "a\nb"),
    Pause("PJSIP/101", True, "a\0b"), Pause("PJSIP/101", True, "x" * 61), Pause("PJSIP/101", True, queue="a b"),
    Pause("Local/1@a/n;x", True), Pause("PJSIP/101", True, "a\u2028b"),
])  # fmt: skip
def test_a_pause_with_anything_else_is_refused(wrong: Pause) -> None:
    with pytest.raises(BadActionError, match="is not allowed; give"):
        actions.pause(wrong)


def test_an_md5_login_holds_the_digest_and_not_the_secret() -> None:
    action = actions.login_md5("tracker", "secret", "123456789")
    assert dict(action.headers)["Key"] == "7ccde16e862dfe7681297713e9e9cadb"
    assert "secret" not in action.encode("1").decode().lower()


def test_a_snapshot_asks_three_questions_under_its_number() -> None:
    assert {key: action.name for key, action in actions.snapshot(4).items()} == {
        "callward-snapshot-4-channels": "CoreShowChannels", "callward-snapshot-4-status": "Status",
        "callward-snapshot-4-queues": "QueueStatus",
    }
