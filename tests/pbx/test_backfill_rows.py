"""Rows out of files: every layout Asterisk writes, times in every zone, and rows that cannot be read."""

import csv
import gzip
import io
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbx.backfill.files import Counter, TextFile
from pbx.backfill.moments import Moments
from pbx.backfill.rows import BackfillError, RowError
from tests.pbx.records import text_file

WARSAW = ZoneInfo("Europe/Warsaw")
ID = "1795309145.0"
START_MS = 1795309145_675


def written(path: Path, *rows: list[str]) -> Path:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows(rows)
    path.write_text(out.getvalue(), "utf-8")
    return path


CEL_17 = ["CHAN_START", "2026-11-22 00:59:05.675", "Jan", "501000101", "", "", "", "+48221234503", "from-trunk",
          "PJSIP/trunk-alfa-00000000", "Dial", "PJSIP/104", ID, ID, "", "", '{"a": "b"}']
CEL_20 = [*CEL_17[:12], "3", "acc", ID, ID, "", "", "", '{"a": "b"}']
CEL_HEADER = ["id", "EventType", "eventtime", "cid_num", "cid_name", "exten", "channame", "appname", "appdata",
              "uniqueid", "linkedid", "extra"]
CEL_NAMED = ["7", "CHAN_START", "1795309145.675", "501000101", "Jan", "+48221234503", "PJSIP/trunk-alfa-00000000",
             "Dial", "PJSIP/104", ID, ID, '{"a": "b"}']


@pytest.mark.parametrize("rows", [[CEL_17], [CEL_20], [CEL_HEADER, CEL_NAMED]], ids=["lab", "sample", "header"])
def test_cel_is_read_in_every_layout(tmp_path: Path, rows: list[list[str]]) -> None:
    [row] = text_file(written(tmp_path / "cel.csv", *rows)).cel()
    assert (row.at_ms, row.event, row.cid_num, row.cid_name) == (START_MS, "CHAN_START", "501000101", "Jan")
    assert (row.exten, row.app, row.appdata) == ("+48221234503", "Dial", "PJSIP/104")
    assert (row.channel, row.uniqueid, row.linkedid) == ("PJSIP/trunk-alfa-00000000", ID, ID)
    assert row.extra == {"a": "b"}


START, ANSWER, END = "2026-11-22 00:59:05", "2026-11-22 00:59:07", "2026-11-22 00:59:11"
FROM, TO = "PJSIP/trunk-alfa-00000000", "PJSIP/104-00000001"
STOCK = ["", "501000101", "s", "did-03", '"Jan" <501000101>', FROM, TO, "Dial", "PJSIP/104", START, ANSWER, END, "5",
         "4", "ANSWERED", "DOCUMENTATION", ID, ""]
CUSTOM = ['"Jan" <501000101>', "501000101", "s", "did-03", FROM, TO, "Dial", "PJSIP/104", START, ANSWER, END, "5", "4",
          "ANSWERED", "DOCUMENTATION", "", ID, "", "1"]
TIMES_FIRST = [START, ANSWER, END, '"Jan" <501000101>', "501000101", "s", "did-03", FROM, TO, "Dial", "PJSIP/104", "5",
               "4", "ANSWERED", "", ID, ID, "", "0"]
NAMES = ["calldate", "clid", "src", "dst", "channel", "dstchannel", "lastapp", "lastdata", "duration", "billsec",
         "disposition", "uniqueid", "did", "recordingfile", "linkedid"]
NAMED = [START, '"Jan" <501000101>', "501000101", "s", FROM, TO, "Dial", "PJSIP/104", "6", "4", "ANSWERED", ID,
         "+48221234503", "in-1.wav", ID]


@pytest.mark.parametrize("rows", [[STOCK], [[*STOCK, "", ID, "3"]], [CUSTOM], [TIMES_FIRST], [NAMES, NAMED]],
                         ids=["stock", "stock with new columns", "sample", "lab", "header"])
def test_cdr_is_read_in_every_layout(tmp_path: Path, rows: list[list[str]]) -> None:
    [row] = text_file(written(tmp_path / "cdr.csv", *rows)).cdr()
    assert row.start_ms == 1795309145_000
    assert row.answer_ms == 1795309147_000
    assert row.end_ms == 1795309151_000
    assert (row.channel, row.dstchannel, row.lastapp, row.disposition) == (FROM, TO, "Dial", "ANSWERED")
    assert (row.uniqueid, row.linkedid, row.src, row.clid) == (ID, ID, "501000101", '"Jan" <501000101>')


def test_a_cdr_without_a_uniqueid_says_what_to_set(tmp_path: Path) -> None:
    complaints: list[str] = []
    path = written(tmp_path / "Master.csv", STOCK[:16])
    assert list(TextFile(path, Moments(ZoneInfo("UTC")), complaints.append, Counter()).cdr()) == []
    assert complaints == [f"{path}, line 1: there is no uniqueid in it; set loguniqueid = yes in cdr.conf; "
                          "the row is skipped."]


def test_a_bad_row_is_named_with_file_and_line_and_the_others_are_read(tmp_path: Path) -> None:
    complaints: list[str] = []
    counter = Counter()
    late = [CEL_17[0], "yesterday", *CEL_17[2:]]
    path = written(tmp_path / "cel.csv", CEL_17, late, ["torn", "row"], CEL_17)
    rows = list(TextFile(path, Moments(ZoneInfo("UTC")), complaints.append, counter).cel())
    assert len(rows) == counter.read == 2
    assert counter.bad == 2
    assert complaints[0] == f"{path}, line 2: 'yesterday' is not a time; the row is skipped."
    assert complaints[1].startswith(f"{path}, line 3: ")


def test_a_gzipped_file_is_read_as_it_is(tmp_path: Path) -> None:
    plain = written(tmp_path / "cel.csv", CEL_17)
    packed = tmp_path / "cel.csv.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert list(text_file(packed).cel()) == list(text_file(plain).cel())


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(BackfillError, match=r"cannot be read .*check the path"):
        list(text_file(tmp_path / "none.csv").cel())


def test_a_queue_log_has_as_many_data_as_its_event(tmp_path: Path) -> None:
    path = tmp_path / "queue_log"
    path.write_text("1795309246|1795309246.157|reception|NONE|ENTERQUEUE||501000206|1\n"
                    "2026-11-22 02:00:51|1795309246.157|reception|NONE|ABANDON|1|1|5\n"
                    "1795309246|NONE|NONE|NONE|QUEUESTART|\n", "utf-8")
    enter, abandon, start = text_file(path, WARSAW).queue_log()
    assert (enter.at_ms, enter.callid, enter.queue, enter.data) == (1795309246_000, "1795309246.157", "reception",
                                                                    ("", "501000206", "1"))
    assert abandon.at_ms == 1795309251_000
    assert start.event == "QUEUESTART"


def test_text_that_is_not_utf8_survives(tmp_path: Path) -> None:
    path = written(tmp_path / "cel.csv", CEL_17)
    path.write_bytes(path.read_bytes().replace(b'"Jan"', b'"J\xb3n"'))
    [row] = text_file(path).cel()
    assert row.cid_name == "J\udcb3n"


def test_a_time_without_a_zone_is_the_exchanges_own() -> None:
    assert Moments(WARSAW).read("2026-11-22 01:59:05.675", ID) == START_MS
    assert Moments(ZoneInfo("UTC")).read("2026-11-22 00:59:05.675", ID) == START_MS
    assert Moments(WARSAW).read("2026-11-22T00:59:05.675Z") == START_MS
    assert Moments(WARSAW).read(datetime(2026, 11, 22, 1, 59, 5, 675_000)) == START_MS  # noqa: DTZ001


@given(st.integers(0, 7199), st.integers(0, 1800))
def test_in_the_repeated_hour_of_autumn_the_id_decides(second: int, age_s: int) -> None:
    """A call made in the first or the second 02:mm, and a row of it up to half an hour later."""
    first = int(datetime(2026, 10, 25, 0, 0, tzinfo=UTC).timestamp())  # 02:00 in summer time
    made, at = first + second, first + second + age_s
    if made // 3600 != at // 3600:
        return  # it reaches into the other hour: only the order of the rows could tell
    wall = datetime.fromtimestamp(at, UTC).astimezone(WARSAW).strftime("%Y-%m-%d %H:%M:%S")
    assert Moments(WARSAW).read(wall, f"{made}.1") == at * 1000


def test_in_the_repeated_hour_a_row_is_not_older_than_a_channel_above_it() -> None:
    moments = Moments(WARSAW)
    second = int(datetime(2026, 10, 25, 1, 20, tzinfo=UTC).timestamp())
    moments.read("2026-10-25 02:20:00", f"{second}.2")
    assert moments.read("2026-10-25 02:21:00", f"{second - 4000}.1") == (second + 60) * 1000


@given(st.text(max_size=30))
def test_no_text_breaks_the_reading_of_a_time(text: str) -> None:
    with suppress(RowError):
        assert Moments(WARSAW).read(text) >= 0


@given(st.lists(st.lists(st.text(max_size=12), max_size=24), max_size=6))
def test_no_file_breaks_its_reader(rows: list[list[str]]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        out = io.StringIO()
        csv.writer(out).writerows(rows)
        path = Path(folder) / "rows"
        path.write_bytes(out.getvalue().encode("utf-8", "surrogatepass"))
        file = TextFile(path, Moments(WARSAW), lambda sentence: None, Counter())
        for read in (file.cel, file.cdr, file.queue_log):
            assert len(list(read())) <= len(out.getvalue())
