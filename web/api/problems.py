"""What goes wrong, as `application/problem+json` (RFC 9457): one sentence, and every field that is wrong."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import ErrorDetails

from web.api.text import json_bytes

TYPE = "application/problem+json"
TITLES = {
    400: "Not understood", 401: "No token", 403: "Not allowed", 404: "Not found", 405: "No such method",
    409: "Cannot be done", 413: "Too large", 415: "Not JSON", 422: "Not valid", 429: "Too many requests",
    500: "A fault here", 503: "Not now",
}  # fmt: skip
SENTENCES = {
    400: "The request could not be understood.",
    401: "Send a token as `Authorization: Bearer …`; `callward tokens add` makes one.",
    403: "This token may not do that.",
    404: "There is nothing at this address.",
    405: "This address does not take that method; `Allow` names those it takes.",
    409: "That cannot be done as things are.",
    413: "The body is larger than a request needs; send less.",
    415: "Send the body as JSON, with `Content-Type: application/json`.",
    422: "The request is not valid; `errors` names every field that is wrong.",
    429: "This token asked too often; wait as long as `Retry-After` says.",
    500: "Something went wrong here; the log of Callward says what.",
    503: "The store is busy; try again in a moment.",
}
"""What a status means, as the schema tells it and as it is said when there is nothing better to say."""


class FieldProblem(BaseModel):
    """One field that is not valid."""

    model_config = ConfigDict(populate_by_name=True)

    where: Literal["path", "query", "header", "body"] = Field(alias="in", description="where the field was sent")
    name: str = Field(description="its name; parts of a nested one are joined by dots, \"\" is the whole")
    detail: str = Field(description="what is wrong with it")


class ProblemBody(BaseModel):
    """Why a request was not done."""

    type: Literal["about:blank"] = "about:blank"
    title: str = Field(description="the kind of problem")
    status: int = Field(description="the status of the answer")
    detail: str = Field(description="what is wrong and the way out, in one sentence")
    errors: list[FieldProblem] = Field(default=[], description="every field that is not valid; empty otherwise")


class Problem(Exception):  # noqa: N818
    """A request that is not done. `detail` is one sentence; the usual one of the status when it is empty."""

    def __init__(self, status: int, detail: str = "", *, errors: Sequence[FieldProblem] = (),
                 headers: Mapping[str, str] | None = None) -> None:  # fmt: skip
        super().__init__(detail or SENTENCES[status])
        self.status, self.errors, self.headers = status, list(errors), dict(headers or {})

    def response(self) -> web.Response:
        """Return the answer."""
        return problem_response(self.status, str(self), self.errors, self.headers)


def problem_response(
    status: int, detail: str, errors: Sequence[FieldProblem] = (), headers: Mapping[str, str] | None = None
) -> web.Response:
    """Return a problem as an answer."""
    body = ProblemBody(title=TITLES.get(status, "Not done"), status=status, detail=detail, errors=list(errors))
    return web.Response(
        status=status, body=json_bytes(body.model_dump(by_alias=True)), content_type=TYPE, headers=dict(headers or {})
    )


def field_problems(where: Literal["path", "query", "header", "body"], found: Sequence[ErrorDetails]
                   ) -> list[FieldProblem]:  # fmt: skip
    """Say every error of a model as a field problem."""
    return [FieldProblem(where=where, name=_name(error), detail=_detail(error)) for error in found]  # type: ignore[call-arg]


def _name(error: ErrorDetails) -> str:
    return ".".join(str(part) for part in error["loc"])


def _detail(error: ErrorDetails) -> str:
    match error["type"]:
        case "missing":
            return "is needed"
        case "extra_forbidden":
            return "is not known here"
    told: dict[str, Any] = error.get("ctx", {})
    text = str(told["error"]) if isinstance(told.get("error"), ValueError) else error["msg"]
    return text[:1].lower() + text[1:]
