"""Folding rows: whatever is missing, twice or cut off, no row breaks it; and memory is bounded by what lives."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pbx.backfill.cel import CelTeller
from pbx.backfill.folding import KEPT_MS, Folding, Shelf, Sources
from pbx.backfill.rows import CdrRow, CelRow, QueueRow
from tests.pbx.records import FOLDERS, fold, sources
from tests.pbx.trace_table import TRACES, lab_tracker

PLAIN = TRACES / "asterisk22" / "direct_answered"
BUSY = TRACES / "asterisk22" / "twenty_interleaved"
ALL = [sources(folder, "cel", "cdr", "queue_log") for folder in FOLDERS]
ROWS = [(list(s.cel), list(s.cdr), list(s.queue_log)) for s in ALL]


def rows_of(name: str) -> list[CelRow]:
    return list(sources(TRACES / name, "cel").cel)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(ROWS), st.randoms(use_true_random=False), st.floats(0, 0.5))
def test_rows_that_are_lost_break_nothing(
    rows: tuple[list[CelRow], list[CdrRow], list[QueueRow]], random: "object", share: float
) -> None:
    keep = [[row for row in kind if random.random() >= share] for kind in rows]  # type: ignore[attr-defined]
    for call in fold(Sources(*keep)).values():  # type: ignore[arg-type]
        assert call.ended_ms is not None
        assert call.ended_ms >= call.started_ms


@pytest.mark.parametrize("part", [0.1, 0.3, 0.5, 0.7, 0.9])
def test_records_that_begin_in_the_middle_tell_no_half_of_a_call(part: float) -> None:
    for cel, _, _ in ROWS:
        told = fold(Sources(cel[round(len(cel) * part) :]))
        begun = {row.uniqueid for row in cel[round(len(cel) * part) :] if row.event == "CHAN_START"}
        assert all(call.id in begun for call in told.values())


@pytest.mark.parametrize("part", [0.3, 0.6, 0.9])
def test_records_that_end_in_the_middle_tell_only_what_is_over(part: float) -> None:
    for cel, _, _ in ROWS:
        whole, told = fold(Sources(cel)), fold(Sources(cel[: round(len(cel) * part)]))
        for id_, call in told.items():
            if call.ended_ms == whole[id_].ended_ms if id_ in whole else False:
                assert call.outcome == whole[id_].outcome


@pytest.mark.parametrize("folder", [PLAIN, BUSY], ids=lambda folder: folder.name)
def test_each_row_twice_tells_the_same(folder: "object") -> None:
    once = list(sources(folder, "cel").cel)  # type: ignore[arg-type]
    assert fold(Sources(chain.from_iterable((row, row) for row in once))) == fold(Sources(once))


def later(rows: Iterable[CelRow], days: int) -> Iterator[CelRow]:
    """Yield rows as they would be so many days later, with ids of their own."""
    def moved(id_: str) -> str:
        seconds, dot, counter = id_.partition(".")
        return f"{int(seconds) + days * 86_400}{dot}{counter}"

    for row in rows:
        yield replace(row, at_ms=row.at_ms + days * 86_400_000, uniqueid=moved(row.uniqueid),
                      linkedid=moved(row.linkedid))


def test_a_clock_that_was_set_back_does_not_hold_up_what_comes_after() -> None:
    rows = rows_of("asterisk22/direct_answered")
    first, second = list(later(rows, 10)), list(later(rows, 9))
    told = fold(Sources([*first, *second]))
    assert [call.started_ms for call in told.values()] == [first[0].at_ms, second[0].at_ms]
    assert {call.outcome for call in told.values()} == {"answered"}


def test_a_crash_of_asterisk_ends_the_calls_that_it_had() -> None:
    rows = rows_of("asterisk22/direct_answered")
    cut = [row for row in rows if row.event not in ("HANGUP", "CHAN_END", "LINKEDID_END", "BRIDGE_EXIT")]
    busy = rows_of("asterisk22/queue_abandon")  # with a counter above 100
    died = [row for row in busy if row.event not in ("HANGUP", "CHAN_END", "LINKEDID_END")]
    told = fold(Sources([*died, *later(cut, 1), *later(rows, 2)]))
    assert told[busy[0].uniqueid].outcome == "failed"
    assert told[busy[0].uniqueid].hung_up_by == "pbx"


def test_a_name_cannot_add_a_line_to_what_a_row_says() -> None:
    [start, *rest] = rows_of("asterisk22/direct_answered")
    hostile = "Jan\r\nEvent: Hangup\r\nUniqueid: " + start.uniqueid
    [call] = fold(Sources([replace(start, cid_name=hostile), *rest])).values()
    assert call.outcome == "answered"
    assert call.caller_name == hostile


def test_what_no_call_asks_for_does_not_stay_in_memory() -> None:
    def years() -> Iterator[CdrRow]:
        for n in range(6000):
            at = 1_600_000_000_000 + n * 600_000
            yield CdrRow(at, None, at + 5000, "PJSIP/trunk-alfa-1", f"{at // 1000}.{n}", f"{at // 1000}.{n}",
                         "PJSIP/101-2", "501000101", "s", lastapp="Dial", disposition="NO ANSWER")

    lab, most = lab_tracker(), 0
    folding = Folding("main", lab.endpoints, lab.teller, Sources(cdr=years()))
    count = 0
    for _ in folding.calls():
        count += 1
        most = max(most, len(folding._cdr.waiting))
    assert count == 6000
    assert most < 2 * KEPT_MS / 600_000


def test_a_shelf_is_read_only_as_far_as_it_is_asked_for() -> None:
    read = []

    def rows() -> Iterator[QueueRow]:
        for second in range(100):
            read.append(second)
            yield QueueRow(second * 1000, f"{second % 3}.0", "reception", "NONE", "ENTERQUEUE")

    shelf = Shelf(rows(), lambda row: row.callid, lambda row: row.at_ms)
    shelf.upto(10_000)
    assert len(read) == 11
    assert [row.at_ms for row in shelf.take(["1.0"])] == [1000, 4000, 7000, 10_000]
    assert shelf.take(["1.0"]) == []


def test_every_channel_that_a_row_ends_is_forgotten() -> None:
    for cel, _, _ in ROWS:
        teller = CelTeller(lab_tracker())
        for row in cel:
            teller.take(row)
        assert teller.seen.keys() <= teller.tracker.channels.keys()
        assert not teller.tracker.channels
