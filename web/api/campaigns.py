"""Tracked numbers and campaigns: whose number, on which days, what it promised and what it cost."""

from dataclasses import replace
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from store import Row, Tx
from tracking import Author
from tracking.assigning import (
    Assignment,
    assign,
    edit_assignment,
    end_assignment,
    get_assignment,
    move,
    withdraw_assignment,
)
from tracking.campaigns import (
    LONGEST_NAME,
    LONGEST_PROMISE,
    Campaign,
    Cost,
    add_campaign,
    edit_campaign,
    from_minor,
    get_campaign,
    list_campaigns,
    set_cost,
    to_minor,
)
from tracking.numbers import list_numbers
from tracking.periods import Period
from web.api.operations import Ask, Operations
from web.api.paging import cursor_of, parts_of
from web.api.problems import Problem
from web.api.shapes import LINE, LINES, Answered, Day, Id, IdSent, Line, Page, Paging, Phone, Place, Sent
from web.audit import Deed, note
from web.context import CLINIC
from web.rights import Right

campaigns = Operations("Campaigns")
numbers = Operations("Numbers")
MAY = (Right.COSTS, Right.SETUP)
_MOST_OFFSET = 1_000_000
Name = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_NAME, pattern=LINE)]
IsoDay = Annotated[str, StringConstraints(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
PeriodText = Annotated[str, StringConstraints(pattern="^20[0-9]{2}-(0[1-9]|1[0-2])(-[0-9]{2})?$")]
Amount = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,12}(\.[0-9]{1,3})?$")]


class Money(Answered):
    """An amount in one currency."""

    amount: str = Field(description="as 1234.50")
    currency: str


class OneCampaign(Answered):
    """A campaign in the utm vocabulary."""

    id: int
    source: str
    medium: str
    name: str
    content: str
    location: str | None
    promise: str = Field(description="what its advertisement tells patients; the receptionist reads it")
    numbers: int = Field(description="how many numbers are or were its own")
    costs: list[Money]


class NewCampaign(Sent):
    """What a campaign is called and promises."""

    source: Name
    medium: Name
    name: Name | None = None
    content: Name | None = None
    location: Line | None = None
    promise: Annotated[str, StringConstraints(max_length=LONGEST_PROMISE, pattern=LINES)] | None = None


class Made(Answered):
    """What was added."""

    id: int


class CampaignPlace(Place):
    """Which campaign."""

    campaign: Annotated[Id, Field(examples=[1])]


class CostPlace(CampaignPlace):
    """Which campaign, and when."""

    period: PeriodText = Field(description="a month as 2026-09, or a day as 2026-09-05")


class NewCost(Sent):
    """What it cost."""

    amount: Amount
    currency: Annotated[str, StringConstraints(pattern="^[A-Z]{3}$")]


class OneNumber(Answered):
    """A number of a campaign from one local day to another, both included."""

    id: int
    did: str
    label: str
    kind: str
    location: str | None
    destination: str | None
    campaign_id: int | None
    source: str | None
    medium: str | None
    campaign: str | None
    valid_from: str
    valid_to: str | None


class On(Paging):
    """Which assignments."""

    on: Day | None = Field(None, description="valid on this local day; left out, of all time")


class NewAssignment(Sent):
    """Whose a number is, and from when on."""

    did: Phone
    campaign: IdSent | None = Field(
        None, description="only a main number may have none"
    )
    valid_from: IsoDay
    valid_to: IsoDay | None = None
    label: Line | None = None
    kind: Literal["static", "pool", "main"] = "static"
    location: Line | None = None
    destination: Line | None = None
    move: bool = Field(False, description="end the assignment that stands in its way on the day before")


class EditAssignment(Sent):
    """What may be changed of an assignment. Number, campaign and first day are what it is."""

    label: Line | None = None
    kind: Literal["static", "pool", "main"] | None = None
    location: Line | None = None
    destination: Line | None = None
    valid_to: IsoDay | None = Field(None, description="the last day")


class Because(Sent):
    """Why it was a mistake."""

    reason: Line


class AssignmentPlace(Place):
    """Which assignment."""

    assignment: Annotated[Id, Field(examples=[1])]


@campaigns.get("/campaigns", one_of=(Right.FIGURES, Right.SETUP), query=Paging, answer=Page[OneCampaign],
               refuses=(404,))  # fmt: skip
async def every(ask: Ask) -> dict[str, Any]:
    """List campaigns with what they cost in all."""
    offset, limit = _offset(ask), ask.query.limit
    rows = await ask.read(lambda tx: [
        {**row, **_said(tx, row["id"])} for row in list_campaigns(tx, limit=limit + 1, offset=offset)
    ])
    return {"items": [_campaign(row) for row in rows[:limit]],
            "next": cursor_of(offset + limit) if len(rows) > limit else None}


@campaigns.post("/campaigns", one_of=MAY, body=NewCampaign, answer=Made, status=201, refuses=(409,))
async def add(ask: Ask) -> Made:
    """Add a campaign. 409 when there is one of this source, medium and name."""
    who, said, sites = ask.who, _campaign_of(ask.body), _sites(ask)

    def change(tx: Tx) -> int:
        made = add_campaign(tx, said, sites)
        note(tx, who, Deed("added", "campaign", str(made)))
        return made

    return Made(id=await ask.write(change))


@campaigns.put("/campaigns/{campaign}", one_of=MAY, place=CampaignPlace, body=NewCampaign, refuses=(404, 409))
async def edit(ask: Ask) -> None:
    """Call a campaign otherwise, or change what it promises. Its calls, numbers and costs stay its own."""
    who, said, campaign, sites = ask.who, _campaign_of(ask.body), ask.place.campaign, _sites(ask)

    def change(tx: Tx) -> None:
        _known(tx, campaign)
        edit_campaign(tx, campaign, said, sites)
        note(tx, who, Deed("changed", "campaign", str(campaign)))

    await ask.write(change)


@campaigns.put("/campaigns/{campaign}/costs/{period}", one_of=MAY, place=CostPlace, body=NewCost, refuses=(404, 409))
async def put_cost(ask: Ask) -> None:
    """Say what a campaign cost in a month or on a day; again to replace it.

    409 when a cost of an overlapping period is known, or the amount is finer than the currency.
    """
    body, campaign, period = ask.body, ask.place.campaign, _checked(ask.place.period)
    try:
        cost = Cost(period, to_minor(body.amount, body.currency), body.currency)
    except ValueError as error:
        raise Problem(409, f"{str(error)[:1].upper()}{str(error)[1:]}.") from None
    await _cost(ask, campaign, cost, period)


@campaigns.delete("/campaigns/{campaign}/costs/{period}", one_of=MAY, place=CostPlace, refuses=(404, 409))
async def drop_cost(ask: Ask) -> None:
    """Take a cost away: it is not known after all. Once is as often as twice."""
    await _cost(ask, ask.place.campaign, None, _checked(ask.place.period))


@numbers.get("/numbers", one_of=(Right.FIGURES, Right.SETUP), query=On, answer=Page[OneNumber], refuses=(404,))
async def assignments(ask: Ask) -> dict[str, Any]:
    """List the tracked numbers: which campaign each belonged to, and when."""
    offset, limit = _offset(ask), ask.query.limit
    day = ask.query.on.isoformat() if ask.query.on else None
    rows = await ask.read(lambda tx: list_numbers(tx, on=day, limit=limit + 1, offset=offset))
    return {"items": [_number(row) for row in rows[:limit]],
            "next": cursor_of(offset + limit) if len(rows) > limit else None}


@numbers.post("/numbers", Right.SETUP, body=NewAssignment, answer=Made, status=201, refuses=(409,))
async def assign_(ask: Ask) -> Made:
    """Give a number to a campaign. 409 when it belongs to somebody on one of these days; `move` ends that."""
    body, who, sites = ask.body, ask.who, _sites(ask)
    wanted = Assignment(body.did, body.campaign, Period(body.valid_from, body.valid_to), body.label or "", body.kind,
                        body.location or "", body.destination)
    do = move if body.move else assign

    def change(tx: Tx) -> int:
        made = do(tx, wanted, Author(who.person, ask.now), sites)
        note(tx, who, Deed("added", "assignment", str(made), wanted.did))
        return made

    return Made(id=await ask.write(change))


@numbers.patch("/numbers/{assignment}", Right.SETUP, place=AssignmentPlace, body=EditAssignment, refuses=(404, 409))
async def edit_number(ask: Ask) -> None:
    """Change label, kind, location or destination of an assignment, or let it end on a day."""
    body, who, sites, assignment = ask.body, ask.who, _sites(ask), ask.place.assignment
    author = Author(who.person, ask.now)
    said = {name: getattr(body, name) for name in ("label", "kind", "location", "destination")
            if getattr(body, name) is not None}

    def change(tx: Tx) -> None:
        row = _assignment(tx, assignment)
        if said:
            before = Assignment(row["did"], row["campaign"], Period(row["valid_from"], row["valid_to"]), row["label"],
                                row["kind"], row["location"], row["destination"])
            edit_assignment(tx, assignment, replace(before, **said), author, sites)
        if body.valid_to is not None:
            end_assignment(tx, assignment, body.valid_to, author)
        note(tx, who, Deed("changed", "assignment", str(assignment)))

    await ask.write(change)


@numbers.post("/numbers/{assignment}/withdraw", Right.SETUP, place=AssignmentPlace, body=Because, refuses=(404, 409))
async def withdraw(ask: Ask) -> None:
    """Take back an assignment that was a mistake, as if it had never been; that it was is kept with the reason."""
    who, assignment = ask.who, ask.place.assignment

    def change(tx: Tx) -> None:
        _assignment(tx, assignment)
        withdraw_assignment(tx, assignment, ask.body.reason, Author(who.person, ask.now))
        note(tx, who, Deed("withdrew", "assignment", str(assignment)))

    await ask.write(change)


async def _cost(ask: Ask, campaign: int, cost: Cost | None, period: str) -> None:
    who = ask.who

    def change(tx: Tx) -> None:
        _known(tx, campaign)
        set_cost(tx, campaign, cost, period)
        note(tx, who, Deed("changed", "campaign", str(campaign), f"cost of {period}"))

    await ask.write(change)


def _known(tx: Tx, campaign: int) -> None:
    if tx.one("campaign_get", id=campaign) is None:
        raise Problem(404, f"There is no campaign {campaign}; `GET /campaigns` lists those there are.")


def _assignment(tx: Tx, assignment: int) -> Row:
    if tx.one("number_get", id=assignment) is None:
        raise Problem(404, f"There is no assignment {assignment}; `GET /numbers` lists those there are.")
    return get_assignment(tx, assignment)


def _said(tx: Tx, campaign: int) -> dict[str, Any]:
    known = get_campaign(tx, campaign)
    return {"content": known.content, "location": known.location or None, "promise": known.promise}


def _campaign(row: Row) -> dict[str, Any]:
    costs = []
    for cost in row["costs"]:
        amount, _, currency = from_minor(cost["cost_minor"], cost["currency"]).rpartition(" ")
        costs.append({"amount": amount, "currency": currency})
    same = ("id", "source", "medium", "name", "content", "location", "promise", "numbers")
    return {**{name: row[name] for name in same}, "costs": costs}


def _number(row: Row) -> dict[str, Any]:
    same = ("id", "did", "label", "kind", "destination", "source", "medium", "valid_from", "valid_to")
    return {**{name: row[name] for name in same}, "location": row["location"] or None, "campaign_id": row["campaign"],
            "campaign": row["campaign_name"]}


def _campaign_of(body: NewCampaign) -> Campaign:
    return Campaign(body.source, body.medium, body.name or "", body.content or "", body.location or "",
                    body.promise or "")


def _checked(period: str) -> str:
    """Return a period that a calendar has. Raises Problem."""
    try:
        date.fromisoformat(period if len(period) > len("2026-09") else f"{period}-01")
    except ValueError:
        raise Problem(409, f"{period} is in no calendar; write a day such as 2026-09-05.") from None
    return period


def _offset(ask: Ask) -> int:
    place = parts_of(ask.query.cursor, (int,))
    return min(int(place[0]), _MOST_OFFSET) if place else 0


def _sites(ask: Ask) -> list[str]:
    """Return the locations of the settings."""
    return [name for name in ask.app[CLINIC].callbacks.hours if name]
