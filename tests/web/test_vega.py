"""The charts' module is made once, kept where only we can write, and given to who may see figures."""

import gzip
from pathlib import Path

import pytest

from reports import ReportsError, drawing
from tests.web.house import house
from web import vega

MODULE = "export {vegaEmbed};"


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was bundled: a short module instead of Vega, which takes seconds."""
    asked: list[str] = []

    def bundle(snippet: str) -> str:
        asked.append(snippet)
        return f"const vegaEmbed = 1; {snippet}"

    monkeypatch.setattr(drawing, "bundle", bundle)
    return asked


async def test_it_is_made_once_and_found_again_by_the_next_start(tmp_path: Path, made: list[str]) -> None:
    folder = tmp_path / "cache"
    first = await vega.Bundle(folder).packed()
    assert gzip.decompress(first).endswith(MODULE.encode())
    assert await vega.Bundle(folder).packed() == first
    assert len(made) == 1
    [kept] = folder.iterdir()
    assert (folder.stat().st_mode & 0o777, kept.stat().st_mode & 0o777) == (0o700, 0o600)


async def test_what_others_could_have_written_is_not_run(tmp_path: Path, made: list[str]) -> None:
    folder = tmp_path / "cache"
    await vega.Bundle(folder).packed()
    [kept] = folder.iterdir()
    kept.write_bytes(gzip.compress(b"evil()"))
    kept.chmod(0o666)
    assert b"evil" not in gzip.decompress(await vega.Bundle(folder).packed())
    [kept] = folder.iterdir()
    kept.write_bytes(b"cut short")
    assert gzip.decompress(await vega.Bundle(folder).packed()).endswith(MODULE.encode())
    assert len(made) == 3


async def test_without_a_place_to_keep_it_is_made_at_each_start(made: list[str]) -> None:
    bundle = vega.Bundle(None)
    assert await bundle.packed() == await bundle.packed()
    assert len(made) == 1


async def test_it_is_for_who_may_see_figures_and_its_absence_is_no_fault(
    tmp_path: Path, made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("CACHE_DIRECTORY", raising=False)
    async with house(tmp_path) as console, console.browser() as anna, console.browser() as mia:
        console.add("anna", "receptionist")
        console.add("mia", "marketer")
        await anna.sign_in("anna")
        await mia.sign_in("mia")
        assert (await anna.get(vega.PATH)).status == 403
        answer = await mia.get(f"{vega.PATH}?v={vega.VERSION}")
        assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
        assert "immutable" in answer.headers["Cache-Control"]
        assert (await answer.text()).endswith(MODULE)

        def fails(_: str) -> str:
            raise ReportsError("the chart could not be drawn")

        monkeypatch.setattr(drawing, "bundle", fails)
        console.app[vega.BUNDLE]._made = None
        monkeypatch.setattr(vega, "_kept", lambda _: None)
        assert (await mia.get(vega.PATH)).status == 404
