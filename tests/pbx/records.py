"""Asterisk's records of the recordings, as rows, as calls, and as tables of a database."""

import csv
import json
from collections.abc import Iterable
from pathlib import Path
from zoneinfo import ZoneInfo

from pbx.backfill.files import Counter, TextFile
from pbx.backfill.folding import Folding, Sources
from pbx.backfill.moments import Moments
from pbx.calls import Call
from tests.pbx.trace_table import TRACES, lab_tracker

UTC = ZoneInfo("UTC")
CEL_COLUMNS = ("eventtype", "eventtime", "cid_name", "cid_num", "cid_ani", "cid_rdnis", "cid_dnid", "exten", "context",
               "channame", "appname", "appdata", "uniqueid", "linkedid", "peer", "userdeftype", "extra")
CDR_COLUMNS = ("calldate", "", "", "clid", "src", "dst", "dcontext", "channel", "dstchannel", "lastapp", "lastdata",
               "duration", "billsec", "disposition", "accountcode", "uniqueid", "linkedid", "userfield", "sequence")
"""FreePBX's names of what stands in the recordings' files; its CDR has no column for the answer and the end."""

FOLDERS = sorted(path.parent for path in TRACES.glob("*/*/cel.csv"))


def text_file(path: Path, zone: ZoneInfo = UTC) -> TextFile:
    """Return a file whose bad rows fail the test."""
    def complain(sentence: str) -> None:
        raise AssertionError(sentence)

    return TextFile(path, Moments(zone), complain, Counter())


def sources(folder: Path, *kinds: str) -> Sources:
    """Return the rows of some of the files of a recording: `cel`, `cdr`, `queue_log`."""
    def rows(name: str, kind: str) -> Iterable[object]:
        path = folder / name
        return getattr(text_file(path), kind)() if kind in kinds and path.exists() else ()

    return Sources(rows("cel.csv", "cel"), rows("cdr.csv", "cdr"), rows("queue_log", "queue_log"))  # type: ignore[arg-type]


def fold(rows: Sources) -> dict[str, Call]:
    """Return the calls that the records of the lab tell, by id."""
    lab = lab_tracker()
    calls: dict[str, Call] = {}
    for change in Folding("main", lab.endpoints, lab.teller, rows).calls():
        for younger in change.merged:
            calls.pop(younger, None)
        calls[change.call.id] = change.call
    return calls


def cells(folders: Iterable[Path], name: str) -> list[list[str]]:
    """Return the rows of the same file of several recordings, in the order in which they were made."""
    found = []
    for folder in sorted(folders, key=lambda f: json.loads((f / "truth.json").read_text("utf-8"))["started_epoch"]):
        if (folder / name).exists():
            with (folder / name).open(encoding="utf-8", errors="surrogateescape", newline="") as file:
                found += [row for row in csv.reader(file, delimiter="|" if name == "queue_log" else ",") if row]
    return found
