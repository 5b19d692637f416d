"""Why something is refused, or was decided so, in the language of the person who reads it."""

from collections.abc import Mapping

from refusals import Refusal, Words
from web.i18n import gettext, mark

PAGES: Mapping[str, str] = {
    'Campaign: %(campaign)s, by rule "%(rule)s".': mark("Campaign: %(campaign)s."),
    'Campaign: none, by rule "%(rule)s".': mark("Campaign: none."),
    'Otherwise rule "%(rule)s" (%(meaning)s) would have said %(said)s.':
        mark("Otherwise it would have been %(said)s: %(meaning)s."),
    "No decision is stored for this call; run `callward replay` with its journal to make one.":
        mark("Nothing was decided about this call yet."),
    "There is no callback %(callback)s; `callward callbacks list --all` shows those there are.":
        mark("There is no such callback any more."),
    "Callback %(callback)s is closed (%(why)s); `callward callbacks list` shows the open ones.":
        mark("This callback is closed already."),
    "Callback %(callback)s is open; it needs no opening.": mark("This callback is open already."),
    "The caller of callback %(callback)s has a newer open one, %(other)s; work on that.":
        mark("This caller has a newer open callback; work on that."),
    "%(who)s has callback %(callback)s already; take another one, or ask them to release it.":
        mark("%(who)s has this callback already; take another one, or ask them to release it."),
    "%(who)s has not claimed callback %(callback)s; there is nothing to release or hand over.":
        mark("You have not claimed this callback any more."),
    "Callback %(callback)s was not closed by a talk of ours; there is nothing to confirm.":
        mark("Somebody confirmed this callback already; there is nothing left to say."),
    "Callback %(callback)s cannot sleep until a time that is past; name a later one.": mark("Choose a later time."),
    "This %(what)s is not marked; `callward numbers marked` lists the numbers that are.":
        mark("This number is not marked any more."),
    'There is no topic "%(topic)s"; `callward topics list` shows those there are.':
        mark("There is no topic “%(topic)s” any more; choose another one."),
    'There is no topic "%(topic)s"; did you mean %(near)s?':
        mark("There is no topic “%(topic)s” any more; choose another one."),
    "There is no campaign %(campaign)s; `callward campaigns list` shows them.":
        mark("There is no such campaign; choose one of the list."),
    'There is no campaign "%(name)s"; `callward campaigns list` shows them.':
        mark("There is no such campaign; choose one of the list."),
    "There is no assignment %(assignment)s; `callward numbers list --history` shows them.":
        mark("This number is not assigned so any more; load the page again."),
    '"%(amount)s" is not an amount; write it as 1234.50': mark("“%(amount)s” is not an amount; write it as 1234.50."),
    '"%(amount)s" is finer than %(currency)s is counted; round it to %(places)s places':
        mark("“%(amount)s” has more decimals than %(currency)s; round it to %(places)s."),
    'There is no user "%(name)s"; `callward users list` shows those there are.':
        mark("There is no user “%(name)s” any more."),
    'There is no token "%(name)s"; `callward tokens list` shows those there are.':
        mark("There is no token “%(name)s” any more."),
    "Give at least one role of %(roles)s.": mark("Give at least one role."),
    "A token without scopes can do nothing; give at least one of %(known)s.":
        mark("A token without scopes can do nothing; tick at least one."),
    'PDF needs WeasyPrint and Pango; `pip install "callward[pdf]"` (Debian: also apt install libpango-1.0-0 '
    "libpangoft2-1.0-0), or choose --format html and print it.":
        mark("This machine cannot make PDF; take the report as HTML and print it, or ask the admin to add PDF."),
}  # fmt: skip
"""What is said otherwise on a page than by the command line: no commands, no ids. All the rest is said as it is."""


def said(error: Exception, people: Mapping[str, str] | None = None) -> str:
    """Say in the person's language why something is refused; what is no `Refusal` tells its own text.

    `people` are the names of logins, for a sentence that says who.
    """
    if not isinstance(error, Refusal):
        return str(error)
    who = error.fields.get("who")
    named = {"who": people.get(who, who)} if people is not None and isinstance(who, str) else {}
    return told(error.text, {**error.fields, **named})


def told(text: str, fields: Mapping[str, object]) -> str:
    """Say a sentence with fields in the person's language; a small first letter of ours becomes a capital."""
    sentence = gettext(PAGES.get(text, text)) if text else ""
    if fields:
        sentence %= {name: _part(value) for name, value in fields.items()}
    return sentence[:1].upper() + sentence[1:] if text[:1].islower() else sentence


def _part(value: object) -> str:
    """Say a field: words in the person's language, everything else as it is."""
    if not isinstance(value, Words):
        return str(value)
    sentence = gettext(value.text)
    return sentence % {name: _part(part) for name, part in value.fields.items()} if value.fields else sentence
