"""The tracked numbers as the dialplan sees them, and the vetting of every value that goes into a line.

A dialplan line is code: a comma ends an argument, `${...}` is evaluated, `;` begins a comment, a line feed begins
another line. So nothing is escaped here. A value is made of the few harmless characters listed below or it is
refused, and a campaign is written as its id, never as its name.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_CONTEXT = re.compile(r"[A-Za-z0-9_-]{1,79}")
_QUEUE = re.compile(r"[A-Za-z0-9_-]{1,79}")
_EXTENSION = re.compile(r"[A-Za-z0-9*#+-][A-Za-z0-9_*#+-]{0,39}")
_PRIORITY = re.compile(r"[1-9][0-9]{0,3}|[A-Za-z][A-Za-z0-9_-]{0,39}")


class DialplanError(ValueError):
    """Something cannot be put into a dialplan. The text is one sentence: what, where, the way out."""


@dataclass(frozen=True, slots=True)
class TrackedNumber:
    """A number assigned to a campaign, and where its calls go.

    `did` is E.164. `label` is for people only: letters and digits of it reach a comment. `campaign` is the campaign's
    id. `destination` is "queue:NAME", "ext:NUMBER" or "context:NAME,EXTENSION,PRIORITY"; None leaves the call to the
    clinic's own dialplan.
    """

    did: str
    label: str = ""
    campaign: int | None = None
    destination: str | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """A vetted destination: a queue's name, or a place in the dialplan as (context, extension, priority)."""

    queue: str | None = None
    place: tuple[str, str, str] | None = None


def context_name(name: str, what: str) -> str:
    """Return `name` if it can be a context's name.

    Raises:
        DialplanError: it cannot; `what` says where it came from.
    """
    if not _CONTEXT.fullmatch(name):
        raise DialplanError(f"{what}: {name!r} cannot name a context; use letters, digits, - and _.")
    return name


def vetted(number: TrackedNumber) -> TrackedNumber:
    """Return `number` if its DID and campaign can stand in a dialplan.

    Raises:
        DialplanError: naming the number.
    """
    if not _E164.fullmatch(number.did):
        raise DialplanError(f"{number.did!r} is not a number in E.164; write it like +48221234501.")
    if number.campaign is not None and (type(number.campaign) is not int or number.campaign < 0):
        raise DialplanError(f"{number.did}: {number.campaign!r} is not the id of a campaign; import the numbers again.")
    return number


def target(number: TrackedNumber, internal_context: str) -> Target | None:
    """Return where the number's calls go; None when the clinic's own dialplan decides.

    Raises:
        DialplanError: naming the number.
    """
    if number.destination is None:
        return None
    kind, _, rest = number.destination.partition(":")
    if kind == "queue" and _QUEUE.fullmatch(rest):
        return Target(queue=rest)
    if kind == "ext" and _EXTENSION.fullmatch(rest):
        return Target(place=(internal_context, rest, "1"))
    place = rest.split(",")
    rules = (_CONTEXT, _EXTENSION, _PRIORITY)
    if kind == "context" and len(place) == 3 and all(map(re.Pattern[str].fullmatch, rules, place)):
        return Target(place=(place[0], place[1], place[2]))
    raise DialplanError(
        f"{number.did}: {number.destination!r} is not a destination; "
        "write queue:NAME, ext:NUMBER or context:NAME,EXTENSION,PRIORITY with letters, digits, - and _."
    )


def forms(did: str) -> tuple[str, ...]:
    """Return how a provider may send a number, besides E.164: 48221234501, 0048221234501, 221234501, 0221234501.

    The national forms need a known country code; a number without one has none.
    """
    import phonenumbers

    digits = did.removeprefix("+")
    found = [digits, "00" + digits]
    try:
        parsed = phonenumbers.parse(did)
    except phonenumbers.NumberParseException:
        return tuple(found)
    national = phonenumbers.national_significant_number(parsed)
    region = phonenumbers.region_code_for_country_code(parsed.country_code or 0)
    prefix = phonenumbers.ndd_prefix_for_region(region, True)
    found.append(national)
    if prefix and not national.startswith(prefix):
        found.append(prefix + national)
    return tuple(dict.fromkeys(found))


def shown(text: str) -> str:
    """Return letters, digits and plain spaces of a text, for a comment."""
    kept = "".join(character if character.isalnum() else " " for character in text)
    return " ".join(kept.split())[:60]


def in_order(numbers: Iterable[TrackedNumber]) -> list[TrackedNumber]:
    """Return the numbers vetted and sorted by DID.

    Raises:
        DialplanError: one cannot stand in a dialplan, or stands there twice.
    """
    ordered = sorted((vetted(number) for number in numbers), key=lambda number: number.did)
    for before, after in pairwise(ordered):
        if before.did == after.did:
            raise DialplanError(f"{after.did} is assigned twice; end one of its assignments.")
    return ordered
