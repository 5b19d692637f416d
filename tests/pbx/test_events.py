"""Events: what a block says, whatever a caller put into their name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbx.events import name_of, parse, text_or_none, unescape, wanted

texts = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]))
hostile = st.one_of(
    texts,
    st.sampled_from(["Event: Hangup", " lead and trail ", ": ", ":", "", "a\u2028Event: Hangup\u2028b", "x\x85y",
                     "\x0b\x0c", "<unknown>", "unknown", "status will follow", "\u202egnp.exe",
                     "<script>alert(1)</script>"]),
)
keys = st.text(st.sampled_from("ABCabc09-_"), min_size=1)


def block(*lines: str) -> bytes:
    return "\r\n".join(lines).encode("utf-8", "surrogateescape")


@given(hostile)
def test_a_callers_name_is_never_taken_for_anything_else(name: str) -> None:
    event = parse(block("Event: Newchannel", f"CallerIDName: {name}", "Uniqueid: 1795309246.1"))
    assert (event.name, event.get("CallerIDName"), event.get("Uniqueid")) == ("Newchannel", name, "1795309246.1")
    assert len(event.lines) == 3


@given(st.lists(st.tuples(keys, hostile), min_size=1))
def test_a_repeated_key_keeps_its_first_value_and_lists_all(pairs: list[tuple[str, str]]) -> None:
    event = parse(block(*(f"{key}: {value}" for key, value in pairs)))
    for key, _ in pairs:
        values = [value for other, value in pairs if other == key]
        assert event.get(key) == values[0]
        assert list(event.all(key)) == values


@given(st.lists(st.text(st.sampled_from("ab: \u2028\udcff"), max_size=8), min_size=1))
def test_a_line_splits_at_its_first_colon_and_loses_one_space(lines: list[str]) -> None:
    expected: dict[str, str] = {}
    for line in lines:
        if ":" in line:
            at = line.index(":")
            expected.setdefault(line[:at], line[at + 1 :].removeprefix(" "))
    assert parse(block(*lines)).first == expected


@given(st.binary().filter(lambda b: b"\r\n" not in b))
def test_invalid_utf8_survives(name: bytes) -> None:
    event = parse(b"Event: Newchannel\r\nCallerIDName: " + name)
    assert event.get("CallerIDName").encode("utf-8", "surrogateescape") == name


@given(st.binary())
def test_any_bytes_can_be_asked_and_parsed(data: bytes) -> None:
    wanted(data)
    assert parse(data).name == parse(data).get("Event")
    assert name_of(b"Event: " + data) == data.partition(b"\r\n")[0]


def test_a_key_that_is_absent_gives_the_default() -> None:
    assert parse(b"Event: A").get("Uniqueid") == ""
    assert parse(b"Event: A").get("Uniqueid", "none") == "none"
    assert list(parse(b"Event: A").all("Uniqueid")) == []


@pytest.mark.parametrize(
    ("data", "is_wanted"),
    [
        (b"Event: Hangup\r\nCause: 16", True),
        (b"Event: DTMFEnd\r\nDigit: 4", False),
        (b"Event: RTCPSent\r\nPT: 200(SR)", False),
        (b"Event: VarSet\r\nVariable: RTPAUDIOQOS\r\nValue: x", False),
        (b"Event: VarSet\r\nVariable: __FROM_DID\r\nValue: +48221234501", True),
        (b"Event: VarSet\r\nCallerIDName: Variable: FROM_DID\r\nVariable: PESEL\r\nValue: 1", False),
        (b"Event: VarSet", False),
        (b"Event: Newexten\r\nApplication: NoOp\r\nAppData: x", False),
        (b"Event: Newexten\r\nApplication: VoiceMail\r\nAppData: 101", True),
        (b"Response: Error\r\nMessage: Permission denied", True),
        (b"Event: Hangupx\r\nCause: 16", False),
        (b"CallerIDName: Event: Hangup", True),
    ],
)
def test_only_what_tracking_needs_is_wanted(data: bytes, is_wanted: bool) -> None:
    assert wanted(data) is is_wanted


@pytest.mark.parametrize(
    ("escaped", "plain"),
    [
        (r"O\'Brien \\\"Bob\\\" \\\\ back", r"O'Brien \"Bob\" \\ back"),
        (r"a\tb", "a\tb"),
        (r"\a\b\f\n\r\t\v\?", "\a\b\f\n\r\t\v?"),
        ("plain", "plain"),
        ("ends in \\", "ends in \\"),
        (r"unknown \q stays", r"unknown \q stays"),
        ("", ""),
    ],
)
def test_c_escapes_are_undone_once(escaped: str, plain: str) -> None:
    assert unescape(escaped) == plain


@given(st.text())
def test_unescaping_gives_back_what_asterisk_escaped(plain: str) -> None:
    table = {"\a": "a", "\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t", "\v": "v",
             "\\": "\\", "'": "'", '"': '"', "?": "?"}
    assert unescape("".join("\\" + table[c] if c in table else c for c in plain)) == plain


def test_only_the_bracketed_unknown_is_a_placeholder() -> None:
    assert text_or_none("<unknown>") is None
    assert text_or_none("") is None
    assert text_or_none("unknown") == "unknown"
