"""What the admin's pages know of the machine they run on: the settings' facts, and what `verify` is run by."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from refusals import Refusal

Tell = Callable[[str], None]
"""Says how far a run is; raises `StoppedError` when nobody wants the rest."""
Verify = Callable[[str, int, int, Tell], Mapping[str, Any]]
"""Runs the ledger of an exchange from one moment to another (ms): its document, without whole numbers of callers."""


class StoppedError(Exception):
    """A long run was stopped by a person, or by the end of this process."""


class CannotVerifyError(Refusal):
    """The ledger cannot be made; the text is one sentence: what, where, the way out."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """What the settings say of one exchange; nothing secret."""

    name: str
    host: str
    records: tuple[str, ...] = ()
    """Which of Asterisk's own records can be read: cel, cdr, queue_log."""


@dataclass(frozen=True, slots=True)
class Backroom:
    """What the settings say to the admin's pages."""

    exchanges: tuple[Exchange, ...] = ()
    journal: Path | None = None
    store: str = ""
    """What kind of store it is, in words; no address, no password."""
    verify: Verify | None = None
    settings: str = ""
    """Where the settings are, to be named on the pages."""
    facts: Mapping[str, str] = field(default_factory=dict)


BACKROOM = web.AppKey("backroom", Backroom)
