"""The cards of my desk as an area that every page of the console carries."""

from collections.abc import Iterable
from functools import lru_cache
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
from web.parts import Parts
from web.people_names import names_known
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


def _id(ref: str) -> str:
    return "pop-" + ref.replace(":", "-").replace(".", "-")


def area(app: web.Application) -> Area:
    """Return my cards, which nobody else sees."""
    buttons = lru_cache(maxsize=16)(lambda language, known: topic_choices(app, language, known))
    parts, usual = Parts(app, _KEPT), remembered()

    def look(tx: Tx, viewer: Viewer, now: int) -> Painted:
        person, today = viewer.person, local_day(now, app[CLINIC].zone)
        shown, topics = cards(tx, person.desk, person.name, now, app.get(PATIENT_LINK, ""), usual), known_topics(tx)
        around = {"may_note": Right.NOTE in person.rights, "may_edit": Right.EDIT_PATIENTS in person.rights,
                  "topic_choices": buttons(viewer.language, tuple(topics))}
        says = (*around.values(), today, names_known(app))
        around |= {"topics": {topic.id: topic for topic in topics}, "now": now, **shared(app)}

        def part(card: Card) -> Markup:
            return parts.paint("pop_one.html", viewer.language, (repr(card), says), lambda: {**around, "card": card})

        values = {"cards": [(_id(card.ref), part(card)) for card in shown], "desk": person.desk,
                  # Who leads the team seldom sits at a desk, and knows where to choose one.
                  "asks_for_desk": not person.desk and Right.TEAM not in person.rights,
                  "today": today, "unnoted": without_topic(tx, person.desk, today, now)}
        return Painted(values, tuple(dict.fromkeys(who.ref for card in shown for who in card.relatives)))

    return Area("pop", Right.CALLS, "pop_area.html", look, kinds=("call.",),
                alike=lambda viewer: (viewer.person.name, viewer.person.desk, viewer.person.rights),
                desks=concerned, urgent=True, ages=False)
