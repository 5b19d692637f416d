"""`callward verify`: a ledger of Callward's calls against everything that Asterisk wrote down itself."""

from typing import TYPE_CHECKING, Any

import click

from commands.common import App, json_option, pass_app, print_json, say

if TYPE_CHECKING:
    from ledger import Difference, Ledger

_SHOWN = 50
_TITLES = {"cel": "CEL", "cdr": "CDR rows", "queue_log": "queue_log stays", "journal": "journal",
           "attribution": "campaigns", "made_by": "appointments"}


@click.command()
@click.option("--since", metavar="TIME", default="yesterday", show_default=True, help="From when on.")
@click.option("--to", "to", metavar="TIME", default="now", show_default=True, help="Until when: a day is included.")
@click.option("--pbx", "pbx_name", metavar="NAME", help="The exchange, when there are several.")
@click.option("--cel", metavar="PATH|URL", help="Its CEL; the default is cel in [[pbx]].")
@click.option("--cdr", metavar="PATH|URL", help="Its CDR; the default is cdr in [[pbx]].")
@click.option("--queue-log", metavar="PATH|URL", help="Its queue_log; the default is queue_log in [[pbx]].")
@json_option
@pass_app
def verify(app: App, since: str, to: str, pbx_name: str | None, cel: str | None, cdr: str | None,
           queue_log: str | None, as_json: bool) -> None:
    """Prove that no call was lost, and that each is told right.

    Matches every call that began in the period with Asterisk's CEL, CDR and queue_log, both ways, folds the journal
    again in memory, and decides every campaign again. Prints how many of each were seen, matched and missing, and every
    difference with its reason. Exit status 1 when one has none. Nothing is changed.

    Example: callward verify --since 2026-11-01 --cel /var/log/asterisk/cel-custom/Master.csv
    """
    from commands.backfill import Complaints, archive_of
    from filling import Period
    from ledger import Accounts
    from ledger import verify as verify_all
    from pbx.tracker import Tracker
    from wiring import appointment_clock, endpoints_of, teller_of

    pbx = app.pbx(pbx_name)
    archive = archive_of(app, pbx_name, cel, cdr, queue_log)
    period = Period(*app.period_ms(since, to))
    complain = Complaints()
    endpoints, teller = endpoints_of(pbx), teller_of(app.settings, pbx)
    with app.store() as store:
        accounts = Accounts(store, archive, app.settings.journal_folder,
                            lambda: Tracker(pbx.name, endpoints, teller), complain,
                            returning_days=app.settings.tracking.returning_days,
                            clock=appointment_clock(app.settings))
        ledger = verify_all(accounts, period)
    complain.rest()
    if as_json:
        print_json(_document(ledger))
    else:
        _print(app, ledger)
    if ledger.unexplained:
        raise SystemExit(1)


def _print(app: App, ledger: "Ledger") -> None:
    say(f"{ledger.calls} calls of {ledger.pbx} from {app.show_time(ledger.period.from_ms)} "
        f"to {app.show_time(ledger.period.to_ms)}.")
    app.print_table(
        ("Record", "Seen", "Matched", "Not here", "Only here"),
        ((_TITLES[side.name], side.seen, side.matched, side.missing, side.extra) for side in ledger.sides),
    )
    for note in ledger.notes:
        say(note)
    unexplained, explained = ledger.unexplained, [d for d in ledger.differences if d.explained]
    for title, some in (("Unexplained", unexplained), ("Explained", explained)):
        if some:
            say(f"{title}: {len(some)}")
            headings = ("Call", "Record", "What", "Here", "There", "Reason")
            app.print_table(headings, (cells_of(app, difference) for difference in some[:_SHOWN]))
            if len(some) > _SHOWN:
                say(f"… and {len(some) - _SHOWN} more; --json prints all of them.")
    if not unexplained:
        say("Nothing is unexplained.")


def cells_of(app: App, difference: "Difference") -> tuple[str, ...]:
    """Return a difference as text for a table: call, record, what, here, there, reason; no whole number of a caller."""
    def shown(value: object) -> str:
        if difference.what.endswith("_ms") and isinstance(value, int):
            return app.show_time(value, "%H:%M:%S")
        if difference.what in ("caller_number", "destination") and isinstance(value, str):
            return value[:-3] + "…"
        if isinstance(value, tuple):
            return ", ".join(str(part) for part in value if part is not None)
        return "" if value is None else str(value)

    return (difference.call, difference.where, difference.what.removesuffix("_ms"), shown(difference.stored),
            shown(difference.record), difference.reason)


def _document(ledger: "Ledger") -> dict[str, Any]:
    from dataclasses import asdict

    from store.documents import iso

    return {
        "pbx": ledger.pbx,
        "from": iso(ledger.period.from_ms),
        "to": iso(ledger.period.to_ms),
        "calls": ledger.calls,
        "records": {side.name: {"seen": side.seen, "matched": side.matched, "missing": side.missing,
                                "extra": side.extra} for side in ledger.sides},
        "unexplained": len(ledger.unexplained),
        "differences": [asdict(difference) for difference in ledger.differences],
        "notes": ledger.notes,
    }
