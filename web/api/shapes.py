"""Kinds of fields that several resources share, and what their models have in common.

A model is the one definition: it checks what is sent, and the schema is written from it. So a value that a model
refuses is refused by the schema, too; what only the state of things refuses is a 409.
"""

import re
from contextlib import suppress
from datetime import date, datetime
from typing import Annotated, Any, Generic, TypeVar

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)

T = TypeVar("T")
_UNSEEN = r"\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069"
LINE = rf"^[^{_UNSEEN}]*[^\s{_UNSEEN}][^{_UNSEEN}]*$"
"""A line of text: no control characters, nothing that turns the direction of writing, and not blank."""
_UNSEEN_IN_LINES = r"\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069"
LINES = rf"^[^{_UNSEEN_IN_LINES}]*[^\s{_UNSEEN_IN_LINES}][^{_UNSEEN_IN_LINES}]*$"
MOST_ID = 10**15

_DIGITS = re.compile(r"-?[0-9]{1,16}", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})", re.ASCII
)
_MOMENTS = TypeAdapter(AwareDatetime)


def _whole(value: Any) -> Any:
    """Read a whole number of a query or path: digits and nothing else."""
    if isinstance(value, str):
        if not _DIGITS.fullmatch(value):
            raise ValueError("is not a whole number")
        return int(value)
    return value


def _integral(value: Any) -> Any:
    """Take 1985.0 for 1985, as JSON does."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _day(value: Any) -> date:
    if isinstance(value, str) and _DAY.fullmatch(value):
        with suppress(ValueError):
            return date.fromisoformat(value)
    raise ValueError("is not a day such as 2026-11-22")


def _moment(value: Any) -> datetime:
    """Read RFC 3339, whether it comes in JSON or in an address."""
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        with suppress(ValidationError):
            return _MOMENTS.validate_strings(value.upper())
    raise ValueError("is not a time such as 2026-11-22T14:30:00Z, with its zone")


def _truth(value: Any) -> Any:
    if isinstance(value, str) and value not in ("true", "false"):
        raise ValueError("is neither true nor false")
    return value


Whole = BeforeValidator(_whole)
"""Goes last in an annotation: a number of a path or a query is digits and nothing else."""
Integral = BeforeValidator(_integral)
"""The same for a number in a body."""
Id = Annotated[int, Field(ge=1, le=MOST_ID), Whole]
IdSent = Annotated[int, Field(ge=1, le=MOST_ID), Integral]
"""An id in a body."""
Truth = Annotated[bool, BeforeValidator(_truth)]
Day = Annotated[date, BeforeValidator(_day)]
"""A local day of the clinic."""
Moment = Annotated[AwareDatetime, BeforeValidator(_moment)]
Phone = Annotated[str, StringConstraints(pattern=r"^\+[1-9][0-9]{6,14}$")]
"""A telephone number in E.164."""
Line = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=LINE)]
Lines = Annotated[str, StringConstraints(min_length=1, max_length=2000, pattern=LINES)]
Ref = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=LINE)]
"""The reference of a patient or an appointment in the clinic's own system."""
CallRef = Annotated[str, StringConstraints(max_length=160, pattern=r"^[A-Za-z0-9_:@-][A-Za-z0-9._:@-]*$")]
"""A call's id, with its exchange before it (`main:1795309246.157`) where there are several."""
Person = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9._-]{1,31}$")]
"""Somebody's login."""
Extension = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,32}$")]

FIRST_DAY, LAST_DAY = date(1990, 1, 1), date(2099, 12, 31)


def within_reason(day: date) -> date:
    """Return the day, or the nearest that a clinic can have calls on: arithmetic ends at the year 9999."""
    return min(max(day, FIRST_DAY), LAST_DAY)


def moment_ms(moment: datetime) -> int:
    """Return a time as ms since the epoch, UTC."""
    return round(moment.timestamp() * 1000)


class Sent(BaseModel):
    """What a client sends: nothing is taken that is not known, and nothing is bent until it fits."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Place(BaseModel):
    """Parts of a path."""

    model_config = ConfigDict(extra="forbid")


class Query(BaseModel):
    """What stands after the question mark."""

    model_config = ConfigDict(extra="forbid", populate_by_name=False)


class Answered(BaseModel):
    """What is answered. Fields may be added, never renamed: a client leaves alone what it does not know."""

    model_config = ConfigDict(extra="ignore", populate_by_name=True)


class Page(Answered, Generic[T]):
    """One page of a list."""

    items: list[T]
    next: str | None = Field(description="give it as `cursor` for the next page; null on the last one")


class Paging(Query):
    """How much of a list."""

    limit: Annotated[int, Field(ge=1, le=200, description="how many at most"), Whole] = 50
    cursor: Annotated[
        str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{2,400}$"), Field(description="`next` of the page before")
    ] | None = None
