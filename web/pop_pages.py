"""The cards of my desk as an area that every page of the console carries."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from aiohttp import web
from markupsafe import Markup

from callbacks.topics import Topic
from store import Tx
from tracking.moments import local_day
from web import calls_words as words
from web.areas import Area, Painted, Viewer
from web.calls_dial import DIALLER
from web.context import CLINIC
from web.pages import fragment
from web.pop import cards, choices, concerned, known_topics, without_topic
from web.pop_facts import HEARD, WHYS, answers
from web.rights import Right

PATIENT_LINK = web.AppKey("patient_link", str)
"""`https://…/{ref}`: a patient in the clinic's own system; "" without one."""
OWN_HEARD = web.AppKey("own_heard", tuple[str, ...])
"""The clinic's own answers to *How did you hear of us?*; none means the shipped ones."""


def shared(app: web.Application) -> dict[str, Any]:
    """Return what every card's template needs beside the card."""
    return {"heard": answers(app.get(OWN_HEARD, ())), "heard_words": HEARD, "whys": WHYS, "words": words}


def topic_choices(app: web.Application, language: str, known: Iterable[Topic]) -> Markup:
    """Return the buttons of the topics that are offered, which are the same on every card."""
    values = {"choices": choices(tuple(known)), "words": words}
    return Markup(fragment(app, "pop_choices.html", language, values))  # noqa: S704 - the template has escaped it


def area(app: web.Application) -> Area:
    """Return my cards, which nobody else sees."""
    buttons = lru_cache(maxsize=16)(lambda language, known: topic_choices(app, language, known))

    def look(tx: Tx, viewer: Viewer, now: int) -> Painted:
        person = viewer.person
        shown = cards(tx, person.desk, person.name, now, app.get(PATIENT_LINK, ""))
        topics = known_topics(tx)
        values = {
            "cards": shown, "topic_choices": buttons(viewer.language, tuple(topics)),
            "topics": {topic.id: topic for topic in topics},
            "desk": person.desk, "dials": DIALLER in app, "may_note": Right.NOTE in person.rights,
            "may_edit": Right.EDIT_PATIENTS in person.rights, "today": (today := local_day(now, app[CLINIC].zone)),
            "unnoted": without_topic(tx, person.desk, today, now), **shared(app),
        }  # fmt: skip
        return Painted(values, tuple(dict.fromkeys(who.ref for card in shown for who in card.relatives)))

    return Area("pop", Right.CALLS, "pop_area.html", look, kinds=("call.",),
                alike=lambda viewer: (viewer.person.name, viewer.person.desk, viewer.person.rights),
                desks=concerned, urgent=True, ages=False)
