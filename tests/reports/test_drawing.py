"""Charts are drawn next door beside a server, and a drawing that fails ends nothing but itself."""

import asyncio
from typing import Any

import pytest

from reports import ReportsError, drawing

BARS: dict[str, Any] = {"data": {"values": [{"a": 1}]}, "mark": "bar",
                        "encoding": {"x": {"field": "a", "type": "quantitative"}}}  # fmt: skip


async def test_a_thread_draws_next_door_and_goes_on_after_a_drawing_that_failed() -> None:
    first = await asyncio.to_thread(drawing.svg, BARS)
    assert first.startswith("<svg")
    with pytest.raises(ReportsError, match="the table has the same figures"):
        await asyncio.to_thread(drawing.svg, {"mark": "nonsense"})
    running = drawing._NEXT_DOOR._process
    assert running is not None
    running.kill()
    running.wait()
    assert await asyncio.to_thread(drawing.svg, BARS) == first
    assert drawing.svg(BARS) == first, "a command draws the same where it stands"
