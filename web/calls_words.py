"""Calls in people's words, in the language of the request."""

import re
from collections.abc import Callable
from typing import TypeVar

from callbacks import rules
from callbacks.desk import WRONG_PERSON
from callbacks.topics import Topic
from patients.phones import display
from refusals import Words
from store import Row, Tx
from web.formats import date_text, duration_text
from web.i18n import gettext, language, mark, speaking
from web.refusals import told

T = TypeVar("T")

OUTCOMES = {
    "answered": mark("answered"),
    "voicemail": mark("left a message"),
    "abandoned": mark("hung up after waiting %(wait)s"),
    "no_answer": mark("nobody picked up"),
    "busy": mark("busy"),
    "failed": mark("could not be put through"),
    "left_menu": mark("hung up in the menu"),
    "cancelled": mark("given up by us"),
    "agent_missed": mark("our phone was not picked up"),
    "unknown": mark("end not seen"),
}
FILTERED = {
    "missed": mark("missed"),
    "answered": mark("answered"),
    "voicemail": mark("left a message"),
    "abandoned": mark("hung up while waiting"),
    "no_answer": mark("nobody picked up"),
    "busy": mark("busy"),
    "failed": mark("could not be put through"),
    "left_menu": mark("hung up in the menu"),
    "cancelled": mark("given up by us"),
    "agent_missed": mark("our phone was not picked up"),
    "unknown": mark("end not seen"),
}
"""What the call log can be filtered by; `missed` is the umbrella."""
STATES = {
    "ringing": mark("ringing"), "waiting": mark("waiting"), "menu": mark("in the menu"), "talking": mark("talking"),
    "held": mark("on hold"), "parked": mark("parked"),
}  # fmt: skip
DIRECTIONS = {"inbound": mark("in"), "outbound": mark("out"), "internal": mark("internal")}
KINDS = {
    "internal": mark("internal"), "consultation": mark("consultation"), "feature": mark("feature code"),
    "spy": mark("listening in"), "conference": mark("conference"),
}  # fmt: skip
EXCLUDED = {"staff": mark("staff"), "spam": mark("spam"), "test": mark("test")}
"""Why a call is in no figure."""
CATEGORIES = {
    "booked": mark("Booked"), "moved": mark("Moved"), "cancelled": mark("Cancelled"), "not_booked": mark("Not booked"),
    "information": mark("Information"), "results": mark("Results"), "prescription": mark("Prescription"),
    "complaint": mark("Complaint"), "wrong_number": mark("Wrong number"), "sales_spam": mark("Sales or spam"),
}  # fmt: skip
CLOSED = {
    "reached": mark("reached"), "returned": mark("they rang again"), "booked": mark("booked"),
    "manual": mark("closed by hand"), "expired": mark("expired"),
}  # fmt: skip
STAGES = {
    "ringing": mark("Rings at your phone"), "dialling": mark("You are ringing"), "talking": mark("On the line"),
    "after": mark("What was it about?"),
}  # fmt: skip
DOING = {
    "talking": mark("talking"), "held": mark("on hold"), "ringing": mark("ringing"), "dialling": mark("dialling"),
    "noting": mark("after the call"), "free": mark("free"),
}  # fmt: skip


REASONS = {
    rules.CORRECTED: mark("its missed call was corrected"), rules.ATTEMPTS_MADE: mark("all attempts made"),
    rules.LOST_AFTER_ANSWER: mark("lost after the answer"), rules.CHECK: mark("nobody saw how the call ended"),
    WRONG_PERSON: mark("wrong person"), "an appointment was made": mark("an appointment was made"),
}  # fmt: skip
_DAYS = ("day", "first", "last")
_BOOKED = re.compile("appointment (.+) was made")


def outcome_text(row: Row) -> str:
    """Say how a call came out, or what it does now."""
    if row["outcome"] is None:
        return word(STATES, str(row["state"]))
    if row["lost_after_answer"]:
        return gettext("answered, then lost")
    return gettext(OUTCOMES[row["outcome"]]) % {"wait": duration_text(row["wait_ms"])}


def word(table: dict[str, str], key: str) -> str:
    """Translate a word of one of the tables above; one that is not there stays as it is."""
    return gettext(table[key]) if key in table else key


def reason_text(reason: str) -> str:
    """Say why a callback was closed: what people wrote as they wrote it, what the rules say in words."""
    booked = _BOOKED.fullmatch(reason)
    return gettext("appointment %(ref)s was made") % {"ref": booked[1]} if booked else word(REASONS, reason)


def topic_text(known: dict[str, Topic], topic: str | None) -> str:
    """Return the name of a topic; one that is not known any more stays as it was noted."""
    if topic is None:
        return ""
    return known[topic].name(language()) if topic in known else topic


def phone_text(number: str | None, region: str) -> str:
    """Write a number as people of the clinic's country do; what is no whole number stays as it came."""
    return display(number, region) if number else ""


def spoken(change: Callable[[Tx], T]) -> Callable[[Tx], T]:
    """Return a change that speaks the language of this request in the writer's thread, too."""
    name = language()

    def run(tx: Tx) -> T:
        with speaking(name):
            return change(tx)

    return run


def decided_text(sentence: Words, region: str, people: dict[str, str]) -> str:
    """Say a sentence of why a call belongs to a campaign; days, numbers and names as the reader writes them."""

    def readable(name: str, value: object) -> object:
        if name in _DAYS and value:
            return date_text(str(value))
        if name == "did" and value:
            return phone_text(str(value), region)
        return people.get(str(value), value) if name == "who" else value

    return told(sentence.text, {name: readable(name, value) for name, value in sentence.fields.items()})
