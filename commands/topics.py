"""`callward topics`: what calls are about."""

import getpass
from typing import Any

import click

from commands.calls import print_topics
from commands.common import App, json_option, pass_app, plain, print_json, say

CATEGORIES = (
    "booked", "moved", "cancelled", "not_booked", "information", "results", "prescription", "complaint",
    "wrong_number", "sales_spam",
)  # fmt: skip
"""As in `callbacks.topics`, which is imported when it is needed; a test holds the two together."""


@click.group()
def topics() -> None:
    """List what calls may be about, and add the clinic's own.

    Example: callward topics list
    """


@topics.command("list")
@click.option("--all", "everything", is_flag=True, help="Also those that are no longer offered.")
@json_option
@pass_app
def list_(app: App, everything: bool, as_json: bool) -> None:
    """List the topics, each with its category.

    Reports go by the category. `callward calls topic` takes the id, or a name in any of the four languages.

    Example: callward topics list --json
    """
    from callbacks.topics import LANGUAGES
    from callbacks.topics import topics as known

    with app.store() as store, store.read() as tx:
        shown = known(tx, retired=everything)
    if as_json:
        print_json([
            {"id": topic.id, "category": topic.category, "names": dict(zip(LANGUAGES, topic.names, strict=True)),
             "own": topic.own, "retired": topic.retired}
            for topic in shown
        ])  # fmt: skip
        return
    print_topics(app, shown)


@topics.command()
@click.argument("name")
@click.option("--category", type=click.Choice(CATEGORIES), required=True, help="What reports count it as.")
@click.option("--as", "author", metavar="NAME", default=getpass.getuser, help="Who adds it. [default: your login]")
@pass_app
def add(app: App, name: str, category: Any, author: str) -> None:
    """Add a topic of the clinic's own, or offer a retired one again.

    Example: callward topics add "Not booked: wants a Saturday" --category not_booked
    """
    from callbacks.topics import add as add_topic

    with app.store() as store, store.write() as tx:
        topic = add_topic(tx, name, category, author, app.now_ms())
    say(f'"{plain(topic.name("en"))}" counts as {topic.category.replace("_", " ")}.')


@topics.command()
@click.argument("topic")
@pass_app
def retire(app: App, topic: str) -> None:
    """Offer one of the clinic's own topics no longer; what was noted with it stays.

    Example: callward topics retire "wants a saturday"
    """
    from callbacks.topics import retire as retire_topic

    with app.store() as store, store.write() as tx:
        gone = retire_topic(tx, topic, app.now_ms())
    say(f'"{plain(gone.name("en"))}" is no longer offered.')
