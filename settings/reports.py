"""`[reports]`: what reports keep from people who may see no single call."""

from pydantic import Field, field_validator

from settings.kinds import Strict

_FEWEST = 3
"""Of two people each knows the other."""


class Reports(Strict):
    """`[reports]`: what a marketer's reports keep back, so that no figure tells of one patient."""

    hidden_below: int = Field(
        default=5, ge=0, le=50,
        description="fewer people are not shown apart in a marketer's breakdowns that tell of patients; 0 shows all",
    )
    sensitive: list[str] = Field(
        default=["topic", "reason", "service", "doctor", "age", "sex", "language"],
        description="what tells of patients when it is counted by",
    )

    @field_validator("hidden_below")
    @classmethod
    def _hides(cls, people: int) -> int:
        if 0 < people < _FEWEST:
            raise ValueError(f"{people} would hide nobody; write {_FEWEST} or more, or 0 to show all")
        return people
