"""Stories played on real Asterisks are told as they happened: every fact, and every time within a second."""

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest

from tests.lab.asterisk import LabError
from tests.live.playing import Outcome, played
from tests.live.stories import STORIES, Story
from tests.pbx.trace_table import differences

pytestmark = pytest.mark.live

VERSIONS = ("22", "16")
Plays = dict[str, dict[str, Outcome]]


@pytest.fixture(scope="module")
def plays(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Plays:
    """Play every story that a test asks for, on both versions at once; return what came of each."""
    asked: dict[str, list[Story]] = {version: [] for version in VERSIONS}
    for item in request.session.items:
        if isinstance(item, pytest.Function) and "plays" in item.fixturenames:
            given: dict[str, Any] = item.callspec.params
            asked[given["version"]].append(given["story"])
    folder = tmp_path_factory.mktemp("stories")
    return asyncio.run(_all(asked, folder))


async def _all(asked: dict[str, list[Story]], folder: Path) -> Plays:
    done = await asyncio.gather(*(_played(version, stories, folder / version) for version, stories in asked.items()))
    return dict(zip(asked, done, strict=True))


async def _played(version: str, stories: list[Story], folder: Path) -> dict[str, Outcome]:
    ordered = [story for story in STORIES if story in stories]
    try:
        return await played(version, ordered, folder)
    except LabError as error:
        return {story.__name__: error for story in stories}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_it_is_told_as_it_happened(story: Story, version: str, plays: Plays) -> None:
    outcome = plays[version][story.__name__]
    if isinstance(outcome, LabError) and os.environ.get("CALLWARD_LIVE") != "required":
        pytest.skip(str(outcome))
    if isinstance(outcome, Exception):
        raise outcome
    found = list(differences(outcome, in_order=False))
    table = "\n".join(f"{d.call:18} {d.fact:12} told {d.told!r:32} truth {d.truth!r}" for d in found)
    assert not found, f"{story.__doc__}\n{table}\n(recorded in {outcome})"

