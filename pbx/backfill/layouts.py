"""Which column is what: the layouts in which CEL and CDR are written, and rows out of named columns. Pure.

A table or file with names is read by them. A file without is told by where its times stand and how wide it is:

    CEL   event, time, caller …                        17 columns: with `extra`, without amaflags and accountcode
                                                       20 or 19: as Asterisk's sample of cel_custom.conf
    CDR   accountcode, src, dst …, start at 10th       as cdr_csv writes Master.csv
          clid, src, dst …, start at 9th               as Asterisk's sample of cdr_custom.conf
          start, answer, end …                         times first, with linkedid
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pbx.backfill.moments import Moments, is_time
from pbx.backfill.rows import CdrRow, CelRow, RowError

Columns = Mapping[str, Any]
"""A row by the names that this module gives its columns."""

CEL_NAMES = {
    "event": ("eventtype", "event", "eventname"),
    "time": ("eventtime", "time", "timestamp"),
    "cid_name": ("cid_name", "calleridname", "cid name"),
    "cid_num": ("cid_num", "calleridnum", "cid num"),
    "exten": ("exten",),
    "channel": ("channame", "channel", "channelname"),
    "app": ("appname", "app", "application"),
    "appdata": ("appdata",),
    "uniqueid": ("uniqueid",),
    "linkedid": ("linkedid",),
    "extra": ("extra", "eventextra"),
}
"""What a column is called here, and as which names it is known."""

CDR_NAMES = {
    "start": ("start", "calldate"),
    "answer": ("answer", "answerdate"),
    "end": ("end", "hangupdate"),
    "clid": ("clid", "callerid"),
    "src": ("src", "source"),
    "dst": ("dst", "destination"),
    "channel": ("channel",),
    "dstchannel": ("dstchannel", "destinationchannel"),
    "lastapp": ("lastapp", "lastapplication"),
    "lastdata": ("lastdata",),
    "duration": ("duration",),
    "billsec": ("billsec", "billableseconds"),
    "disposition": ("disposition",),
    "uniqueid": ("uniqueid",),
    "linkedid": ("linkedid",),
    "sequence": ("sequence",),
    "did": ("did",),
    "recording": ("recordingfile", "recording"),
}

_CEL_17 = ("event", "time", "cid_name", "cid_num", "", "", "", "exten", "", "channel", "app", "appdata", "uniqueid",
           "linkedid", "", "", "extra")
_CEL_20 = ("event", "time", "cid_name", "cid_num", "", "", "", "exten", "", "channel", "app", "appdata", "", "",
           "uniqueid", "linkedid", "", "", "", "extra")
_CDR_TIMES_FIRST = ("start", "answer", "end", "clid", "src", "dst", "", "channel", "dstchannel", "lastapp", "lastdata",
                    "duration", "billsec", "disposition", "", "uniqueid", "linkedid", "", "sequence")
_CDR_CUSTOM = ("clid", "src", "dst", "", "channel", "dstchannel", "lastapp", "lastdata", "start", "answer", "end",
               "duration", "billsec", "disposition", "", "", "uniqueid", "", "sequence")
_CDR_CSV = ("", "src", "dst", "", "clid", "channel", "dstchannel", "lastapp", "lastdata", "start", "answer", "end",
            "duration", "billsec", "disposition", "", "uniqueid", "", "", "linkedid", "sequence")


def names_of(header: Sequence[str], known: Mapping[str, Sequence[str]]) -> tuple[str, ...] | None:
    """Return our name for each column of a header ("" for one that is not needed), None if it is no header."""
    plain = [cell.strip().strip('"').lower() for cell in header]
    found = {theirs: ours for ours, names in known.items() for theirs in names[::-1] if theirs in plain}
    for ours, names in known.items():  # the first name that is there is the column, another one is not
        first = next((name for name in names if name in plain), None)
        found = {theirs: name for theirs, name in found.items() if name != ours or theirs == first}
    return tuple(found.get(cell, "") for cell in plain) if "uniqueid" in plain and len(found) >= 5 else None


def cel_layout(row: Sequence[str]) -> tuple[str, ...]:
    """Return the columns of a CEL file without a header, from one of its rows. Raises RowError."""
    if len(row) > 1 and is_time(row[1]):
        if len(row) == len(_CEL_17):
            return _CEL_17
        if len(row) in (len(_CEL_20) - 1, len(_CEL_20)):
            return _CEL_20[: len(row)]
    raise RowError(f"{len(row)} columns are no known layout of CEL; give the file a first line with their names")


def cdr_layout(row: Sequence[str]) -> tuple[str, ...]:
    """Return the columns of a CDR file without a header, from one of its rows. Raises RowError."""
    if row and is_time(row[0]):
        return _CDR_TIMES_FIRST
    if len(row) > 9 and is_time(row[8]) and not is_time(row[7]):
        return _CDR_CUSTOM
    if len(row) > 10 and is_time(row[9]):
        if len(row) < 17:
            raise RowError("there is no uniqueid in it; set loguniqueid = yes in cdr.conf")
        return _CDR_CSV
    raise RowError(f"{len(row)} columns are no known layout of CDR; give the file a first line with their names")


def cel_row(columns: Columns, moments: Moments) -> CelRow:
    """Make a CEL row of named columns. Raises RowError."""
    uniqueid, event = _text(columns, "uniqueid"), _text(columns, "event").upper()
    if not uniqueid or not event:
        raise RowError("it has no uniqueid or no event")
    return CelRow(
        at_ms=moments.read(columns.get("time"), uniqueid),
        event=event,
        channel=_text(columns, "channel"),
        uniqueid=uniqueid,
        linkedid=_text(columns, "linkedid") or uniqueid,
        cid_name=_text(columns, "cid_name"),
        cid_num=_text(columns, "cid_num"),
        exten=_text(columns, "exten"),
        app=_text(columns, "app"),
        appdata=_text(columns, "appdata"),
        extra=_extra(columns.get("extra")),
    )


def cdr_row(columns: Columns, moments: Moments) -> CdrRow:
    """Make a CDR row of named columns. Raises RowError."""
    uniqueid = _text(columns, "uniqueid")
    if not uniqueid:
        raise RowError("it has no uniqueid")
    start = moments.read(columns.get("start"), uniqueid)
    end = start + _whole(columns.get("duration")) * 1000
    if _text(columns, "end"):
        end = max(start, moments.read(columns["end"], uniqueid))
    answer = None
    if _text(columns, "answer") and not _text(columns, "answer").startswith("0000"):
        answer = moments.read(columns["answer"], uniqueid)
    elif "answer" not in columns and _text(columns, "disposition").upper() == "ANSWERED":
        answer = end - _whole(columns.get("billsec")) * 1000
    texts = {name: _text(columns, name) for name in _CDR_TEXTS}
    return CdrRow(start_ms=start, answer_ms=answer, end_ms=end, uniqueid=uniqueid,
                  linkedid=_text(columns, "linkedid") or uniqueid, **texts)


_CDR_TEXTS = ("channel", "dstchannel", "src", "dst", "clid", "lastapp", "lastdata", "disposition", "did", "recording",
              "sequence")


def _text(columns: Columns, name: str) -> str:
    value = columns.get(name)
    return "" if value is None else str(value).strip() if name != "cid_name" else str(value)


def _whole(value: object) -> int:
    try:
        return max(0, int(float(str(value))))
    except (ValueError, OverflowError):
        return 0


def _extra(value: object) -> dict[str, Any]:
    if not value:
        return {}
    try:
        found = json.loads(str(value))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
