"""What is found wrong with a generated file."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialplan import TrackedNumber
from dialplan.check import check, read, sections_of
from dialplan.generate import Options, generate

GOOGLE = TrackedNumber("+48221234501", "Google Ads line", 4, "queue:reception")
CARD = TrackedNumber("+48221234503", "Doctor's card", 5, "ext:104")
MENU = TrackedNumber("+48221234505", "Website", 7, "context:ivr-main,s,1")
NUMBERS = [GOOGLE, CARD, MENU]
TEXT = generate(NUMBERS, Options(default_context="from-trunk"))
SECTIONS = frozenset({"from-trunk", "from-internal", "ivr-main", "reception"})


def problems(text: str, numbers: list[TrackedNumber] = NUMBERS, sections: frozenset[str] | None = None) -> list[str]:
    return [str(problem) for problem in check(text, numbers, sections)]


def line_of(start: str, text: str = TEXT) -> int:
    return next(number for number, line in enumerate(text.split("\n"), 1) if line.startswith(start))


def test_what_was_just_generated_is_sound() -> None:
    assert problems(TEXT) == []
    assert problems(TEXT, sections=SECTIONS) == []


def test_a_new_number_is_missed() -> None:
    new = TrackedNumber("+48221234506", "Newspaper", 8, "queue:reception")
    found = problems(TEXT, [*NUMBERS, new])
    assert found[0] == "+48221234506 is tracked and has no entry; generate the file again."
    assert found[1:] == [
        f"{form} has no entry; generate the file again." for form in ("0048221234506", "221234506", "48221234506")
    ]


def test_a_number_that_is_not_tracked_any_more_is_stale() -> None:
    forms = ("+48221234503", "48221234503", "0048221234503", "221234503")
    assert problems(TEXT, [GOOGLE, MENU]) == [
        f"line {line_of(f'exten => {form}')}: {form} is not tracked any more; generate the file again."
        for form in forms
    ]


@pytest.mark.parametrize(
    "changed",
    [TrackedNumber(CARD.did, CARD.label, 6, CARD.destination), TrackedNumber(CARD.did, CARD.label, 5, "ext:105")],
)
def test_a_number_with_another_campaign_or_destination_is_reported(changed: TrackedNumber) -> None:
    [problem] = problems(TEXT, [GOOGLE, changed, MENU])
    assert "+48221234503 has another campaign or destination by now" in problem


def test_another_label_changes_nothing() -> None:
    assert problems(TEXT, [GOOGLE, TrackedNumber(CARD.did, "New label", 5, "ext:104"), MENU]) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("Queue(reception)", "Queue(reception", "is not a line that"),
        ("Queue(reception)", "Queue((reception)", "( and ) do not match in Queue"),
        ("Goto(+48221234501,tracked)", "Goto(+48221234501,gone)", "jumps to callward-inbound,+48221234501,gone"),
        ("exten => 48221234501,", "exten => 221234501,", "221234501 has its priority 1 in line"),
        ("exten => 48221234501,1,", "exten => 48221234501,n,", "is not a line that"),
        ("[callward-inbound]", "", "stands before the first [context]"),
        ("; Click", ";-- Click", "is not a line that"),
        ("include => from-trunk", "#exec id", "'#exec id' is not a line that"),
        ("; Made with", "; Composed with", 'no line "; Made with: ..." names the contexts'),
    ],
)
def test_a_damaged_line_is_named(old: str, new: str, said: str) -> None:
    assert old in TEXT
    assert any(said in problem for problem in problems(TEXT.replace(old, new)))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("reception", "there is no queue reception."),
        ("ivr-main", "there is no context ivr-main."),
        ("from-trunk", "there is no context from-trunk."),
        ("from-internal", "there is no context from-internal."),
    ],
)
def test_a_destination_that_the_clinic_does_not_have_is_reported(name: str, said: str) -> None:
    found = problems(TEXT, sections=SECTIONS - {name})
    assert found
    assert all(problem.endswith(said) for problem in found)


def test_the_sections_of_a_configuration_file_are_read() -> None:
    assert sections_of("[general]\na=b\n[from-trunk](+)\n; [no]\n[phone](!)\n") == {"general", "from-trunk", "phone"}


@given(st.text(max_size=400))
def test_any_text_is_read_without_a_failure(text: str) -> None:
    check(text, NUMBERS, SECTIONS)


@given(st.integers(0, TEXT.count("\n") - 1))
def test_a_lost_line_is_noticed_unless_it_is_a_comment(index: int) -> None:
    lines = TEXT.split("\n")
    lost = lines.pop(index)
    assert (problems("\n".join(lines)) == []) == (lost == "" or (lost.startswith(";") and "Made with" not in lost))


def test_the_steps_of_a_file_are_counted_from_one() -> None:
    steps = [step for step in read(TEXT).steps if step.exten == GOOGLE.did]
    assert [step.priority for step in steps] == [1, 2, 3, 4, 5, 6, 7]
    assert steps[1].label == "tracked"
