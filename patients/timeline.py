"""Everything that happened with a patient in one order: calls, callbacks, appointments, merges, the newest first."""

from dataclasses import dataclass
from typing import Literal

from store import Row, Tx

Kind = Literal["call", "callback", "appointment", "merge"]
_KINDS = ("call", "callback", "appointment", "merge")


@dataclass(frozen=True, slots=True)
class Place:
    """The last entry of a page; the next page begins below it."""

    at_ms: int
    kind: str
    pbx: str
    ref: str

    @classmethod
    def read(cls, text: str) -> "Place | None":
        """Read what `text` wrote; None for anything else."""
        at, _, rest = text.partition("~")
        kind, _, rest = rest.partition("~")
        pbx, tilde, ref = rest.partition("~")
        good = at.isascii() and at.isdigit() and len(at) < 19 and kind in _KINDS and tilde
        return cls(int(at), kind, pbx, ref) if good else None

    @property
    def text(self) -> str:
        """Return it as a part of an address."""
        return f"{self.at_ms}~{self.kind}~{self.pbx}~{self.ref}"


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened. `row` is that of `call`, `callback`, `appointment` or `patient_merge`.

    A call has its `topics`, `comments` and `booking`, a callback its `comments`. `about` is the other patient whom a
    call turned out to be about.
    """

    place: Place
    row: Row
    topics: tuple[Row, ...] = ()
    comments: tuple[Row, ...] = ()
    booking: Row | None = None
    about: Row | None = None

    @property
    def kind(self) -> str:
        """Return what it is."""
        return self.place.kind


@dataclass(frozen=True, slots=True)
class Page:
    """Some entries; `older` is where the next page begins, None on the last one."""

    entries: tuple[Entry, ...]
    older: Place | None


def page(tx: Tx, ref: str, before: Place | None, limit: int) -> Page:
    """Return a page of what happened with a patient."""
    rows = tx.all(
        "patient_timeline", patient=ref, before_ms=before.at_ms if before else None,
        before_kind=before.kind if before else None, before_pbx=before.pbx if before else None,
        before_ref=before.ref if before else None, limit=limit + 1,
    )  # fmt: skip
    places = [Place(row["at_ms"], row["kind"], row["pbx"], row["ref"]) for row in rows]
    entries = [found for place in places[:limit] if (found := _entry(tx, ref, place)) is not None]
    return Page(tuple(entries), places[limit - 1] if len(places) > limit else None)


def _entry(tx: Tx, patient: str, place: Place) -> Entry | None:
    match place.kind:
        case "call":
            return _call(tx, patient, place)
        case "callback":
            row = tx.one("callback_get", id=int(place.ref))
            if row is None:
                return None
            return Entry(place, row, comments=tuple(tx.all("callback_comments", callback=row["id"])))
        case "appointment":
            row = tx.one("appointment_get", ref=place.ref)
        case _:
            row = tx.one("patient_merge_get", id=int(place.ref))
    return Entry(place, row) if row is not None else None


def _call(tx: Tx, patient: str, place: Place) -> Entry | None:
    row = tx.one("call_get", pbx=place.pbx, id=place.ref)
    if row is None:
        return None
    key = {"pbx": place.pbx, "call": place.ref}
    topics = tx.all("call_topics", **key)
    about = next((note["patient"] for note in reversed(topics) if note["patient"]), None)
    return Entry(
        place, row, tuple(topics), tuple(tx.all("call_comments", **key)), tx.one("booking_of_call", **key),
        tx.one("patient_get", ref=about) if about not in (None, patient) else None,
    )  # fmt: skip
