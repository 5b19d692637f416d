"""What the console's admin pages know of this machine, taken from the settings."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from commands.common import App

if TYPE_CHECKING:
    from settings import Pbx
    from store import Store
    from web.backroom import Backroom, Tell

_SHOWN = 200
"""So many differences are kept of one run; `callward verify --json` prints all of them."""


def backroom_of(app: App, store: "Store") -> "Backroom":
    """Return what the settings say to the admin's pages; nothing secret."""
    from web.backroom import Backroom, Exchange

    exchanges = tuple(
        Exchange(pbx.name, f"{pbx.host}:{pbx.port}",
                 tuple(kind for kind in ("cel", "cdr", "queue_log") if getattr(pbx, kind)))
        for pbx in app.settings.pbx
    )  # fmt: skip

    def verify(pbx: str, from_ms: int, to_ms: int, tell: "Tell") -> Mapping[str, Any]:
        return _verified(app, store, app.pbx(pbx), (from_ms, to_ms), tell)

    return Backroom(
        exchanges, app.settings.journal_folder, store.engine.name, verify, str(_name_of(app)),
    )  # fmt: skip


def _name_of(app: App) -> str:
    """Return the file's own name: pages say no paths of the machine."""
    return Path(app.settings.folder, "callward.toml").name


def _verified(app: App, store: "Store", pbx: "Pbx", period: tuple[int, int], tell: "Tell") -> Mapping[str, Any]:
    """Run the ledger. Raises web.backroom.CannotVerifyError, and what `tell` raises."""
    from commands.verify import cells_of
    from filling import Period
    from ledger import Accounts
    from ledger import verify as verify_all
    from pbx.backfill.rows import BackfillError
    from pbx.journal import JournalError
    from pbx.tracker import Tracker
    from store import StoreError
    from web.backroom import CannotVerifyError
    from wiring import appointment_clock, archive_of, endpoints_of, teller_of

    endpoints, teller = endpoints_of(pbx), teller_of(app.settings, pbx)
    bad: list[str] = []

    def complain(*said: Any) -> None:
        bad.append(str(said[0]) if said else "")

    accounts = Accounts(store, archive_of(app.settings, pbx), app.settings.journal_folder,
                        lambda: Tracker(pbx.name, endpoints, teller), complain, tell,
                        app.settings.tracking.returning_days, appointment_clock(app.settings))
    try:
        ledger = verify_all(accounts, Period(*period))
    except (BackfillError, JournalError) as error:
        raise CannotVerifyError(error.text, **error.fields) from error
    except (StoreError, OSError) as error:
        raise CannotVerifyError(str(error)) from error
    shown = sorted(ledger.differences, key=lambda difference: difference.explained)[:_SHOWN]
    notes = [*ledger.notes, *([f"{len(bad)} rows or lines could not be read; the first: {bad[0]}"] if bad else [])]
    return {
        "calls": ledger.calls, "notes": notes, "unexplained": len(ledger.unexplained),
        "explained": len(ledger.differences) - len(ledger.unexplained),
        "records": [{"name": side.name, "seen": side.seen, "matched": side.matched, "missing": side.missing,
                     "extra": side.extra} for side in ledger.sides],
        "differences": [{"explained": one.explained, "cells": list(cells_of(app, one))} for one in shown],
    }  # fmt: skip
