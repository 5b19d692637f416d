"""`callward calls`: listed newest first, told leg by leg, explained, and noted upon."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cli import main
from tests.listening import CLINIC, TRACES

ABANDONED, ATTEMPT, RETURNED = "1795309523.306", "1795309527.309", "1795309532.312"
CALLER = "+48501000702"


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clinic whose store holds one caller's story, an attended transfer, and hostile names."""
    config = Path(shutil.copy(CLINIC, tmp_path_factory.mktemp("clinic") / "clinic.toml"))
    names = ("missed_then_callback", "attended_transfer", "hostile_caller_names")
    done = run(config, "replay", "--into-store", *(str(TRACES / "asterisk22" / name) for name in names))
    assert done.exit_code == 0, done.output
    return config


def run(config: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["--config", str(config), *arguments])


def listed(config: Path, *arguments: str) -> list[dict[str, Any]]:
    done = run(config, "calls", "list", "--json", *arguments)
    assert done.exit_code == 0, done.output
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def test_calls_are_listed_newest_first_in_the_shape_of_replay(clinic: Path) -> None:
    found = listed(clinic, "--limit", "1000")
    assert [call["started_at"] for call in found] == sorted((call["started_at"] for call in found), reverse=True)
    replayed = json.loads(run(clinic, "replay", str(TRACES / "asterisk22" / "missed_then_callback"), "--json").stdout)
    mine = {call["id"]: call for call in found}
    assert all(mine[call["id"]].keys() == call.keys() for call in replayed)
    assert mine[ABANDONED]["outcome"] == "abandoned"


def test_a_number_is_found_however_it_is_written(clinic: Path) -> None:
    for written in (CALLER, "501 000 702", "0048501000702"):
        assert [call["id"] for call in listed(clinic, "--number", written)] == [RETURNED, ATTEMPT, ABANDONED]


def test_pages_follow_each_other(clinic: Path) -> None:
    everything = [call["id"] for call in listed(clinic, "--limit", "1000")]
    first = [call["id"] for call in listed(clinic, "--limit", "4")]
    rest = [call["id"] for call in listed(clinic, "--limit", "1000", "--before", first[-1])]
    assert first + rest == everything


@pytest.mark.parametrize(
    ("options", "count"),
    [
        (("--from", "2026-11-22"), None), (("--from", "2026-11-23"), 0), (("--to", "2026-11-21"), 0),
        (("--to", "2026-11-22"), None), (("--number", CALLER, "--direction", "outbound"), 1),
        (("--number", CALLER, "--outcome", "abandoned"), 1), (("--number", CALLER, "--from", "2026-11-22 02:05:25"), 2),
    ],
)  # fmt: skip
def test_periods_and_filters_narrow_the_list(clinic: Path, options: tuple[str, ...], count: int | None) -> None:
    everything = len(listed(clinic, "--limit", "1000"))
    assert len(listed(clinic, "--limit", "1000", *options)) == (everything if count is None else count)


def test_a_call_is_told_leg_by_leg(clinic: Path) -> None:
    done = run(clinic, "calls", "show", ABANDONED)
    assert done.exit_code == 0
    told = ("hung up after waiting 0:03", "waits in reception", "leaves reception: abandoned", "the call is over")
    places = [done.output.index(words) for words in told]
    assert places == sorted(places)
    assert "  waited       0:03" in done.output
    shown = json.loads(run(clinic, "calls", "show", ABANDONED, "--json").stdout)
    assert {leg["role"] for leg in shown["legs"]} == {"trunk", "phone"}
    assert shown["waits"][0]["queue"] == "reception"


def test_a_transfer_is_told_with_the_call(clinic: Path) -> None:
    [call] = [call for call in listed(clinic) if call["transfers"]]
    assert "  transfers    attended from 101 to 104\n" in run(clinic, "calls", "show", call["id"]).output


def test_why_says_the_rule_and_names_nobody(clinic: Path) -> None:
    done = run(clinic, "calls", "why", ABANDONED)
    assert done.exit_code == 0
    assert "none" in done.output
    assert CALLER[3:] not in done.output


def test_hostile_names_reach_the_terminal_as_plain_text(clinic: Path) -> None:
    for call in listed(clinic, "--limit", "1000"):
        done = run(clinic, "calls", "show", call["id"])
        assert done.exit_code == 0
        assert all(line.isprintable() for line in done.output.splitlines())
    assert all(line.isprintable() for line in run(clinic, "calls", "list").output.splitlines())


def test_what_people_write_is_shown_and_nothing_empty_is_taken(clinic: Path) -> None:
    assert run(clinic, "calls", "topic", RETURNED, "information", "--as", "Anna").exit_code == 0
    assert run(clinic, "calls", "comment", RETURNED, "Asks for Dr Maj", "--as", "Anna").exit_code == 0
    shown = run(clinic, "calls", "show", RETURNED).output
    assert "topic: information (Anna" in shown
    assert "Asks for Dr Maj" in shown
    assert [call["topic"] for call in listed(clinic, "--number", CALLER)] == ["information", None, None]
    assert run(clinic, "calls", "comment", RETURNED, "  ").exit_code == 2
    assert run(clinic, "calls", "topic", RETURNED, " ").exit_code != 0


def test_an_unknown_call_is_an_error_with_the_way_out(clinic: Path) -> None:
    done = run(clinic, "calls", "show", "1.1")
    assert done.exit_code == 1
    assert 'There is no call "1.1"; `callward calls list` shows their ids.' in done.output


@pytest.mark.parametrize(("options", "said"), [
    (("--from", "2026-12-01", "--to", "2026-11-01"), "ends (2026-11-01) before it starts (2026-12-01)"),
    (("--to", "9999-12-31"), '"9999-12-31" is too far away'),
    (("--from", "0001-01-01 00:00"), '"0001-01-01 00:00" is too far away'),
    (("--from", "2026-13-01"), '"2026-13-01" is not a day'),
])
def test_a_period_that_is_none_is_an_error_with_the_way_out(
    clinic: Path, options: tuple[str, ...], said: str
) -> None:
    done = run(clinic, "calls", "list", *options)
    assert done.exit_code == 2
    assert said in done.output


def test_a_person_says_which_campaign_a_call_belongs_to_and_takes_it_back(clinic: Path) -> None:
    assert run(clinic, "campaigns", "add", "radio", "offline", "Morning show").exit_code == 0
    before = run(clinic, "calls", "why", ABANDONED).output
    said = run(clinic, "calls", "attribute", ABANDONED, "--campaign", "Morning show", "--because", "she said so",
               "--as", "Ewa").output
    assert 'Campaign: radio / offline / Morning show, by rule "manual".' in said
    assert "Ewa said so on 20" in said
    assert "Later calls that follow it: 2." in said
    assert "Morning show" in run(clinic, "calls", "why", ATTEMPT).output
    assert "Campaign: no campaign" in run(clinic, "calls", "attribute", ABANDONED, "--none", "--because", "no").output
    for _ in range(2):
        last = run(clinic, "calls", "attribute", ABANDONED, "--undo").output
    assert last.splitlines()[: len(before.splitlines())] == before.splitlines()
    assert run(clinic, "campaigns", "recompute").output == "Nothing changes: every call belongs where it is.\n"


@pytest.mark.parametrize(("arguments", "sentence"), [
    (("--none",), "The reason is empty"),
    (("--campaign", "Nowhere", "--because", "x"), 'There is no campaign "Nowhere"'),
    ((), "Say either --campaign CAMPAIGN, --none or --undo"),
    (("--none", "--undo"), "Say either --campaign CAMPAIGN, --none or --undo"), (("--undo",), "nothing to take back"),
])  # fmt: skip
def test_a_word_about_a_campaign_must_be_whole(clinic: Path, arguments: tuple[str, ...], sentence: str) -> None:
    done = run(clinic, "calls", "attribute", RETURNED, *arguments)
    assert done.exit_code != 0
    assert sentence in done.output


def test_one_call_is_marked_as_a_test_and_counts_again(clinic: Path) -> None:
    assert "it is in no figure" in run(clinic, "calls", "mark", RETURNED, "test", "--reason", "the installer").output
    assert RETURNED not in [call["id"] for call in listed(clinic, "--quality", "new-patient", "--from", "2026-01-01")]
    assert "counts again" in run(clinic, "calls", "mark", RETURNED, "none").output
    assert "is not marked" in run(clinic, "calls", "mark", RETURNED, "none").output


def test_calls_are_listed_by_their_quality(clinic: Path) -> None:
    found = listed(clinic, "--quality", "first-time", "--from", "2026-01-01", "--number", CALLER)
    assert [call["id"] for call in found] == [ABANDONED]
    assert "Say from when on" in run(clinic, "calls", "list", "--quality", "target").output
