"""What is written for the tracked numbers, and what can never be written."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialplan import DialplanError, TrackedNumber
from dialplan.generate import Options, generate, options_of
from dialplan.numbers import forms, shown

GOOGLE = TrackedNumber("+48221234501", "Google Ads line", 4, "queue:reception")
CARD = TrackedNumber("+48221234503", "Doctor's card", None, "ext:104")
MENU = TrackedNumber("+48221234505", "Website", 7, "context:ivr-main,s,1")
LEFT = TrackedNumber("+48221234508", "Radio", 9)
CLINIC = Options(default_context="from-trunk")

# Every line that may ever be written. What a person typed stands only in the comment: letters, digits and spaces.
LINES = re.compile(
    r"""
    | ;.*
    | \[callward-(inbound|originate)\]
    | include\ =>\ [A-Za-z0-9_-]+
    | exten\ =>\ (\+?[0-9]+),1,Set\(CALLWARD_DIALLED=\$\{EXTEN\}\)
    | \ same\ =>\ n\(tracked\),Set\(__CALLWARD_DID=\+[0-9]+\)
    | \ same\ =>\ n,ExecIf\(\$\[\$\{LEN\(\$\{FROM_DID\}\)\}\ =\ 0\]\?Set\(__FROM_DID=\+[0-9]+\)\)
    | \ same\ =>\ n,TryExec\(UserEvent\(CallwardCall,DID:\ \+[0-9]+,Campaign:\ [0-9]*\)\)
    | \ same\ =>\ n,TryExec\(CELGenUserEvent\(CALLWARD,did=\+[0-9]+&campaign=[0-9]*\)\)
    | \ same\ =>\ n,Queue\([A-Za-z0-9_-]+\)
    | \ same\ =>\ n,Hangup\(\)
    | \ same\ =>\ n,Goto\([A-Za-z0-9_*\#+-]+,([A-Za-z0-9_*\#+-]+,|\$\{(CALLWARD_DIALLED|EXTEN)\},)?[A-Za-z0-9_-]+\)
    | exten\ =>\ _\+?X\.,1,GotoIf\(
      \$\[\$\{LEN\(\$\{FILTER\(0-9,\$\{EXTEN(:1)?\}\)\}\)\}\ !=\ \$\{LEN\(\$\{EXTEN(:1)?\}\)\}\]\?refused\)
    | \ same\ =>\ n,ExecIf\(\$\[\$\{LEN\(\$\{CALLWARD_PRESENTS\}\)\}\ >\ 0\]
      \?Set\(CALLERID\(num\)=\$\{FILTER\(0-9\+,\$\{CALLWARD_PRESENTS\}\)\}\)\)
    | \ same\ =>\ n\(refused\),Hangup\(21\)
    """,
    re.VERBOSE,
)

hostile = st.one_of(
    st.text(max_size=80),
    st.sampled_from(
        [
            "a\nexten => _X.,1,System(id)",
            "a\r\n[default]",
            "a)\n same => n,Dial(PJSIP/trunk/900",
            "${SHELL(id)}",
            "$[1+1]",
            ";-- comment",
            "--; end",
            "#exec id",
            "#include /etc/passwd",
            "a,b,c",
            "a\u2028b",
            "\x00",
            "queue:a)",
            "queue:${X}",
            "queue:a\n",
            "ext:1,1)",
            "ext:104\n",
            "context:a,s,1\n",
            "context:a,s,1,2",
            "context:a,s,n(x)",
        ]
    ),
)
numbers = st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True)


def test_a_number_keeps_its_did_announces_its_campaign_and_goes_to_its_queue() -> None:
    text = generate([GOOGLE], CLINIC)
    entry = text.split("\n\n")[2].split("\n")
    assert entry == [
        "; +48221234501 Google Ads line",
        "exten => +48221234501,1,Set(CALLWARD_DIALLED=${EXTEN})",
        " same => n(tracked),Set(__CALLWARD_DID=+48221234501)",
        " same => n,ExecIf($[${LEN(${FROM_DID})} = 0]?Set(__FROM_DID=+48221234501))",
        " same => n,TryExec(UserEvent(CallwardCall,DID: +48221234501,Campaign: 4))",
        " same => n,TryExec(CELGenUserEvent(CALLWARD,did=+48221234501&campaign=4))",
        " same => n,Queue(reception)",
        " same => n,Hangup()",
        "exten => 48221234501,1,Set(CALLWARD_DIALLED=${EXTEN})",
        " same => n,Goto(+48221234501,tracked)",
        "exten => 0048221234501,1,Set(CALLWARD_DIALLED=${EXTEN})",
        " same => n,Goto(+48221234501,tracked)",
        "exten => 221234501,1,Set(CALLWARD_DIALLED=${EXTEN})",
        " same => n,Goto(+48221234501,tracked)",
    ]


@pytest.mark.parametrize(
    ("number", "line"),
    [
        (GOOGLE, " same => n,Queue(reception)"),
        (CARD, " same => n,Goto(from-internal,104,1)"),
        (MENU, " same => n,Goto(ivr-main,s,1)"),
        (LEFT, " same => n,Goto(from-trunk,${CALLWARD_DIALLED},1)"),
    ],
)
def test_each_kind_of_destination_has_its_line(number: TrackedNumber, line: str) -> None:
    assert line in generate([number], CLINIC).split("\n")


def test_the_order_of_the_numbers_does_not_matter() -> None:
    assert generate([GOOGLE, CARD, MENU], CLINIC) == generate([MENU, GOOGLE, CARD], CLINIC)


def test_no_numbers_still_leave_every_call_to_the_clinics_own_dialplan() -> None:
    assert "[callward-inbound]\n\ninclude => from-trunk\n" in generate([], CLINIC)


def test_the_options_are_read_back_from_the_file() -> None:
    options = Options("from-pstn", "ext-local", "from-internal-2")
    assert options_of(generate([GOOGLE], options)) == options
    assert options_of(generate([GOOGLE])) == Options()


@pytest.mark.parametrize(
    ("did", "expected"),
    [
        ("+48221234501", ("48221234501", "0048221234501", "221234501")),
        ("+493012345678", ("493012345678", "00493012345678", "3012345678", "03012345678")),
        ("+79161234567", ("79161234567", "0079161234567", "9161234567", "89161234567")),
        ("+9991234567", ("9991234567", "009991234567")),
    ],
)
def test_a_provider_may_send_a_number_in_several_forms(did: str, expected: tuple[str, ...]) -> None:
    assert forms(did) == expected


def test_a_form_that_could_mean_two_numbers_is_written_for_neither() -> None:
    polish, hungarian = TrackedNumber("+48301234567"), TrackedNumber("+36301234567")
    text = generate([polish, hungarian], CLINIC)
    assert "exten => 301234567," not in text
    assert "exten => 48301234567," in text


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (TrackedNumber("221234501"), r"'221234501' is not a number in E.164; write it like \+48221234501\."),
        (TrackedNumber("+48221234501\n"), "is not a number in E.164"),
        (TrackedNumber("+48221234501", "", -1), r"\+48221234501: -1 is not the id of a campaign"),
        (TrackedNumber("+48221234501", "", 1, "reception"), r"\+48221234501: 'reception' is not a destination; write"),
        (TrackedNumber("+48221234501", "", 1, "queue:a,b"), r"\+48221234501: 'queue:a,b' is not a destination; write"),
        (TrackedNumber("+48221234501", "", 1, ""), r"\+48221234501: '' is not a destination; write"),
    ],
)
def test_what_cannot_stand_in_a_dialplan_is_refused_in_one_sentence(number: TrackedNumber, sentence: str) -> None:
    with pytest.raises(DialplanError, match=sentence):
        generate([number], CLINIC)


def test_a_number_without_a_destination_needs_a_default_context() -> None:
    with pytest.raises(DialplanError, match=r"\+48221234508 has no destination; .* --default-context"):
        generate([LEFT])


def test_a_number_that_is_assigned_twice_is_refused() -> None:
    with pytest.raises(DialplanError, match=r"\+48221234501 is assigned twice"):
        generate([GOOGLE, GOOGLE], CLINIC)


@pytest.mark.parametrize("name", ["", "a b", "a\nb", "a;b", "${X}", "callward-inbound", "callward-originate"])
def test_a_context_that_cannot_be_named_is_refused_with_its_option(name: str) -> None:
    for word in ("default_context", "internal_context", "outbound_context"):
        with pytest.raises(DialplanError, match="--" + word.replace("_", "-")):
            generate([GOOGLE], Options(**{word: name}))


@given(hostile)
def test_no_label_reaches_a_line(label: str) -> None:
    plain = generate([TrackedNumber(GOOGLE.did, "", 4, "queue:reception")], CLINIC).split("\n")
    text = generate([TrackedNumber(GOOGLE.did, label, 4, "queue:reception")], CLINIC).split("\n")
    assert [line for line in text if not line.startswith(";")] == [line for line in plain if not line.startswith(";")]
    assert len(text) == len(plain)
    assert re.fullmatch(r"[\w ]{0,60}", shown(label))


@given(numbers, hostile, st.one_of(st.none(), st.integers(0, 1 << 40)), hostile)
def test_whatever_a_number_says_only_known_lines_are_written(
    did: str, label: str, campaign: int | None, destination: str
) -> None:
    refusal, text = "", ""
    try:
        text = generate([TrackedNumber(did, label, campaign, destination)], CLINIC)
    except DialplanError as error:
        refusal = str(error)
    assert (did in refusal and "\n" not in refusal) if refusal else text
    assert [line for line in text.split("\n") if line and not LINES.fullmatch(line)] == []


@given(st.lists(numbers, max_size=6, unique=True), st.sampled_from(["queue:a", "ext:104", "context:ivr,s,1", None]))
def test_every_entry_of_every_number_is_a_known_line_and_no_extension_is_written_twice(
    dids: list[str], destination: str | None
) -> None:
    text = generate([TrackedNumber(did, "", 1, destination) for did in dids], CLINIC)
    assert [line for line in text.split("\n") if line and not LINES.fullmatch(line)] == []
    extensions = re.findall(r"^exten => ([^,]+),", text, re.MULTILINE)
    assert len(extensions) == len(set(extensions))
    assert set(dids) <= set(extensions)
