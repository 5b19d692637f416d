"""Calls themselves as a file, row by row: years of them in little memory, in the clinic's time, harmless anywhere.

There are two views. Who may see single calls gets numbers and names as they are. A marketer gets the patients' calls
that figures count, each caller as a keyed hash: the same for every call of theirs, and no number.
"""

import csv
import hmac
import io
import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from zoneinfo import ZoneInfo

from reports.export import cell
from reports.metrics import Names

if TYPE_CHECKING:
    from store import Row, Tx

Form = Literal["csv", "jsonl", "xlsx"]
FORMS: Mapping[Form, str] = {
    "csv": "text/csv", "jsonl": "application/jsonl",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}  # fmt: skip
"""Kinds of file, with their media types."""
ROWS = 500
"""Calls that are read at once."""
SHEET = 1_000_000
"""Rows of one sheet; a spreadsheet takes little more. Further calls are on further sheets."""

_START = Names("Start", "Początek", "Начало", "Inicio")
COUNTED: Mapping[str, Names] = {
    "start": _START,
    "day": Names("Day", "Dzień", "День", "Día"),
    "number_dialled": Names("Number dialled", "Wybrany numer", "Набранный номер", "Número marcado"),
    "location": Names("Location", "Placówka", "Филиал", "Centro"),
    "source": Names("Source", "Źródło", "Источник", "Fuente"),
    "medium": Names("Medium", "Medium", "Канал рекламы", "Medio"),
    "campaign": Names("Campaign", "Kampania", "Кампания", "Campaña"),
    "outcome": Names("Outcome", "Wynik", "Результат", "Resultado"),
    "missed": Names("Missed", "Nieodebrane", "Пропущен", "Perdida"),
    "in_hours": Names("While open", "W godzinach pracy", "В рабочее время", "En horario"),
    "first_time": Names("First call", "Pierwsze połączenie", "Первый звонок", "Primera llamada"),
    "booked": Names("Booked", "Umówiono", "Записан", "Con cita"),
    "waited_s": Names("Waited, s", "Czekanie, s", "Ожидание, с", "Espera, s"),
    "talked_s": Names("Talked, s", "Rozmowa, s", "Разговор, с", "Conversación, s"),
    "caller": Names("Caller (keyed hash)", "Dzwoniący (skrót z kluczem)", "Звонящий (хеш с ключом)",
                    "Persona que llama (hash con clave)"),
    "id": Names("Call", "Połączenie", "Звонок", "Llamada"),
}  # fmt: skip
"""What a marketer's file has of a call."""
FULL: Mapping[str, Names] = {
    "start": _START,
    "direction": Names("Direction", "Kierunek", "Направление", "Dirección"),
    "kind": Names("Kind", "Rodzaj", "Вид", "Tipo"),
    "number": Names("Number", "Numer", "Номер", "Número"),
    "did": COUNTED["number_dialled"],
    "campaign": COUNTED["campaign"],
    "phone": Names("Phone", "Telefon", "Телефон", "Teléfono"),
    "outcome": COUNTED["outcome"],
    "missed": COUNTED["missed"],
    "waited_s": COUNTED["waited_s"],
    "talked_s": COUNTED["talked_s"],
    "topic": Names("Topic", "Temat", "Тема", "Tema"),
    "left_out": Names("Left out of figures", "Pominięte w liczbach", "Не в отчётах", "Fuera de las cifras"),
    "id": COUNTED["id"],
    "caller_name": Names("Name the network shows", "Nazwa podana przez sieć", "Имя от сети", "Nombre que da la red"),
    "location": COUNTED["location"],
    "in_hours": COUNTED["in_hours"],
    "first_time": COUNTED["first_time"],
}  # fmt: skip
"""What the file has of a call for who may see single calls."""


def caller_key(tx: "Tx") -> str:
    """Return the key of this store's hashes, made when it is first asked for. In a write transaction."""
    tx.run("secret_key_add", name="caller", value=secrets.token_hex(32))
    return str(tx.value("secret_key", name="caller"))


def hashed(key: str, row: "Row") -> str | None:
    """Return who called as a keyed hash; None for a number that is withheld or not whole."""
    caller = None if row["withheld"] or not row["party"] else str(row["party"])
    return hmac.new(key.encode(), caller.encode(), sha256).hexdigest()[:24] if caller else None


def counted(row: "Row", zone: ZoneInfo, key: str) -> dict[str, Any]:
    """Return a row of `api_report_calls` as a marketer's file has it."""
    return {
        "start": local(row["started_ms"], zone), "day": row["local_day"], "number_dialled": row["did"],
        "location": row["location"] or None, "source": row["source"], "medium": row["medium"],
        "campaign": row["campaign_name"], "outcome": row["outcome"],
        **{name: bool(row[name]) for name in ("missed", "in_hours", "first_time")},
        "booked": row["topic_category"] == "booked", "waited_s": row["wait_ms"] / 1000,
        "talked_s": row["talk_ms"] / 1000, "caller": hashed(key, row), "id": f"{row['pbx']}:{row['id']}",
    }  # fmt: skip


def full(row: "Row", zone: ZoneInfo) -> dict[str, Any]:
    """Return a row of `console_calls` as the file of who may see single calls has it."""
    raw = row["caller_raw" if row["direction"] == "inbound" else "destination_raw"]
    return {
        "start": local(row["started_ms"], zone), "direction": row["direction"], "kind": row["kind"],
        "number": row["party"] or raw, "did": row["did"],
        "campaign": f"{row['campaign_source']} / {row['campaign_name']}" if row["campaign_source"] else None,
        "phone": row["extension"] or row["final_agent"] or row["answered_by"], "outcome": row["outcome"],
        "missed": bool(row["missed"]), "waited_s": row["wait_ms"] / 1000, "talked_s": row["talk_ms"] / 1000,
        "topic": row["topic"], "left_out": row["excluded"] or None, "id": f"{row['pbx']}:{row['id']}",
        "caller_name": row["caller_name"], "location": row["location"] or None, "in_hours": bool(row["in_hours"]),
        "first_time": bool(row["first_time"]),
    }  # fmt: skip


def local(ms: int, zone: ZoneInfo) -> str:
    """Write a time in a zone, with its offset: 2026-11-22T14:05:00+01:00."""
    return datetime.fromtimestamp(ms // 1000, UTC).astimezone(zone).isoformat()


def lines(pages: Iterator[Sequence[Mapping[str, Any]]], columns: Mapping[str, Names], form: Form, language: str | None
          ) -> Iterator[bytes]:  # fmt: skip
    """Yield a file of CSV or JSON Lines page by page. The heads of CSV are names in a language, ids without one."""
    if form == "jsonl":
        for page in pages:
            yield "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in page).encode("utf-8", "replace")
        return
    heads = [names.in_language(language) if language else name for name, names in columns.items()]
    yield ("\ufeff" + _csv([heads])).encode()
    for page in pages:
        yield _csv([[_plain(row[name]) for name in columns] for row in page]).encode("utf-8", "replace")


def write_xlsx(path: Path, pages: Iterator[Sequence[Mapping[str, Any]]], columns: Mapping[str, Names],
               language: str | None) -> None:  # fmt: skip
    """Write a workbook row by row; no cell is a live formula or link."""
    import xlsxwriter

    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
               "strings_to_numbers": False, "tmpdir": str(path.parent)}  # fmt: skip
    with xlsxwriter.Workbook(str(path), options) as book:
        head, line = book.add_format({"bold": True, "bottom": 1}), 0
        sheet = _sheet(book, columns, head, language)
        for row in (row for page in pages for row in page):
            if line >= SHEET:
                sheet, line = _sheet(book, columns, head, language), 0
            line += 1
            for place, name in enumerate(columns):
                value = _plain(row[name])
                if isinstance(value, str):
                    sheet.write_string(line, place, value)
                else:
                    sheet.write_number(line, place, value)


def _sheet(book: Any, columns: Mapping[str, Names], head: Any, language: str | None) -> Any:
    sheet = book.add_worksheet()
    sheet.set_column(0, len(columns) - 1, 16)
    sheet.freeze_panes(1, 1)
    for place, (name, names) in enumerate(columns.items()):
        sheet.write_string(0, place, names.in_language(language) if language else name, head)
    return sheet


def _csv(rows: Sequence[Sequence[Any]]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out).writerows([cell(value) for value in row] for row in rows)
    return out.getvalue()


def _plain(value: Any) -> str | float:
    """Return what a cell holds: nothing as "", yes and no as 1 and 0."""
    if value is None:
        return ""
    return int(value) if isinstance(value, bool) else value
