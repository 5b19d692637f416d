"""JSON as it is sent: UTF-8, whatever bytes the telephone network put into a name."""

import json
from typing import Any


def json_text(value: Any) -> str:
    """Write a value as JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def json_bytes(value: Any) -> bytes:
    """Write a value as JSON in UTF-8; half characters, which UTF-8 cannot hold, become question marks."""
    return json_text(value).encode("utf-8", "replace")
