"""When a delivery that failed is tried again. Pure."""

MINUTE_MS = 60_000
DELAYS_MINUTES = (0, 1, 5, 30, 120, 360, 720, 1440)
"""How long to wait before each try. After the last one it is dead, until a person has it tried again."""


def next_try(tries: int, now_ms: int) -> int | None:
    """Return when to try again after `tries` failures, None when there was the last one."""
    return now_ms + DELAYS_MINUTES[tries] * MINUTE_MS if tries < len(DELAYS_MINUTES) else None
