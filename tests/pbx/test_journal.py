"""The journal: reading traces and our own files, and writing them so that a crash loses nothing that was synced."""

import gzip
import io
import json
import os
import stat
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbx.frames import Framer
from pbx.journal import JournalError, Record, framed, journal_files, read_from, records, runs
from pbx.journal_writer import JournalWriter, Limits, kept
from pbx.raw import read_raw

DAY = 86_400
HANGUP = b"Event: Hangup\r\nUniqueid: 1795309246.1\r\nLinkedid: 1795309246.1\r\nCause: 16"
NEW = b"Event: Newchannel\r\nPrivilege: call,all\r\nChannel: PJSIP/101-00000001\r\nUniqueid: %s\r\nLinkedid: %s"


def line(at: float, session: int, **what: str) -> bytes:
    return json.dumps({"at": at, "session": session, **what}).encode() + b"\n"


def write(path: Path, *lines: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(b"".join(lines)) if path.suffix == ".gz" else b"".join(lines))
    return path


def writer(folder: Path, **limits: int) -> JournalWriter:
    return JournalWriter(folder / "journal", "main", Limits(**limits))


def test_every_kind_of_line_is_read_with_the_position_after_it(tmp_path: Path) -> None:
    lines = [line(1.5, 7, opened="main"), line(2.0, 7, text="Event: A\r\n\r\n"), line(3, 7, closed="by the PBX")]
    path = write(tmp_path / "a.jsonl", *lines)
    assert list(records(path)) == [
        Record(1.5, 7, "opened", b"", "main", "a.jsonl", len(lines[0])),
        Record(2.0, 7, "text", b"Event: A\r\n\r\n", "", "a.jsonl", len(lines[0] + lines[1])),
        Record(3.0, 7, "closed", b"", "by the PBX", "a.jsonl", len(b"".join(lines))),
    ]


def test_a_compressed_file_reads_the_same_under_the_same_name(tmp_path: Path) -> None:
    lines = [line(1, 1, text="a"), line(2, 1, text="b")]
    plain = write(tmp_path / "a.jsonl", *lines)
    packed = write(tmp_path / "packed" / "a.jsonl.gz", *lines)
    assert list(records(plain)) == list(records(packed))
    assert [r.data for r in records(packed, offset=len(lines[0]))] == [b"b"]


@given(st.binary())
def test_any_bytes_survive_the_text_of_a_line(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    value = json.loads(json.dumps({"text": text}))
    assert value["text"].encode("utf-8", "surrogateescape") == data


@pytest.mark.parametrize(
    "bad",
    [
        b"not json\n", b"[]\n", b"5\n", b'{"at": 1}\n', b'{"at": "1", "session": 1, "text": ""}\n', b"\x00\x00\x00\n",
        b'{"at": NaN, "session": 1, "text": ""}\n', b'{"at": 1, "session": true, "text": ""}\n', b"[" * 100_000 + b"\n",
        b'{"at": 1, "session": 1, "text": "\\ud800"}\n', b'{"at": 1, "session": 1, "text": 5}\n', b"\xff\xfe\n",
        b'{"at": 1, "session": 1}\n', b'{"at": %s, "session": 1, "text": ""}\n' % (b"9" * 400),
    ],
)
def test_a_damaged_line_is_told_in_one_sentence_and_skipped(tmp_path: Path, bad: bytes) -> None:
    path = write(tmp_path / "a.jsonl", line(1, 1, text="a"), bad, line(2, 1, text="b"))
    told: list[str] = []
    assert [r.data for r in records(path, told.append)] == [b"a", b"b"]
    assert told == [f"{path}, line 2: is not a journal record; it was skipped."]


def test_a_half_written_last_line_is_told_and_skipped(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", line(1, 1, text="a"), line(2, 1, text="b")[:-9])
    told: list[str] = []
    assert [r.data for r in records(path, told.append)] == [b"a"]
    assert told == [f"{path}, line 2: is not whole; it was skipped."]


def test_a_compressed_file_cut_short_gives_what_came_before(tmp_path: Path) -> None:
    lines = [line(at, 1, text=os.urandom(500).hex()) for at in range(200)]
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress(b"".join(lines))[:-2000])
    told: list[str] = []
    assert 100 < len(list(records(path, told.append))) < 200
    assert any("cannot be read further" in sentence for sentence in told)


def test_a_folder_of_traces_is_a_set_of_independent_runs(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write(tmp_path / name / "journal.jsonl", line(1, 1, text=name))
        write(tmp_path / name / "actions.jsonl", b'{"t": 0.1, "session": 1, "text": ""}\n')
        write(tmp_path / name / "truth.json", b"{}")
        write(tmp_path / name / "cdr.csv", b"start,answer\n")
    write(tmp_path / "ami.raw.gz", NEW % (b"1795309246.1", b"1795309246.1"), b"\r\n\r\n")
    found = runs([tmp_path])
    names = [[file.name for file in run.files] for run in found]
    assert names == [["ami.raw.gz"], ["journal.jsonl"], ["journal.jsonl"]]
    assert [r.data for r in found[2].records()] == [b"two"]


def test_a_file_that_continues_another_belongs_to_its_run(tmp_path: Path) -> None:
    write(tmp_path / "main-1000.jsonl.gz", line(1, 1, text="a"))
    write(tmp_path / "main-2000.jsonl", b'{"continues": "main-1000.jsonl"}\n', line(2, 1, text="b"))
    write(tmp_path / "main-3000.jsonl", line(3, 2, text="c"))
    write(tmp_path / "main-4000.jsonl", b'{"continues": "main-0500.jsonl"}\n', line(4, 3, text="d"))
    told: list[str] = []
    assert [[r.data for r in run.records(told.append)] for run in runs([tmp_path])] == [[b"a", b"b"], [b"c"], [b"d"]]
    assert told == []


def test_a_path_named_twice_is_read_once(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", line(1, 1, text="a"))
    write(tmp_path / "a.jsonl.gz", line(1, 1, text="a"))
    assert len(runs([path, tmp_path, path])) == 1


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("nowhere", "there is no such file or folder"),
        ("empty", "there is no journal in this folder"),
        ("notes.txt", "is not a journal"),
    ],
)
def test_a_path_that_is_no_journal_is_refused_with_the_way_out(tmp_path: Path, name: str, sentence: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(JournalError, match=sentence):
        runs([tmp_path / name])


def test_blocks_are_put_together_for_each_session_apart() -> None:
    source = [
        Record(1, 1, "text", b"Event: A\r\nX: 1"), Record(2, 2, "text", b"Event: B\r\n\r\nEvent: C\r"),
        Record(3, 1, "text", b"\r\n\r\n"), Record(4, 2, "closed"), Record(5, 2, "text", b"\n\r\nEvent: D\r\n\r\n"),
    ]
    assert [blocks for _, blocks in framed(source)] == [[], [b"Event: B"], [b"Event: A\r\nX: 1"], [], [b"Event: D"]]


def test_raw_bytes_take_their_time_from_new_channels_and_never_go_back(tmp_path: Path) -> None:
    blocks = [
        b"Event: FullyBooted\r\nPrivilege: system,all", NEW % (b"1795309246.0", b"1795309246.0"),
        NEW % (b"1795309249.1", b"1795309246.0"), HANGUP, NEW % (b"pbx-b-1795309248.2", b"1795309248.2"),
        b"Event: UserEvent\r\nUniqueid: 1895309246.1",
    ]
    path = write(tmp_path / "a.raw", b"Asterisk Call Manager/11.0.0\r\n", b"".join(b + b"\r\n\r\n" for b in blocks))
    assert [(r.at, b) for r, b in framed(records(path))] == [(1795309246.0, blocks[:2]), (1795309249.0, blocks[2:])]


def test_raw_bytes_with_timestamps_use_them(tmp_path: Path) -> None:
    block = b"Event: Hangup\r\nPrivilege: call,all\r\nTimestamp: 1795310035.657454\r\nUniqueid: 1795310030.1"
    assert [r.at for r in records(write(tmp_path / "a.raw", block + b"\r\n\r\n"))] == [1795310035.657454]


def test_raw_bytes_without_any_time_are_still_read(tmp_path: Path) -> None:
    path = write(tmp_path / "a.raw", b"Event: FullyBooted\r\n\r\n")
    assert [(r.at, r.blocks) for r in records(path)] == [(0.0, [b"Event: FullyBooted"])]


def test_an_unfinished_last_block_of_raw_bytes_is_told(tmp_path: Path) -> None:
    path = write(tmp_path / "a.raw", HANGUP, b"\r\n\r\n", b"Event: Hang")
    told: list[str] = []
    assert [b for _, b in framed(records(path, told.append))] == [[HANGUP]]
    assert told == [f"{path}: the last block is not whole; its 11 bytes were skipped."]


@given(st.lists(st.integers(0, 40), max_size=12))
def test_raw_pieces_hold_every_block_once_and_in_order(seconds: list[int]) -> None:
    blocks = [NEW % (b"%d.%d" % (1795309200 + s, i), b"1795309200.0") for i, s in enumerate(seconds)]
    stream = io.BytesIO(b"".join(b + b"\r\n\r\n" for b in blocks))
    pieces = list(read_raw(stream, Framer()))
    assert b"".join(piece.data for piece in pieces) == stream.getvalue()
    assert [piece.at for piece in pieces] == sorted({piece.at for piece in pieces})


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    journal = writer(tmp_path)
    journal.append_opened(1000.0, 1_000_000)
    middle = journal.append_text(1000.5, 1_000_000, kept([HANGUP, b"Event: DTMFEnd\r\nDigit: 7"]))
    end = journal.append_closed(1001.0, 1_000_000, "by the PBX")
    journal.close()
    read = list(read_from(tmp_path / "journal", "main", None))
    assert [(r.at, r.kind, r.data, r.note) for r in read] == [
        (1000.0, "opened", b"", "main"),
        (1000.5, "text", HANGUP + b"\r\n\r\n", ""),
        (1001.0, "closed", b"", "by the PBX"),
    ]
    assert [r.kind for r in read_from(tmp_path / "journal", "main", middle)] == ["closed"]
    assert (read[-1].file, read[-1].offset) == end


def test_the_journal_is_for_its_owner_alone(tmp_path: Path) -> None:
    journal = writer(tmp_path)
    journal.append_opened(1.0, 1)
    assert stat.S_IMODE((tmp_path / "journal").stat().st_mode) == 0o700
    assert [stat.S_IMODE(f.stat().st_mode) for f in journal_files(tmp_path / "journal", "main")] == [0o600]


def test_a_folder_that_others_can_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "journal").mkdir(mode=0o755)
    with pytest.raises(JournalError, match="chmod 700"):
        writer(tmp_path)


def test_a_full_file_is_followed_by_one_that_continues_it(tmp_path: Path) -> None:
    journal = writer(tmp_path, max_bytes=150)
    for at in range(5):
        journal.append_text(float(at), 1, "x" * 60)
    assert len(journal_files(tmp_path / "journal", "main")) == 3
    (run,) = runs([tmp_path / "journal"])
    assert [r.at for r in run.records()] == [0, 1, 2, 3, 4]


def test_each_day_has_a_file_of_its_own(tmp_path: Path) -> None:
    journal = writer(tmp_path)
    for at in (DAY - 1.0, DAY - 0.5, DAY + 0.5):
        journal.append_text(at, 1, "x")
    names = [file.name for file in journal_files(tmp_path / "journal", "main")]
    assert names == ["main-86399000.jsonl", "main-86400500.jsonl"]


def test_a_new_writer_continues_the_history_but_never_the_file(tmp_path: Path) -> None:
    torn = writer(tmp_path)
    torn.append_text(5.0, 1, "a")
    torn.append_text(6.0, 1, "b")
    (file,) = journal_files(tmp_path / "journal", "main")
    file.write_bytes(file.read_bytes()[:-5])
    writer(tmp_path).append_text(4.0, 2, "c")  # the clock went back meanwhile: the file still sorts after
    told: list[str] = []
    assert [r.data for r in read_from(tmp_path / "journal", "main", None, told.append)] == [b"a", b"c"]
    assert len(told) == 1
    assert len(runs([tmp_path / "journal"])) == 1


def test_files_of_another_pbx_are_not_ours(tmp_path: Path) -> None:
    for pbx in ("main", "main-2", "main-2-3"):
        JournalWriter(tmp_path / "journal", pbx).append_text(1.0, 1, pbx)
    assert [r.data for r in read_from(tmp_path / "journal", "main", None)] == [b"main"]
    assert [r.data for r in read_from(tmp_path / "journal", "main-2", None)] == [b"main-2"]


def test_a_position_whose_file_is_gone_is_an_error_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="verify"):
        list(read_from(tmp_path, "main", ("main-1000.jsonl", 0)))


def days(tmp_path: Path, count: int) -> tuple[JournalWriter, list[str]]:
    journal = writer(tmp_path, keep_days=3)
    names = [journal.append_text(day * DAY + 1.0, 1, f"day {day}")[0] for day in range(count)]
    return journal, names


def test_closed_files_are_compressed_and_old_ones_deleted(tmp_path: Path) -> None:
    journal, names = days(tmp_path, 8)
    assert journal.tidy(7 * DAY + 2, needed=names[7]) == names[:4]
    assert [f.name for f in journal_files(tmp_path / "journal", "main")] == [*(n + ".gz" for n in names[4:7]), names[7]]
    assert {stat.S_IMODE(f.stat().st_mode) for f in (tmp_path / "journal").iterdir()} == {0o600}
    assert [r.data for r in read_from(tmp_path / "journal", "main", (names[5], 0))] == [b"day 5", b"day 6", b"day 7"]


def test_a_file_that_the_checkpoint_needs_is_never_deleted(tmp_path: Path) -> None:
    journal, names = days(tmp_path, 8)
    assert journal.tidy(7 * DAY + 2, needed=names[1]) == names[:1]
    assert journal.tidy(99 * DAY, needed=None) == []
    assert journal.tidy(99 * DAY, needed=names[7]) == names[1:7]
    journal.append_text(7 * DAY + 3.0, 1, "the open file goes on")
    assert [r.data for r in read_from(tmp_path / "journal", "main", None)] == [b"day 7", b"the open file goes on"]


def test_a_crash_while_compressing_leaves_one_readable_file(tmp_path: Path) -> None:
    journal, names = days(tmp_path, 3)
    (tmp_path / "journal" / (names[0] + ".gz")).write_bytes(b"torn")
    (tmp_path / "journal" / (names[1] + ".gz.part")).write_bytes(b"torn")
    journal.tidy(3 * DAY, needed=names[0])
    assert [r.data for r in read_from(tmp_path / "journal", "main", None)] == [b"day 0", b"day 1", b"day 2"]


def test_the_newest_arrival_is_found_again(tmp_path: Path) -> None:
    assert writer(tmp_path).last_at() == 0.0
    journal, _ = days(tmp_path, 3)
    assert journal.last_at() == 2 * DAY + 1.0
    journal.append_text(2 * DAY + 5.0, 1, "x" * 3_000_000)
    assert writer(tmp_path).last_at() == 2 * DAY + 5.0


def test_a_disk_that_refuses_leaves_the_file_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = writer(tmp_path)
    journal.append_text(1.0, 1, "a")
    real, calls = os.write, []

    def full(fd: int, data: bytes) -> int:
        calls.append(fd)
        if len(calls) > 1:
            raise OSError(28, "No space left on device")
        return real(fd, data[:10])

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(JournalError, match="No space left"):
        journal.append_text(2.0, 1, "b")
    monkeypatch.undo()
    journal.append_text(3.0, 1, "c")
    assert [r.data for r in read_from(tmp_path / "journal", "main", None)] == [b"a", b"c"]


def test_a_disk_that_refuses_a_new_file_leaves_no_history_without_its_past(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = writer(tmp_path, max_bytes=1)
    journal.append_text(1.0, 1, "first")

    def full(fd: int, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr("pbx.journal_writer.os.write", full)
        with pytest.raises(JournalError, match="No space left on device"):
            journal.append_text(2.0, 1, "lost")
    journal.append_text(3.0, 1, "second")
    journal.close()
    [run] = runs([tmp_path])
    assert [record.data for record in run.records()] == [b"first", b"second"]


def test_sync_may_run_while_another_thread_appends_and_rotates(tmp_path: Path) -> None:
    journal = writer(tmp_path, max_bytes=500)
    done = threading.Event()

    def sync() -> None:
        while not done.is_set():
            journal.sync()

    thread = threading.Thread(target=sync)
    thread.start()
    for at in range(300):
        journal.append_text(float(at), 1, "x")
    done.set()
    thread.join()
    assert [r.at for r in read_from(tmp_path / "journal", "main", None)] == list(range(300))


def test_only_what_the_tracker_needs_is_kept() -> None:
    secret = b"Event: VarSet\r\nVariable: NATIONAL_ID\r\nValue: 44051401359"
    did = b"Event: VarSet\r\nVariable: __FROM_DID\r\nValue: +48221234501"
    assert kept([secret, did, HANGUP]) == (did + b"\r\n\r\n" + HANGUP + b"\r\n\r\n").decode()
    assert kept([secret]) == ""
    assert kept([b"Event: Hangup\r\nCallerIDName: \xff"]).encode("utf-8", "surrogateescape").count(b"\xff") == 1
