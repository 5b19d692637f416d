"""The cards of my desk as an area that every page of the console carries."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any

from aiohttp import web
from markupsafe import Markup

from callbacks.proposals import remembered
from callbacks.topics import Topic
from store import Tx
from tracking.moments import local_day
from web import calls_words as words
from web.areas import Area, Painted, Viewer
from web.context import CLINIC
from web.pages import fragment
from web.pop import Card, cards, choices, concerned, known_topics, without_topic
from web.pop_facts import HEARD, WHYS, answers
from web.rights import Right

PATIENT_LINK = web.AppKey("patient_link", str)
"""`https://…/{ref}`: a patient in the clinic's own system; "" without one."""
OWN_HEARD = web.AppKey("own_heard", tuple[str, ...])
"""The clinic's own answers to *How did you hear of us?*; none means the shipped ones."""
_KEPT = 1024
"""So many painted cards are kept, about 20 kB each."""


def shared(app: web.Application) -> dict[str, Any]:
    """Return what every card's template needs beside the card."""
    return {"heard": answers(app.get(OWN_HEARD, ())), "heard_words": HEARD, "whys": WHYS, "words": words}


def topic_choices(app: web.Application, language: str, known: Iterable[Topic]) -> Markup:
    """Return the buttons of the topics that are offered, which are the same on every card."""
    values = {"choices": choices(tuple(known)), "words": words}
    return Markup(fragment(app, "pop_choices.html", language, values))  # noqa: S704 - the template has escaped it


@dataclass(frozen=True, slots=True)
class _Around:
    """What a card's HTML depends on beside the card."""

    language: str
    topic_choices: Markup
    may_note: bool
    may_edit: bool
    today: str


@dataclass(frozen=True, slots=True)
class _Shown:
    """A card to be painted; one that is the same in all that it says is not painted again, but for its clock."""

    text: str
    around: _Around
    card: Card = field(compare=False)
    now: int = field(compare=False)
    topics: Sequence[Topic] = field(compare=False)
    """Those that are offered: `around` has them in words."""


def _painted(app: web.Application, shown: _Shown) -> Markup:
    around = shown.around
    values = {
        "card": shown.card, "now": shown.now, "topics": {topic.id: topic for topic in shown.topics},
        "topic_choices": around.topic_choices, "may_note": around.may_note, "may_edit": around.may_edit, **shared(app),
    }  # fmt: skip
    return Markup(fragment(app, "pop_one.html", around.language, values))  # noqa: S704 - the template has escaped it


def _id(ref: str) -> str:
    return "pop-" + ref.replace(":", "-").replace(".", "-")


def area(app: web.Application) -> Area:
    """Return my cards, which nobody else sees."""
    buttons = lru_cache(maxsize=16)(lambda language, known: topic_choices(app, language, known))
    painted, usual = lru_cache(maxsize=_KEPT)(partial(_painted, app)), remembered()

    def look(tx: Tx, viewer: Viewer, now: int) -> Painted:
        person = viewer.person
        shown = cards(tx, person.desk, person.name, now, app.get(PATIENT_LINK, ""), usual)
        topics, today = known_topics(tx), local_day(now, app[CLINIC].zone)
        around = _Around(viewer.language, buttons(viewer.language, tuple(topics)), Right.NOTE in person.rights,
                         Right.EDIT_PATIENTS in person.rights, today)
        values = {
            "cards": [(_id(card.ref), painted(_Shown(repr(card), around, card, now, topics))) for card in shown],
            "desk": person.desk, "today": today, "unnoted": without_topic(tx, person.desk, today, now),
        }
        return Painted(values, tuple(dict.fromkeys(who.ref for card in shown for who in card.relatives)))

    return Area("pop", Right.CALLS, "pop_area.html", look, kinds=("call.",),
                alike=lambda viewer: (viewer.person.name, viewer.person.desk, viewer.person.rights),
                desks=concerned, urgent=True, ages=False)
