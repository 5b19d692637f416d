"""`callward replay`: recorded AMI becomes calls."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from commands.common import App, json_option, pass_app, print_json, say

if TYPE_CHECKING:
    from replay import Counted
    from store import Store

_PAGE = 500


@click.command()
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--pbx", "pbx_name", metavar="NAME", help="The exchange it was recorded at, when there are several.")
@click.option("--into-store", is_flag=True, help="Write the calls into the clinic's store; doing it again is harmless.")
@json_option
@pass_app
def replay(app: App, paths: tuple[Path, ...], pbx_name: str | None, into_store: bool, as_json: bool) -> None:
    """Turn recorded AMI into calls.

    PATH is a journal (.jsonl), raw AMI bytes (.raw), either gzipped, or a folder of them. Nothing is left behind
    unless --into-store is given, and nothing is ever sent for what is replayed.

    Example: callward --config clinic.toml replay journal/ --json
    """
    from pbx.tracker import Tracker
    from replay import as_it_was, keeper
    from replay import replay as replay_all
    from store import open_store
    from wiring import clinic_of, endpoints_of, teller_of

    pbx = app.pbx(pbx_name)
    endpoints, teller = endpoints_of(pbx), teller_of(app.settings, pbx)
    now_ms = app.now_ms()
    clinic = clinic_of(app.settings)
    store = open_store(app.settings.store_url if into_store else ":memory:")
    try:
        keep = keeper(store, clinic, (lambda at_ms: now_ms) if into_store else as_it_was)
        counted = replay_all(paths, lambda: Tracker(pbx.name, endpoints, teller), keep, _complain)
        if as_json:
            _print_all(store) if not into_store else print_json(_summary(counted))
        elif into_store:
            say(f"{counted.calls} calls in {counted.runs} recordings; {counted.news} of them were new or changed.")
        else:
            _table(app, store)
    finally:
        store.close()


def _complain(sentence: str) -> None:
    click.echo(sentence, err=True)


def _summary(counted: "Counted") -> dict[str, int]:
    return {"recordings": counted.runs, "calls": counted.calls, "new_or_changed": counted.news}


def _print_all(store: "Store") -> None:
    """Print every call as one array, oldest first, a page at a time."""
    import json

    from store.documents import call_documents

    with store.read() as tx:
        click.echo("[", nl=False)
        first, after = True, {"after_ms": None, "after_id": None, "after_pbx": None}
        while rows := tx.all("calls_in_order", **after, limit=_PAGE):
            for document in call_documents(tx, rows):
                text = json.dumps(document, ensure_ascii=False).encode("utf-8", "backslashreplace")
                click.echo((b"\n" if first else b",\n") + text, nl=False)
                first = False
            last = rows[-1]
            after = {"after_ms": last["started_ms"], "after_id": last["id"], "after_pbx": last["pbx"]}
        click.echo("]" if first else "\n]")


def _table(app: App, store: "Store") -> None:
    from commands.calls import HEADINGS, SPARE, table_rows

    with store.read() as tx:
        rows = tx.all("calls_in_order", after_ms=None, after_id=None, after_pbx=None, limit=_PAGE)
        app.print_table(HEADINGS, table_rows(app, tx, rows), "There is no call in these recordings.", SPARE)
        if len(rows) == _PAGE:
            say(f"The first {_PAGE} calls; add --json for all of them.")
