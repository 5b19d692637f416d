"""Parts that are painted once say what they would say if they were painted anew, whatever changes around them."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from aiohttp import web

from tests.callbacks.clinic import PATIENT, at
from tests.web.reception import Console, console, person
from tests.web.test_callbacks import missed
from web import board_pages, callbacks_pages, pop_pages
from web.areas import Area, Viewer
from web.context import Me
from web.i18n import LANGUAGES, speaking
from web.pages import fragment
from web.parts import Parts
from web.people_names import NAMES, names
from web.pictures import clocks_at
from web.rights import ROLES

MINUTE = 60_000
MAKERS: tuple[Callable[[web.Application], Area], ...] = (board_pages.area, callbacks_pages.area, pop_pages.area)
ANNA = Me("anna", "Anna", ("receptionist",), ROLES["receptionist"], 1, "password", "101", "", 0, 0)
VIEWERS = [Viewer(replace(ANNA, name=name, rights=rights, desk=desk), language)
           for language in LANGUAGES
           for name, rights, desk in (("anna", ANNA.rights, "101"), ("ewa", ANNA.rights, "102"),
                                      ("marek", ANNA.rights - {"calls.note", "callbacks.work"}, "101"))]


def shown(app: web.Application, made: Console, area: Area, viewer: Viewer) -> str:
    with made.store.read() as tx, speaking(viewer.language):
        values = area.look(tx, viewer, made.now).values
        return clocks_at(fragment(app, area.template, viewer.language, {"now": made.now, **values}), made.now)


async def test_what_is_kept_is_what_would_be_painted_now(tmp_path: Path) -> None:
    async with console(tmp_path) as made, person(made, "anna", "101") as anna, person(made, "ewa", "102"):
        assert made.app is not None
        app, kept = made.app, [make(made.app) for make in MAKERS]
        seen: set[str] = set()

        def look() -> None:
            with made.store.read() as tx:
                app[NAMES].update(names(tx))
            for make, area in zip(MAKERS, kept, strict=True):
                fresh = [shown(app, made, make(app), viewer) for viewer in VIEWERS]
                assert [shown(app, made, area, viewer) for viewer in VIEWERS] == fresh, area.name
                seen.update(fresh)

        def changed(query: str, **values: object) -> None:
            with made.store.write() as tx:
                tx.run(query, **values)
            look()

        async def does(path: str, **fields: str) -> None:
            assert (await anna.post(path, **fields))[0] == 204
            look()

        look()
        made.patient("P1", "Zofia Łęcka", PATIENT)
        missed(made)
        look()
        made.rings("1.5", "101", "102")
        look()
        made.answers("1.5", "101")
        look()
        await does("/callbacks/1/comment", text="only mornings")
        await does("/callbacks/1/claim")
        changed("user_display", name="anna", display="Anna Nowak")
        changed("topic_put", id="own1", category="information", name="Parking", author="anna", at_ms=made.now)
        changed("topic_put", id="own1", category="information", name="Where to park", author="anna", at_ms=made.now)
        await does("/callbacks/1/release")
        await does("/callbacks/1/snooze", **{"for": "30"})
        before = len(seen)
        for passed in (29 * MINUTE, 2 * MINUTE, 6 * 60 * MINUTE):
            made.now += passed
            look()
        made.now = at("23:50")
        made.rings("1.6", "101", "102")
        look()
        made.now += 20 * MINUTE  # another day, so that times stand with theirs
        look()
        assert len(seen) > before
        assert any("Anna Nowak" in html for html in seen)


async def test_as_many_parts_are_kept_as_are_said_and_the_oldest_go(tmp_path: Path) -> None:
    async with console(tmp_path) as made:
        assert made.app is not None
        parts, painted = Parts(made.app, 2), []

        def paint(says: int) -> None:
            def values() -> dict[str, object]:
                painted.append(says)
                return {"choices": (), "words": None}

            parts.paint("pop_choices.html", "en", says, values)

        for says in (1, 2, 1, 2, 3, 2, 3, 1, 3, 2):
            paint(says)
        assert painted == [1, 2, 3, 1, 2]
