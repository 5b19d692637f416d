"""The API about itself."""

from typing import Any

from pydantic import RootModel

from web.api.operations import Ask, Operations

about = Operations("About")


class Schema(RootModel[dict[str, Any]]):
    """An OpenAPI 3.1 document."""


@about.get("/openapi.json", answer=Schema)
async def schema(ask: Ask) -> dict[str, Any]:
    """Return the schema of this API, OpenAPI 3.1. Any token will do."""
    from web.api.areas import operations
    from web.api.door import PREFIX
    from web.api.openapi import document
    from web.context import CONFIG

    return document(operations(), ask.app[CONFIG].url + PREFIX)
