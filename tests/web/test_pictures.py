"""What a page lacks of a picture is sent, the rest is named: put together it is the picture."""

import re

from hypothesis import given
from hypothesis import strategies as st

from web.pictures import Picture

ROW = '<li id="row-{id}" class="row">{text} <span data-since="17">{clock}</span></li>'


def painted(rows: dict[int, str], heading: str = "Calls", clock: str = "0:05") -> str:
    """Paint a list as a template would."""
    marked = "".join(f"<!--part row-{id_}-->{ROW.format(id=id_, text=text, clock=clock)}<!--/part-->"
                     for id_, text in rows.items())  # fmt: skip
    return f"<h2>{heading}</h2><ul>{marked}</ul>"


def picture(rows: dict[int, str], heading: str = "Calls", clock: str = "0:05") -> Picture:
    """Take apart what was painted."""
    return Picture.of("board", painted(rows, heading, clock), ())


def data(event: bytes) -> str:
    """Return the data of an event."""
    return "\n".join(line.removeprefix("data: ") for line in event.decode().rstrip("\n").split("\n")[1:])


def put(html: str, shown: str) -> str:
    """Do what a page does: put the parts that it shows into their places."""
    return re.sub(r'<li id="(row-\d+)" data-kept></li>',
                  lambda place: re.search(rf'<li id="{place[1]}" .*?</li>', shown)[0], html)  # type: ignore[index]


ROWS = st.dictionaries(st.integers(1, 6), st.sampled_from(["rings", "talks", "&lt;!--part row-1--&gt;"]))


@given(ROWS, ROWS, st.sampled_from(["Calls", "2 calls"]))
def test_a_page_that_puts_together_what_it_gets_shows_the_picture(
    before: dict[int, str], after: dict[int, str], heading: str
) -> None:
    old, new = picture(before), picture(after, heading)
    assert put(data(new.event(old)), old.html) == new.html
    assert new.same(old) == (list(before.items()) == list(after.items()) and heading == "Calls")


def test_marks_of_parts_are_not_on_the_page() -> None:
    assert picture({1: "rings"}).html == '<h2>Calls</h2><ul>' + ROW.format(id=1, text="rings", clock="0:05") + "</ul>"


def test_only_the_row_that_changed_is_sent() -> None:
    sent = data(picture({1: "talks", 2: "rings"}).event(picture({1: "rings", 2: "rings"})))
    assert "talks" in sent
    assert '<li id="row-2" data-kept></li>' in sent
    assert "rings" not in sent


def test_a_clock_that_went_on_is_no_change() -> None:
    earlier, later = picture({1: "rings"}), picture({1: "rings"}, clock="0:06")
    assert later.same(earlier)
    assert '<li id="row-1" data-kept></li>' in data(later.event(earlier))


def test_a_page_that_shows_nothing_yet_gets_all() -> None:
    shown = picture({1: "rings"})
    assert data(shown.event()) == shown.html


def test_what_was_compared_once_is_not_compared_again_and_keeps_no_picture_alive() -> None:
    import gc
    import weakref

    old, new = picture({1: "rings"}), picture({1: "talks"})
    assert new.event(old) is new.event(old)
    for behind in range(20):  # pages that are far behind get it whole
        assert "talks" in data(new.event(picture({1: str(behind)})))
    gone = weakref.ref(old)
    del old
    gc.collect()
    assert gone() is None
