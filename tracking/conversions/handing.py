"""Handing conversions over: as files, or by requests, dry or in earnest; the ledger is told first."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from store import Store
from tracking import TrackingError
from tracking.conversions import google, microsoft, yandex
from tracking.conversions.ledger import Desk, Waiting, batch_lines, open_batch, retractable, settle, waiting
from tracking.conversions.outgoing import MaybeSentError, NotSentError, Outgoing, Send
from tracking.conversions.rules import Line, Platform

Write = Callable[[Path, bytes], None]
"""Writes one file whole, for its owner only."""


@dataclass(frozen=True, slots=True)
class Exported:
    """A file that was written: its batch, what kind it is, and how many lines it has."""

    batch: int
    kind: str
    path: Path
    lines: int


@dataclass(frozen=True, slots=True)
class Sent:
    """How many requests the platform took, refused, or perhaps took; and the first problem."""

    sent: int = 0
    failed: int = 0
    unsure: int = 0
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Files:
    """How files are made: the platform, where the first goes, Google's form, and what writes."""

    platform: Platform
    path: Path
    google: google.Form
    write: Write

    def beside(self, word: str) -> Path:
        """Return the path of a further file."""
        return self.path.with_name(f"{self.path.stem}-{word}{self.path.suffix}")


def export(store: Store, desk: Desk, files: Files) -> tuple[list[Exported], Waiting]:
    """Write what is still to be told, and beside it what is to be taken back; return the files, and what is not told.

    Raises:
        TrackingError: the platform takes no files.
        OSError: a file cannot be written; the ledger is as it was.
    """
    if files.platform == "ga4":
        raise TrackingError("GA4 takes no files; use `callward conversions send --platform ga4`.")
    with store.write() as tx:
        found = waiting(tx, desk, files.platform)
        parts = [("conversion", path, some) for path, some in _parts(files, found.lines)]
        if back := retractable(tx, desk, files.platform):
            parts.append(("retraction", files.beside("retractions"), back))
        written: list[Exported] = []
        try:
            for kind, path, lines in parts:
                batch, kept = open_batch(tx, desk, lines, kind=kind, state="exported", target=path.name)
                files.write(path, document(files, kind, kept, desk.now_ms))
                written.append(Exported(batch, kind, path, len(kept)))
        except BaseException:
            for done in written:
                done.path.unlink(missing_ok=True)
            raise
    return written, found


def export_again(store: Store, batch: int, files: Files) -> Exported:
    """Write the file of a batch once more, as it was. Raises TrackingError: there is none, or it was sent."""
    with store.read() as tx:
        row, lines = batch_lines(tx, batch)
    if row["state"] != "exported" or row["platform"] != files.platform:
        raise TrackingError(f"Batch {batch} is no file for {files.platform}; `callward conversions list` shows them.")
    files.write(files.path, document(files, row["kind"], lines, row["at_ms"]))
    return Exported(batch, row["kind"], files.path, len(lines))


def document(files: Files, kind: str, lines: Sequence[Line], at_ms: int) -> bytes:
    """Return the file of some lines: the same lines and time give the same bytes."""
    if files.platform == "google":
        made = google.retractions(lines, files.google, at_ms) if kind == "retraction" else (
            google.conversions(lines, files.google))  # fmt: skip
        return made
    if files.platform == "microsoft":
        return microsoft.retractions(lines, at_ms) if kind == "retraction" else microsoft.conversions(lines)
    return yandex.files(lines)[0][1]


async def send(
    store: Store, desk: Desk, platform: Platform, requests: Callable[[Sequence[Line]], list[Outgoing]], way: Send
) -> Sent:
    """Tell a platform what it is still to be told, a batch for each request. The first failure ends it."""
    def find() -> tuple[Line, ...]:
        with store.read() as tx:
            return waiting(tx, desk, platform).lines

    return await _tell(store, desk, requests(await asyncio.to_thread(find)), way)


async def _tell(store: Store, desk: Desk, outgoing: list[Outgoing], way: Send) -> Sent:
    sent = 0
    for request in outgoing:
        batch = await asyncio.to_thread(_take, store, desk, request)
        if batch is None:
            continue  # another process tells it, or has told it
        state, problem = await _post(request, way)
        await asyncio.to_thread(_settle, store, batch, state, problem)
        if state != "sent":
            return Sent(sent, int(state == "failed"), int(state == "unsure"), problem)
        sent += 1
    return Sent(sent)


async def _post(request: Outgoing, way: Send) -> tuple[str, str | None]:
    try:
        answer = await way(request)
    except NotSentError as error:
        return "failed", str(error)
    except MaybeSentError as error:
        return "unsure", str(error)
    if 200 <= answer.status < 300:
        return "sent", None
    # A refusal is certain; a server that failed may have done so after it took the lines.
    state = "failed" if answer.status < 500 else "unsure"
    return state, f"The platform answered with status {answer.status}; check the settings of [conversions]."


def _take(store: Store, desk: Desk, request: Outgoing) -> int | None:
    """Put the lines of a request into the ledger; None when any of them is there already."""
    with store.write() as tx:
        told = {(row["platform"], row["goal"]) for line in request.lines
                for row in tx.all("conversions_of_call", pbx=line.pbx, call=line.call) if row["kind"] == "conversion"}
        if any((line.platform, line.goal) in told for line in request.lines):
            return None
        batch, _ = open_batch(tx, desk, request.lines, kind="conversion", state="sending", target="request")
        return batch


def _settle(store: Store, batch: int, state: str, problem: str | None) -> None:
    with store.write() as tx:
        settle(tx, batch, state, problem)


def _parts(files: Files, lines: tuple[Line, ...]) -> list[tuple[Path, tuple[Line, ...]]]:
    """Return the files that some lines need: Yandex has one for each way that visitors are known by."""
    if not lines:
        return []
    if files.platform != "yandex":
        return [(files.path, lines)]
    parts = yandex.files(lines)
    return [(files.path if n == 0 else files.beside(column.lower()), some) for n, (column, _, some) in enumerate(parts)]
