"""Days on which the clinic works otherwise, and the appointments that its own system tells."""

from typing import Annotated, Any

from pydantic import Field, StringConstraints

from callbacks import day_changes
from callbacks.day_changes import LONGEST_REASON, Day, Said
from callbacks.own_days import ALWAYS
from store import Row, Tx
from store.documents import iso
from tracking.appointments import list_appointments
from tracking.campaigns import from_minor
from web.api.operations import Ask, Operations
from web.api.paging import cursor_of, parts_of
from web.api.problems import Problem
from web.api.shapes import LINE, Answered, Page, Paging, Place, Query, Sent
from web.api.shapes import Day as AnyDay
from web.audit import Deed, looked, note
from web.context import CLINIC
from web.rights import Right

hours = Operations("Hours")
appointments = Operations("Appointments")
MAY = (Right.SETUP, Right.TEAM)
_MOST_OFFSET = 1_000_000
_SPAN = "([01][0-9]|2[0-3]):[0-5][0-9]-(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)"
Location = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=LINE)]


class DifferingDay(Answered):
    """A day that differs from the settings."""

    day: str
    location: str | None = Field(description="null for the whole clinic")
    hours: str = Field(description="as `08:00-12:00, 14:00-18:00`; empty for closed")
    reason: str
    author: str
    at: str


class DifferingDays(Answered):
    """The days that differ, in order."""

    items: list[DifferingDay]


class From(Query):
    """From when on."""

    from_: AnyDay | None = Field(None, alias="from", description="from this local day on; left out, all there are")


class DayPlace(Place):
    """Which day."""

    day: AnyDay


class Where(Query):
    """Where."""

    location: Location | None = Field(None, description="a location of the settings; left out, the whole clinic")


class NewHours(Sent):
    """How the day differs."""

    hours: Annotated[str, StringConstraints(pattern=f"^({_SPAN}(, {_SPAN}){{0,4}})?$")] = Field(
        "", description="as `08:00-12:00, 14:00-18:00`; empty for closed"
    )
    reason: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_REASON, pattern=LINE)] | None = None


class Replanned(Answered):
    """What followed from it."""

    callbacks: list[int] = Field(description="the callbacks that are due at another time now")


class Appointment(Answered):
    """A visit, as the clinic's own system tells it."""

    ref: str
    patient: str
    start_at: str
    day: str
    status: str
    service: str | None
    doctor: str | None
    location: str | None
    value: str | None = Field(description="as `250.00 PLN`")
    channel: str | None = Field(description="how it was made: phone, desk, online, message, import")
    created_at: str | None
    cancelled_at: str | None


class OnDay(Paging):
    """When."""

    on: AnyDay | None = Field(None, description="of this local day; left out, all there are")


@hours.get("/hours/exceptions", one_of=(*MAY, Right.CALLBACKS), query=From, answer=DifferingDays)
async def exceptions(ask: Ask) -> dict[str, Any]:
    """List the days on which the clinic works otherwise than the settings say."""
    first = ask.query.from_.isoformat() if ask.query.from_ else ALWAYS
    rows = await ask.read(lambda tx: tx.all("hours_exceptions", from_day=first))
    return {"items": [{"day": row["day"], "location": row["location"] or None, "hours": row["hours"],
                       "reason": row["reason"], "author": row["author"], "at": iso(row["at_ms"])} for row in rows]}


@hours.put("/hours/exceptions/{day}", one_of=MAY, place=DayPlace, query=Where, body=NewHours, answer=Replanned,
           refuses=(409,))  # fmt: skip
async def put(ask: Ask) -> Replanned:
    """Say that a day differs: closed, or other hours. What is to be rung back is planned anew by it."""
    wanted = Day(ask.query.location or "", ask.place.day, ask.body.hours, ask.body.reason or "")
    return await _change(ask, wanted, "changed", day_changes.put)


@hours.delete("/hours/exceptions/{day}", one_of=MAY, place=DayPlace, query=Where, answer=Replanned,
              refuses=(404, 409))  # fmt: skip
async def drop(ask: Ask) -> Replanned:
    """Let the settings say again what a day is."""
    wanted = Day(ask.query.location or "", ask.place.day)
    found = await ask.read(
        lambda tx: tx.one("hours_exception_get", location=wanted.location, day=wanted.day.isoformat())
    )
    if found is None:
        raise Problem(404, f"Nothing was said of {wanted.day}; it is as the settings say.")
    return await _change(ask, wanted, "dropped", day_changes.drop)


@appointments.get("/appointments", Right.PATIENTS, query=OnDay, answer=Page[Appointment], refuses=(404,))
async def every(ask: Ask) -> dict[str, Any]:
    """List appointments by time, as the clinic's own system told them last."""
    place, limit = parts_of(ask.query.cursor, (int,)), ask.query.limit
    offset = min(int(place[0]), _MOST_OFFSET) if place else 0
    day = ask.query.on.isoformat() if ask.query.on else None
    rows = await ask.read(lambda tx: list_appointments(tx, on=day, limit=limit + 1, offset=offset))
    shown = rows[:limit]
    await looked(ask.request, "patient", *dict.fromkeys(row["patient"] for row in shown if row["patient"]))
    return {"items": [_appointment(row) for row in shown],
            "next": cursor_of(offset + limit) if len(rows) > limit else None}


async def _change(ask: Ask, wanted: Day, action: str, do: Any) -> Replanned:
    who, ctx = ask.who, ask.app[CLINIC].callbacks

    def change(tx: Tx) -> list[int]:
        touched: list[int] = do(tx, ctx, wanted, Said(who.person, ask.now))
        note(tx, who, Deed(action, "hours", wanted.day.isoformat(), wanted.location))
        return touched

    return Replanned(callbacks=await ask.write(change))


def _appointment(row: Row) -> dict[str, Any]:
    same = ("ref", "patient", "status", "service", "doctor", "channel")
    value = None if row["value_minor"] is None else from_minor(row["value_minor"], row["currency"])
    return {**{name: row[name] for name in same}, "start_at": iso(row["start_ms"]), "day": row["local_day"],
            "location": row["location"] or None, "value": value, "created_at": iso(row["created_ms"]),
            "cancelled_at": iso(row["cancelled_ms"])}

