"""The first page: where each role begins its day."""

from aiohttp import web

from web.context import me
from web.pages import LINKS, page
from web.rights import open_to_all, signed_in

routes = web.RouteTableDef()


@routes.get("/")
@signed_in
async def home(request: web.Request) -> web.StreamResponse:
    """Lead to the first page that the person may see."""
    person = me(request)
    for link in request.app[LINKS]:
        if link.right in person.rights and link.path != "/":
            raise web.HTTPSeeOther(link.path)
    return page(request, "home.html")


@routes.get("/favicon.ico")
@open_to_all
async def icon(request: web.Request) -> web.StreamResponse:
    """Lead browsers that ask for the old name to the icon."""
    raise web.HTTPFound("/static/icon.svg")
