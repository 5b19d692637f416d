"""`callward calls`: look at calls, and note what they were about."""

import getpass
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from commands import call_campaign, calls_export
from commands.call_campaign import find_call
from commands.common import App, json_option, pass_app, print_json, say

if TYPE_CHECKING:
    from callbacks.topics import Topic
    from store import Row, Tx

HEADINGS = ("Start", "Direction", "Number", "DID", "Campaign", "Who", "Outcome", "Waited", "Talked", "Id")
SPARE = ("DID", "Waited", "Who", "Campaign", "Talked", "Direction")
"""Which of them a narrow terminal does without, the first one first."""

OUTCOMES = {
    "answered": "answered",
    "voicemail": "left a message",
    "abandoned": "hung up after waiting {wait}",
    "no_answer": "nobody picked up",
    "busy": "busy",
    "failed": "could not be put through",
    "left_menu": "hung up in the menu",
    "cancelled": "given up by us",
    "agent_missed": "our phone was not picked up",
    "unknown": "end not seen",
}
"""Outcomes in people's words."""

EMPTY = (
    "There is no such call. `callward listen` writes calls down as they happen; `callward replay --into-store` reads "
    "recorded ones."
)
ALL_NOTED = "Every answered call has a topic."


@click.group()
def calls() -> None:
    """Look at calls, and note what they were about.

    Example: callward calls list --from today
    """


for more in (call_campaign.why, call_campaign.attribute, call_campaign.mark, calls_export.export):
    calls.add_command(more)


@calls.command("list")
@click.option("--from", "start", metavar="TIME", help="Calls from this day or time on.")
@click.option("--to", "end", metavar="TIME", help="Calls up to the end of this day, or before this time.")
@click.option("--direction", type=click.Choice(("inbound", "outbound", "internal")), help="Only this way.")
@click.option("--outcome", type=click.Choice(tuple(OUTCOMES)), help="Only calls that came out so.")
@click.option("--number", metavar="NUMBER", help="Only calls from or to this number.")
@click.option("--quality", type=click.Choice(("first-time", "new-patient", "target", "unique-target")),
              help="Only these, as [tracking] has them; needs --from.")
@click.option("--without-topic", is_flag=True, help="Only answered calls that nobody noted a topic for.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 100_000), help="Calls of one page.")
@click.option("--before", metavar="ID", help="The next page: calls older than this one.")
@json_option
@pass_app
def list_(
    app: App, start: str | None, end: str | None, direction: str | None, outcome: str | None, number: str | None,
    quality: Any, without_topic: bool, limit: int, before: str | None, as_json: bool,
) -> None:  # fmt: skip
    """List calls, newest first.

    Example: callward calls list --from 2026-11-01 --outcome abandoned --json
    """
    from store.documents import call_documents

    filters: dict[str, Any] = {
        "from_ms": app.moment_ms(start) if start else None,
        "to_ms": app.moment_ms(end, end=True) if end else None,
        "direction": direction,
        "outcome": outcome,
        "number": _number(app, number),
    }
    if start and end:
        app.period_ms(start, end)
    with app.store() as store, store.read() as tx:
        place = find_call(tx, before) if before else None
        query = "calls_without_topic" if without_topic else "calls_list"
        rows = _of_quality(app, tx, quality, filters, place)[:limit] if quality else tx.all(
            query, **filters, limit=limit, before_ms=place["started_ms"] if place else None,
            before_id=place["id"] if place else None, before_pbx=place["pbx"] if place else None,
        )
        if as_json:
            print_json(call_documents(tx, rows))
            return
        app.print_table(HEADINGS, table_rows(app, tx, rows), ALL_NOTED if without_topic else EMPTY, SPARE)
        if len(rows) == limit:
            say(f"Older ones: add --before {rows[-1]['id']}")


def _of_quality(app: App, tx: "Tx", quality: Any, filters: dict[str, Any], place: "Row | None") -> "list[Row]":
    """Return the calls of a quality, newest first, from those older than `place` on."""
    from tracking.qualified import calls_of_quality
    from wiring import qualities_of

    if filters["from_ms"] is None:
        raise click.UsageError("Say from when on with --from, such as --from 2026-11-01.")
    period = (filters["from_ms"], filters["to_ms"] or app.now_ms())
    found = [row for row in calls_of_quality(tx, quality, period, qualities_of(app.settings), app.zone)
             if all(filters[name] in (None, row[column]) for name, column in
                    (("direction", "direction"), ("outcome", "outcome"), ("number", "party")))]
    found.sort(key=lambda row: (row["started_ms"], row["id"], row["pbx"]), reverse=True)
    last = None if place is None else (place["started_ms"], place["id"], place["pbx"])
    return [row for row in found if last is None or (row["started_ms"], row["id"], row["pbx"]) < last]


@calls.command()
@click.argument("call_id", metavar="ID")
@json_option
@pass_app
def show(app: App, call_id: str, as_json: bool) -> None:
    """Show one call, leg by leg.

    Example: callward calls show 1795309246.157
    """
    from store.documents import call_documents, iso

    with app.store() as store, store.read() as tx:
        row = find_call(tx, call_id)
        key = {"pbx": row["pbx"], "call": row["id"]}
        parts = {part: tx.all(part, **key) for part in ("legs", "talks", "waits")}
        notes = {"topics": tx.all("call_topics", **key), "comments": tx.all("call_comments", **key)}
        [document] = call_documents(tx, [row])
        if as_json:
            print_json({**document, **{name: [_plain_times(item, iso) for item in items]
                                       for name, items in (parts | notes).items()}})
            return
        _print_story(app, row, document, parts, notes)


def _plain_times(item: "Row", iso: Any) -> dict[str, Any]:
    """Return a part of a call with ISO times, without the call's own key."""
    out: dict[str, Any] = {}
    for name, value in item.items():
        if name in ("pbx", "call"):
            continue
        moment = name in ("started_ms", "answered_ms", "ended_ms", "at_ms")
        out[name.removesuffix("_ms") + "_at" if moment and name != "at_ms" else "at" if moment else name] = (
            iso(value) if moment else value
        )
    return out


def _print_story(
    app: App, row: "Row", document: dict[str, Any], parts: "dict[str, list[Row]]", notes: "dict[str, list[Row]]"
) -> None:
    say(f"{document['direction']} call {document['id']}, {app.show_time(row['started_ms'], '%Y-%m-%d %H:%M:%S')}: "
        f"{outcome_words(row)}")
    facts = {
        "number": _who_rang(row),
        "patients": ", ".join(document["patients"]) or "not known",
        "DID": row["did"] or row["did_raw"],
        "campaign": _campaign_words(document["campaign"]),
        "queue": row["queue"],
        "rang": ", ".join(document["rang"]),
        "waited": _clock(row["wait_ms"]),
        "answered by": row["answered_by"],
        "talked": _clock(row["talk_ms"]) if row["answered_ms"] else None,
        "transfers": ", ".join(f"{one['type']} from {one['from']} to {one['to']}" for one in document["transfers"]),
        "hung up by": row["hung_up_by"],
        "recording": row["recording"],
        "voicemail": row["voicemail"],
    }
    for name, value in facts.items():
        if value:
            say(f"  {name:12} {_one_line(value)}")
    begun = row["started_ms"]
    events: list[tuple[int, str]] = [(leg["started_ms"], f"leg of {leg['role']} {leg['number'] or leg['channel']}")
                                     for leg in parts["legs"]]
    events += [(wait["started_ms"], f"waits in {wait['queue']}") for wait in parts["waits"]]
    events += [(wait["ended_ms"], f"leaves {wait['queue']}: {wait['departed']}")
               for wait in parts["waits"] if wait["ended_ms"]]
    events += [(talk["started_ms"], f"talks with {talk['who']}") for talk in parts["talks"]]
    events += [(talk["ended_ms"], f"talk with {talk['who']} ends") for talk in parts["talks"] if talk["ended_ms"]]
    ended = row["ended_ms"]
    if ended:
        # The switch may say later what ended with the call.
        events = [(min(at_ms, ended), text) for at_ms, text in events] + [(ended, "the call is over")]
    for at_ms, text in sorted(events, key=lambda event: event[0]):
        say(f"  {(at_ms - begun) / 1000:8.1f} s  {_one_line(text)}")
    for note in notes["topics"]:
        say(f"  topic: {_one_line(note['topic'])} ({note['author']}, {app.show_time(note['at_ms'])})")
    for note in notes["comments"]:
        say(f"  {note['author']}, {app.show_time(note['at_ms'])}: {_one_line(note['body'])}")


@calls.command()
@click.argument("call_id", metavar="ID")
@click.argument("topic", metavar="TOPIC", required=False)
@click.option("--patient", metavar="REF", help="The patient it was about, when several share the number.")
@click.option("--as", "author", metavar="NAME", default=getpass.getuser, help="Who says so. [default: your login]")
@pass_app
def topic(app: App, call_id: str, topic: str | None, patient: str | None, author: str) -> None:
    """Say what a call was about, and its result.

    TOPIC is an id of `callward topics list`, or a name in any of the four languages; without one the list is shown.
    A topic of the category booked closes the caller's callback.

    Example: callward calls topic 1795309246.157 booked --as Anna
    """
    from callbacks import topics
    from callbacks.queue import on_booked
    from wiring import callbacks_of

    now_ms = app.now_ms()
    with app.store() as store, store.write() as tx:
        row = find_call(tx, call_id)
        if topic is None:
            print_topics(app, topics.topics(tx))
            return
        chosen = topics.find(topics.topics(tx), topic)
        if patient is not None and tx.one("patient_get", ref=patient) is None:
            raise click.UsageError(f'There is no patient "{patient}"; `callward patients find` lists them.')
        topics.note(tx, row, chosen, (author, patient), now_ms)
        closed = []
        if chosen.category == "booked" and row["party"]:
            closed = on_booked(tx, callbacks_of(app.settings, live=True), row["party"], (row["pbx"], row["id"]), now_ms)
        _tell(tx, "call.topic", row, now_ms)
    said = f"{row['id']}: {chosen.name(app.clinic.languages[0])}."
    say(_one_line(said) + "".join(f" Callback {callback} is closed: booked." for callback in closed))
    if chosen.category == "sales_spam" and row["party"]:
        say(f'So that nobody is asked to ring them back: callward numbers mark {row["party"]} spam --reason "..."')


def print_topics(app: App, shown: "Sequence[Topic]") -> None:
    """Print topics as a table, named in the clinic's first language."""
    language = app.clinic.languages[0]
    app.print_table(("Id", "Topic", "Category", ""), [
        (topic.id, topic.name(language), topic.category.replace("_", " "),
         "no longer offered" if topic.retired else "the clinic's own" if topic.own else "")
        for topic in shown
    ])


@calls.command()
@click.argument("call_id", metavar="ID")
@click.argument("text", metavar="TEXT")
@click.option("--as", "author", metavar="NAME", default=getpass.getuser, help="Who writes. [default: your login]")
@pass_app
def comment(app: App, call_id: str, text: str, author: str) -> None:
    """Add a comment to a call.

    Example: callward calls comment 1795309246.157 "Asks for Dr Maj, only mornings" --as Anna
    """
    if not text.strip():
        raise click.UsageError("The comment is empty; write it in quotes.")
    now_ms = app.now_ms()
    with app.store() as store, store.write() as tx:
        row = find_call(tx, call_id)
        tx.run("call_comment_put", id=tx.next_id("call_comment"), pbx=row["pbx"], call=row["id"], body=text.strip(),
               author=author, at_ms=now_ms)
        _tell(tx, "call.comment", row, now_ms)
    say(f"{row['id']}: noted.")


def _tell(tx: "Tx", kind: str, row: "Row", now_ms: int) -> None:
    tx.run("feed_append", id=tx.next_id("feed"), at_ms=now_ms, kind=kind, ref=f"{row['pbx']}:{row['id']}", live=1)


def _number(app: App, text: str | None) -> str | None:
    if text is None:
        return None
    from patients.phones import e164

    number = e164(text, app.clinic.country)
    if number is None:
        raise click.UsageError(f'"{text}" is not a telephone number; write it as +48501000206.')
    return number


def table_rows(app: App, tx: "Tx", rows: "Sequence[Row]") -> Iterator[Sequence[object]]:
    """Yield the cells of HEADINGS for rows of table `call`."""
    from store.documents import call_documents

    for row, document in zip(rows, call_documents(tx, rows), strict=True):
        yield (
            app.show_time(row["started_ms"], "%Y-%m-%d %H:%M:%S"),
            row["direction"] if row["kind"] in ("patient", "internal") else row["kind"],
            _who_rang(row),
            row["did"] or row["did_raw"] or "",
            _campaign_words(document["campaign"]),
            row["extension"] or row["final_agent"] or row["answered_by"] or "",
            outcome_words(row),
            _clock(row["wait_ms"]),
            _clock(row["talk_ms"]) if row["answered_ms"] else "",
            document["id"],
        )


def _who_rang(row: "Row") -> str:
    if row["direction"] == "inbound":
        return "withheld" if row["withheld"] else str(row["caller_number"] or row["caller_raw"] or "not known")
    return str(row["destination"] or row["destination_raw"] or "")


def outcome_words(row: "Row") -> str:
    """Return the outcome in people's words; what goes on now for a call that is not over."""
    if row["outcome"] is None:
        return f"{row['state']} now"
    if row["lost_after_answer"]:
        return "answered, then lost"
    return OUTCOMES[row["outcome"]].format(wait=_clock(row["wait_ms"]))


def _campaign_words(campaign: dict[str, str] | None) -> str:
    if campaign is None:
        return ""
    return " / ".join(part for part in (campaign["source"], campaign["name"]) if part)


def _clock(ms: int) -> str:
    seconds = round(ms / 1000)
    return f"{seconds // 60}:{seconds % 60:02d}"


def _one_line(text: object) -> str:
    from commands.common import plain

    return plain(text)
