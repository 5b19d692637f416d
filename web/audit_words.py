"""The audit log in people's words. A row holds short English words; what is none of ours stays as it was noted."""

from collections.abc import Mapping

from web.i18n import gettext, mark

ACTIONS: Mapping[str, str] = {
    "looked": mark("looked at"), "changed": mark("changed"), "added": mark("added"),
    "exported": mark("exported"), "played": mark("listened to"), "signed in": mark("signed in"),
    "signed out": mark("signed out"), "took over": mark("took over"), "refused": mark("refused"),
    "ended": mark("ended"), "disabled": mark("switched off"), "enabled": mark("switched on"),
    "invited": mark("invited"), "assigned": mark("assigned"), "withdrew": mark("withdrew"),
    "retired": mark("took out of use"), "revoked": mark("revoked"), "verified": mark("verified"),
    "marked": mark("marked"), "unmarked": mark("took a mark off"), "merged": mark("merged"), "parted": mark("parted"),
    "rang": mark("rang"), "paused": mark("began a pause"), "resumed": mark("ended a pause"),
    "attributed": mark("corrected"), "took back": mark("took back"),
}  # fmt: skip
THINGS: Mapping[str, str] = {
    "patient": mark("patient"), "call": mark("call"), "callback": mark("callback"), "user": mark("user"),
    "figures": mark("figures"), "calls": mark("calls"), "campaign": mark("campaign"), "cost": mark("cost"),
    "number": mark("number"), "assignment": mark("assignment of a number"), "hours": mark("hours"),
    "topic": mark("topic"), "token": mark("token"), "calendar": mark("calendar link"), "session": mark("session"),
    "desk": mark("desk"), "pbx": mark("exchange"), "audit": mark("audit log"), "recording": mark("recording"),
    "voicemail": mark("voice message"),
}  # fmt: skip
DETAILS: Mapping[str, str] = {
    "password": mark("password"), "pin": mark("code"), "code": mark("code"), "no code": mark("no code"),
    "app": mark("app"), "no app": mark("no app"), "link": mark("link"), "sessions": mark("sessions"),
    "take-over": mark("take-over"), "downloaded": mark("downloaded"), "campaign": mark("campaign"),
    "closed": mark("closed"), "as the settings say": mark("as the settings say"),
    "heard of us": mark("how they heard of us"), "number marked as spam": mark("number marked as spam"),
    "spam mark taken off": mark("spam mark taken off"), "claim": mark("claimed"), "release": mark("released"),
    "comment": mark("comment"), "close": mark("closed by hand"), "snooze": mark("put off"),
    "confirm": mark("confirmed"), "reopen": mark("opened again"), "today": mark("today"),
    "from the clinic's system": mark("from the clinic's system"),
}  # fmt: skip
"""Details that are words; others are ids, days, names of roles and of fields."""


def action_text(action: str) -> str:
    """Say what was done."""
    return _said(ACTIONS, action)


def thing_text(kind: str) -> str:
    """Say to what it was done."""
    return _said(THINGS, kind)


def detail_text(detail: str) -> str:
    """Say what a reader needs besides."""
    return _said(DETAILS, detail)


def _said(known: Mapping[str, str], word: str) -> str:
    return gettext(known[word]) if word in known else word
