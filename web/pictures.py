"""What is painted of an area, and what of it a page lacks that shows an older picture of the same area.

Templates say where the parts of an area are that change on their own, a call's row or a card, each with the id of its
one element:

    <!--part board-main-17-->…<li id="board-main-17">…</li>…<!--/part-->

A page that has a part already is sent its place alone, an empty element of the same kind and id with `data-kept`; the
page puts there what it has. A clock alone is no change: pages let their clocks run themselves.
"""

import re
from dataclasses import dataclass, field
from itertools import count

from web.formats import duration_text

_BEGIN, _END = "<!--part ", "<!--/part-->"
_TAG = re.compile(r"<([a-z]+)")
_CLOCK = re.compile(r'(data-since="(\d+)"[^>]*>)[^<]*')
_COMPARED = 8
"""With so many older pictures one is compared: a page that is further behind gets it whole."""
_serials = count(1)


@dataclass(slots=True, eq=False, weakref_slot=True)
class Picture:
    """An area as it was painted. `html` is what a page begins with; `patients` are those who can be seen in it.

    One picture is shown to many pages, so what is made of it is made once.
    """

    area: str
    html: str
    patients: tuple[str, ...]
    _pieces: tuple[tuple[str, str], ...] = ()
    """Text and the id of the part that it is, "" between parts."""
    _parts: dict[str, int] = field(default_factory=dict)
    """The hash of each part, without its clocks."""
    _rest: tuple[object, ...] = ()
    """What is between the parts, without its clocks, and which parts there are."""
    _events: dict[int, bytes] = field(default_factory=dict)
    """By the serial of the picture that a page shows, 0 for none. The picture itself would keep all before it alive."""
    _serial: int = field(default_factory=lambda: next(_serials))

    @classmethod
    def of(cls, area: str, painted: str, patients: tuple[str, ...]) -> "Picture":
        """Take apart what a template painted."""
        first, *marked = painted.split(_BEGIN)
        pieces = [("", first)]
        for text in marked:
            id_, _, text = text.partition("-->")
            part, _, after = text.partition(_END)
            pieces += [(id_, part), ("", after)]
        parts = {id_: hash(_still(text)) for id_, text in pieces if id_}
        rest = tuple(id_ or _still(text) for id_, text in pieces)
        return cls(area, "".join(text for _, text in pieces), patients, tuple(pieces), parts, rest)

    def same(self, other: "Picture") -> bool:
        """Say whether nothing but clocks is different."""
        return self._parts == other._parts and self._rest == other._rest

    def event(self, before: "Picture | None" = None) -> bytes:
        """Return it as a server-sent event for a page that shows `before`, which lacks the id line."""
        key = 0 if before is None else before._serial
        made = self._events.get(key)
        if made is None:
            if before is not None and len(self._events) >= _COMPARED:
                return self.event()
            made = self._events[key] = message(self.area, self.html if before is None else self._since(before))
        return made

    def _since(self, before: "Picture") -> str:
        return "".join(
            _place(id_, text) if id_ and before._parts.get(id_) == self._parts[id_] else text
            for id_, text in self._pieces
        )


def _still(text: str) -> str:
    """Leave out what clocks show."""
    return _CLOCK.sub(r"\1", text) if "data-since" in text else text


def clocks_at(html: str, now_ms: int) -> str:
    """Return what was painted some time ago with its clocks as they are now."""
    return _CLOCK.sub(lambda clock: clock[1] + duration_text(now_ms - int(clock[2])), html)


def _place(id_: str, text: str) -> str:
    tag = _TAG.search(text)
    return f'<{tag[1]} id="{id_}" data-kept></{tag[1]}>' if tag is not None else text


def message(event: str, data: str, id_: int | None = None) -> bytes:
    """Write one server-sent event."""
    lines = [f"event: {event}", *([f"id: {id_}"] if id_ is not None else []),
             *(f"data: {line}" for line in data.replace("\r", "").split("\n"))]
    return ("\n".join(lines) + "\n\n").encode("utf-8", "replace")
