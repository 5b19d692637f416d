"""`callward notify`: try out what is sent, see what became of it, and keep the stop list."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING

import click

from commands.callbacks import as_option
from commands.common import App, json_option, pass_app, print_json, say

if TYPE_CHECKING:
    from store import Row

EMPTY_OUTBOX = "Nothing was sent to a webhook yet, and nothing waits; [[notify.webhook]] in callward.toml names them."

limit_option = click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True,
                            help="How many to show.")
skip_option = click.option("--skip", type=click.IntRange(0), default=0, help="How many to leave out before.")


@click.group()
def notify() -> None:
    """Try out and follow what is sent.

    Example: callward notify test
    """


@notify.command()
@click.option("--number", metavar="NUMBER", help="Text this number, as [text_back] would, instead.")
@pass_app
def test(app: App, number: str | None) -> None:
    """Send a test message to everybody named in the settings, and to every webhook.

    Example: callward notify test --number +48501000501
    """
    tries = _text(app, number) if number is not None else _everybody(app)
    if not tries:
        raise click.ClickException("The settings name nobody to tell; add [notify.mail], [notify.sms] or a webhook.")
    failed = sum(asyncio.run(_try_all(tries)))
    if failed:
        raise click.ClickException(f"{failed} of {len(tries)} could not be reached.")


Try = tuple[str, Callable[[], Awaitable[None]]]


def _everybody(app: App) -> list[Try]:
    from uuid import uuid4

    from notify import Message
    from wiring import people_of, webhooks_of

    now, key = app.now_ms(), f"test:{uuid4().hex}"
    message = Message(key, f"A test from {app.clinic.name}", "Callward can reach you.\n", now)
    body = b'{"delivery": "%b", "event": "test"}' % key.encode()
    tries: list[Try] = [(way.name, partial(way.send, message)) for way in people_of(app.settings).everybody]
    for hook in webhooks_of(app.settings):
        tries.append((f"webhook {hook.name}", partial(hook.post, key, body, now)))
    return tries


def _text(app: App, number: str) -> list[Try]:
    from callbacks.text_words import by_when, compose
    from wiring import gateway_of, texts_of

    gateway, rules, now = gateway_of(app.settings), texts_of(app.settings), app.now_ms()
    if gateway is None:
        raise click.ClickException("There is no gateway; add [notify.sms] to callward.toml.")
    language = rules.languages[0]
    words = {"clinic": rules.clinic, "time": by_when(now + 900_000, now, rules.zone, language), "link": rules.link}
    text, to = compose(rules.templates, language, words), _number(app, number)
    return [("sms", partial(gateway.text, to, text, f"test:{now}"))]


async def _try_all(tries: list[Try]) -> list[bool]:
    return [await _try(name, send) for name, send in tries]


async def _try(name: str, send: Callable[[], Awaitable[None]]) -> bool:
    from notify import NotifyError

    try:
        await send()
    except NotifyError as error:
        say(f"{name}: failed. {error}")
        return True
    say(f"{name}: sent")
    return False


@notify.command()
@click.option("--state", type=click.Choice(["waiting", "sent", "dead"]), help="Only these.")
@limit_option
@skip_option
@json_option
@pass_app
def outbox(app: App, state: str | None, limit: int, skip: int, as_json: bool) -> None:
    """List what was sent to webhooks, the newest first, and what waits or is dead.

    Example: callward notify outbox --state dead
    """
    with app.store() as store, store.read() as tx:
        rows = tx.all("deliveries_list", state=state, limit=limit, skip=skip)
    if as_json:
        print_json([_delivery(row) for row in rows])
        return
    app.print_table(
        ["id", "webhook", "event", "at", "state", "tries", "next try", "error"],
        ([row["id"], row["webhook"], row["event"], app.show_time(row["at_ms"]), row["state"], row["tries"],
          app.show_time(row["next_ms"]) if row["state"] == "waiting" else "", row["error"]] for row in rows),
        EMPTY_OUTBOX if state is None else "Nothing.",
    )  # fmt: skip


def _delivery(row: "Row") -> "Row":
    from store.documents import iso

    return {
        "id": row["id"], "webhook": row["webhook"], "event": row["event"], "ref": row["ref"], "at": iso(row["at_ms"]),
        "state": row["state"], "tries": row["tries"], "error": row["error"], "done_at": iso(row["done_ms"]),
        "next_at": iso(row["next_ms"]) if row["state"] == "waiting" else None,
    }  # fmt: skip


@notify.command()
@click.argument("ids", metavar="[ID]...", nargs=-1)
@click.option("--webhook", metavar="NAME", help="All dead deliveries of this webhook.")
@click.option("--all", "everything", is_flag=True, help="All dead deliveries.")
@pass_app
def replay(app: App, ids: tuple[str, ...], webhook: str | None, everything: bool) -> None:
    """Have dead deliveries tried again, under the ids they had.

    Example: callward notify replay --webhook crm
    """
    if sum((bool(ids), webhook is not None, everything)) != 1:
        raise click.UsageError("Name deliveries by their ids, or --webhook NAME, or --all.")
    now = app.now_ms()
    with app.store() as store, store.write() as tx:
        count = sum(
            tx.run("deliveries_replay", id=one, webhook=webhook, now_ms=now) for one in (ids or (None,))
        )
    if not count:
        raise click.ClickException("No dead delivery is called so; `callward notify outbox --state dead` lists them.")
    say(f"{count} will be tried again by `callward serve`.")


@notify.command()
@limit_option
@skip_option
@json_option
@pass_app
def texts(app: App, limit: int, skip: int, as_json: bool) -> None:
    """List the texts to missed callers, and why others got none.

    Example: callward notify texts --limit 20
    """
    from patients.phones import masked
    from store.documents import iso

    with app.store() as store, store.read() as tx:
        rows = tx.all("text_backs_list", limit=limit, skip=skip)
    if as_json:
        print_json([
            {"pbx": row["pbx"], "call": row["call"], "state": row["state"], "reason": row["reason"],
             "due_at": iso(row["due_ms"]), "done_at": iso(row["done_ms"])} for row in rows
        ])
        return
    app.print_table(
        ["call", "number", "due", "state", "why not"],
        ([row["call"], masked(row["party"]), app.show_time(row["due_ms"]), row["state"], row["reason"]]
         for row in rows),
        "No caller was missed since texts were switched on, or [text_back] is off.",
    )  # fmt: skip


@notify.command()
@click.argument("number")
@as_option
@pass_app
def stop(app: App, number: str, who: str) -> None:
    """Never text this number again: its owner asked for it.

    Example: callward notify stop "+48 501 000 501"
    """
    from patients.phones import masked

    found = _number(app, number)
    with app.store() as store, store.write() as tx:
        tx.run("text_stop_put", number=found, at_ms=app.now_ms(), author=who)
    say(f"{masked(found)} gets no texts any more.")


@notify.command()
@click.argument("number")
@pass_app
def allow(app: App, number: str) -> None:
    """Take a number off the stop list.

    Example: callward notify allow "+48 501 000 501"
    """
    from patients.phones import masked

    found = _number(app, number)
    with app.store() as store, store.write() as tx:
        if not tx.run("text_stop_drop", number=found):
            raise click.ClickException(f"{masked(found)} is not on the stop list.")
    say(f"{masked(found)} may get texts again.")


@notify.command()
@limit_option
@skip_option
@json_option
@pass_app
def alerts(app: App, limit: int, skip: int, as_json: bool) -> None:
    """List the alerts, the newest first, and which of them are over.

    Example: callward notify alerts
    """
    from store.documents import iso

    with app.store() as store, store.read() as tx:
        rows = tx.all("alerts_list", limit=limit, skip=skip)
    if as_json:
        print_json([
            {"id": row["id"], "kind": row["kind"], "subject": row["subject"] or None, "detail": row["detail"],
             "began_at": iso(row["began_ms"]), "ended_at": iso(row["ended_ms"])} for row in rows
        ])
        return
    app.print_table(
        ["kind", "about", "began", "ended", "what"],
        ([row["kind"], row["subject"], app.show_time(row["began_ms"]), app.show_time(row["ended_ms"]), row["detail"]]
         for row in rows),
        "There was no trouble yet; [alerts] in callward.toml says what would be.",
    )


def _number(app: App, text: str) -> str:
    from patients.phones import e164

    found = e164(text, app.clinic.country)
    if found is None:
        raise click.UsageError('This is not a phone number; write it like "+48 501 000 501".')
    return found
