"""Campaigns and what they cost: for marketers, managers and admins."""

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from store import Row, Tx
from tracking import TrackingError
from tracking.campaigns import (
    Campaign,
    Cost,
    add_campaign,
    edit_campaign,
    list_campaigns,
    read_period,
    set_cost,
    to_minor,
)
from web.admin_pages import admin_page, done, page_number
from web.audit import Deed
from web.context import CLINIC, read
from web.forms import Form
from web.rights import Right, needs_one_of
from web.today_pages import money

SHOWN = 100
MAY = (Right.COSTS, Right.SETUP)


@needs_one_of(*MAY)
async def campaigns_page(request: web.Request) -> web.Response:
    """`GET /admin/campaigns?skip=N`: campaigns with their costs."""
    return await _page(request)


@needs_one_of(*MAY)
async def add(request: web.Request) -> web.Response:
    """`POST /admin/campaigns`: add a campaign."""
    said, places = await _said(request), _locations(request)
    deed = Deed("added", "campaign", "", f"{said.source} / {said.medium} / {said.name}")
    return await done(request, deed, lambda tx: add_campaign(tx, said, places), _again(request))


@needs_one_of(*MAY)
async def edit(request: web.Request) -> web.Response:
    """`POST /admin/campaigns/{id}`: what a campaign is called and promises from now on."""
    id_, said, places = _id(request), await _said(request), _locations(request)
    return await done(request, Deed("changed", "campaign", str(id_)),
                      lambda tx: edit_campaign(tx, id_, said, places), _again(request))


@needs_one_of(*MAY)
async def cost(request: web.Request) -> web.Response:
    """`POST /admin/campaigns/{id}/cost`: what it cost in a day or a month; an empty amount takes a cost away."""
    id_, form, region = _id(request), await Form.of(request), request.app[CLINIC].callbacks.region
    period, amount, currency = form.text("period", 20), form.text("amount", 30), form.text("currency", 3).upper()

    def change(tx: Tx) -> None:
        when = read_period(period, region)
        set_cost(tx, id_, _cost(when, amount, currency) if amount else None, when)

    detail = f"{period} {amount} {currency}" if amount else f"{period} no cost"
    return await done(request, Deed("changed", "cost", str(id_), detail), change, _again(request))


def _cost(period: str, amount: str, currency: str) -> Cost:
    if len(currency) != 3 or not (currency.isascii() and currency.isalpha()):
        raise TrackingError("Write the currency as three letters, such as PLN.")
    return Cost(period, to_minor(amount, currency), currency)


async def _said(request: web.Request) -> Campaign:
    form = await Form.of(request)
    source, medium, name, content, location = (form.text(part) for part in
                                               ("source", "medium", "name", "content", "location"))
    return Campaign(source, medium, name, content, location, form.lines("promise", 1200))


def _id(request: web.Request) -> int:
    return int(request.match_info["id"])


def _locations(request: web.Request) -> list[str]:
    return [name for name in request.app[CLINIC].callbacks.hours if name]


def _again(request: web.Request) -> Callable[[int, str], Awaitable[web.Response]]:
    async def again(status: int, said: str) -> web.Response:
        return await _page(request, status, said=said)

    return again


async def _page(request: web.Request, status: int = 200, *, said: str = "") -> web.Response:
    skip = page_number(request)

    def look(tx: Tx) -> list[tuple[Row, list[str], list[Row]]]:
        return [(row, money({cost["currency"]: cost["cost_minor"] for cost in row["costs"]}),
                 tx.all("campaign_costs", campaign=row["id"], limit=24))
                for row in list_campaigns(tx, limit=SHOWN + 1, offset=skip)]

    found = await read(request, look)
    values: dict[str, Any] = {"older": skip + SHOWN if len(found) > SHOWN else None,
                              "newer": max(skip - SHOWN, 0) if skip else None}
    return admin_page(request, "admin_campaigns.html", status=status, said=said, campaigns=found[:SHOWN], money=money,
                      locations=_locations(request), **values)


def set_up(app: web.Application) -> None:
    """Add the routes."""
    app.router.add_get("/admin/campaigns", campaigns_page)
    app.router.add_post("/admin/campaigns", add)
    app.router.add_post(r"/admin/campaigns/{id:[1-9]\d{0,17}}", edit)
    app.router.add_post(r"/admin/campaigns/{id:[1-9]\d{0,17}}/cost", cost)
