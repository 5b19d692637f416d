"""What `callward doctor` says: one line for each thing that was looked at."""

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was looked at, how it stands, and, if it is not well, the way out."""

    check: str
    state: State
    text: str
