"""A picture that several people are shown holds nothing of one of them, however quickly they act."""

from pathlib import Path

from callbacks.desk import Desk
from tests.callbacks.clinic import PATIENT
from tests.web.reception import CLINIC, Console, console, person
from tests.web.test_callbacks import missed
from web import sessions
from web.areas import Viewer
from web.live import HUB, Hub

CLICK = "c" * 32


async def shown(made: Console, hub: Hub, name: str, area: str) -> str:
    """Return an area as a person sees it now."""
    with made.store.read() as tx:
        found = sessions.find(tx, f"token-of-{name}", made.now)
    assert found is not None
    return (await hub._painted(hub.areas[area], Viewer(found[0], "en"), hub.changed[area])).html


async def test_what_somebody_did_before_the_next_look_is_on_nobody_elses_page(tmp_path: Path) -> None:
    async with console(tmp_path) as made, person(made, "anna", "101"), person(made, "ewa", "102"):
        missed(made)
        assert made.app is not None
        hub = made.app[HUB]
        await hub.refresh()
        async with hub._looking:  # no look comes between the deed and the painting
            with made.store.write() as tx:
                tx.run("click_add", id=CLICK, at_ms=made.now, local_day="2026-11-23", person="anna", number=PATIENT,
                       phone="101", callback=None)
                Desk(tx, CLINIC.callbacks, "anna", made.now).claim(1)
            for name in ("anna", "ewa"):
                assert "501 000 206" not in await shown(made, hub, name, "click"), name
                assert "/callbacks/1/release" not in await shown(made, hub, name, "callbacks"), name
        with made.store.write() as tx:
            tx.run("feed_append", id=tx.next_id("feed"), at_ms=made.now, kind="click.asked", ref=CLICK, live=0)
        await hub.refresh()
        assert "501 000 206" in await shown(made, hub, "anna", "click")
        assert "501 000 206" not in await shown(made, hub, "ewa", "click")
        assert "/callbacks/1/release" in await shown(made, hub, "anna", "callbacks")
        assert "/callbacks/1/release" not in await shown(made, hub, "ewa", "callbacks")
