"""`callward numbers test`: somebody rings a tracked number now, and what arrived is told."""

import getpass
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from commands.common import App, json_option, pass_app, plain, print_json, say

if TYPE_CHECKING:
    from store import Row, Store, Tx

_SETTLED = ("talking", "ended")
_PAGE = 500


@dataclass(slots=True)
class Rung:
    """What has rung so far: the call to the number, and calls to others."""

    call: "Row | None" = None
    others: "list[Row] | None" = None


@click.command("test")
@click.argument("number")
@click.option("--wait", default=120, show_default=True, type=click.IntRange(1, 3600), metavar="SECONDS",
              help="How long to wait for the call.")
@click.option("--as", "who", metavar="NAME", default=getpass.getuser, help="Who tests. [default: your login]")
@json_option
@pass_app
def test(app: App, number: str, wait: int, who: str, as_json: bool) -> None:
    """Ring a tracked number now: what arrived is told, and the call is marked as a test.

    Shows the number as the provider sent it, the campaign and where the call went. `callward serve` or
    `callward listen` must be running. Exit status 1 when no such call came.

    Example: callward numbers test +48221234501
    """
    from patients.phones import e164

    did = e164(number, app.clinic.country)
    if did is None:
        raise click.UsageError(f'"{number}" is not a telephone number; write it as +48221234501.')
    with app.store() as store:
        _must_listen(app, store)
        with store.read() as tx:
            since = int(tx.value("feed_last"))
        if not as_json:
            say(f"Ring {did} now, from any phone. Waiting {wait} s; Ctrl-C stops.")
        rung = wait_for(store, did, since, time.monotonic() + wait)
        if rung.call is None:
            _say_nothing(did, wait, rung.others or [], as_json=as_json)
            raise click.exceptions.Exit(1)
        told = _marked(app, store, rung.call, who)
    if as_json:
        print_json(told)
    else:
        _say(told)


def wait_for(store: "Store", did: str, since: int, until_s: float) -> Rung:
    """Follow the feed from a row on until a call to `did` was answered or is over, or the time (monotonic) is."""
    rung, others = Rung(), dict[tuple[str, str], "Row"]()
    watch = store.watch()
    try:
        while True:
            with store.read() as tx:
                since = _look(tx, did, since, rung, others)
            left = until_s - time.monotonic()
            if left <= 0 or (rung.call is not None and rung.call["state"] in _SETTLED):
                rung.others = list(others.values())
                return rung
            watch.wait(min(left, 1.0))
    finally:
        watch.close()


def _look(tx: "Tx", did: str, since: int, rung: Rung, others: "dict[tuple[str, str], Row]") -> int:
    """Read what came since a row of the feed; return the last one read."""
    for fact in tx.all("feed_since", since=since, limit=_PAGE):
        since = fact["id"]
        if not fact["kind"].startswith("call."):
            continue
        pbx, _, call = fact["ref"].partition(":")
        row = tx.one("call_get", pbx=pbx, id=call)
        if row is None or row["direction"] != "inbound" or not fact["live"]:
            continue
        if row["did"] != did:
            others[row["pbx"], row["id"]] = row
        elif rung.call is None or rung.call["id"] == row["id"]:
            rung.call = row
    return since


def _must_listen(app: App, store: "Store") -> None:
    with store.read() as tx:
        holders = [tx.one("lease_get", pbx=pbx.name) for pbx in app.settings.pbx]
    if not any(row is not None and row["until_ms"] > app.now_ms() for row in holders):
        raise click.ClickException("Nobody listens to the exchange, so no call would be seen; start `callward serve`.")


def _marked(app: App, store: "Store", call: "Row", who: str) -> dict[str, Any]:
    """Mark the call as a test, and return what is to be told of it."""
    from callbacks.desk import Desk
    from callbacks.marks import mark_call
    from store.documents import iso
    from tracking.attribute import why
    from tracking.campaigns import titles
    from tracking.numbers import assignment_on
    from wiring import callbacks_of

    with store.write() as tx:
        desk = Desk(tx, callbacks_of(app.settings, live=True), who, app.now_ms())
        mark_call(desk, call, "test", "callward numbers test")
        assignment = assignment_on(tx, call["did"], call["local_day"])
        decided = tx.one("attribution_get", pbx=call["pbx"], call=call["id"])
        return {
            "call": f"{call['pbx']}:{call['id']}", "at": iso(call["started_ms"]), "did": call["did"],
            "did_as_sent": call["did_raw"],
            "campaign": titles(tx).get(decided["campaign"]) if decided and decided["campaign"] else None,
            "rule": decided["rule"] if decided else None, "label": assignment["label"] if assignment else None,
            "assigned": assignment is not None,
            "destination_wanted": assignment["destination"] if assignment else None,
            "destination": call["queue"] or call["extension"] or call["final_agent"] or call["entry"],
            "outcome": call["outcome"], "why": why(tx, call["pbx"], call["id"], app.zone),
        }  # fmt: skip


def _say(told: dict[str, Any]) -> None:
    say(f"A call came to {told['did']} (call {plain(told['call'])}).")
    say(f"  The provider sent    {plain(told['did_as_sent'] or 'nothing that could be read')}")
    label = f' ("{plain(told["label"])}")' if told["label"] else ""
    say(f"  The number is        {'assigned' + label if told['assigned'] else 'assigned to nobody today'}")
    say(f"  Campaign             {plain(told['campaign'] or 'none')}")
    wanted = told["destination_wanted"]
    went = plain(told["destination"] or "nowhere that is known")
    say(f"  It went to           {went}"
        + (f", and should go to {plain(wanted)}" if wanted and wanted != told["destination"] else ""))  # fmt: skip
    for line in told["why"]:
        say(f"  {plain(line)}")
    say("It is marked as a test and is in no figure; `callward calls mark ID none` takes that back.")


def _say_nothing(did: str, wait: int, others: "list[Row]", *, as_json: bool) -> None:
    sent = sorted({str(row["did_raw"] or row["did"] or "no number") for row in others})
    if as_json:
        print_json({"call": None, "did": did, "others_as_sent": sent})
        return
    say(f"No call to {did} came within {wait} s.")
    if sent:
        say("Meanwhile calls came to: " + ", ".join(plain(one) for one in sent[:10])
            + ". If one of them was yours, the provider sends the number so: write it in [[pbx]] prefixes, or assign "
            "that number.")  # fmt: skip
    else:
        say("No other call came either: does the trunk lead to this exchange, and does its number ring?")
