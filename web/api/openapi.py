"""The OpenAPI 3.1 document, written from the operations and their models."""

import re
from collections.abc import Iterable
from functools import cache
from types import GenericAlias
from typing import Any, get_args

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from callward import __version__
from web.api.operations import KEY, KEY_HEADER, Operation, Sound
from web.api.problems import SENTENCES, TYPE, ProblemBody
from web.api.tokens import scope_of

_TEMPLATE = "#/components/schemas/{model}"
_HEADERS = {
    401: {"WWW-Authenticate": "how to send a token"}, 403: {"WWW-Authenticate": "the scopes that are needed"},
    429: {"Retry-After": "in how many seconds to come again"}, 503: {"Retry-After": "in how many seconds"},
}  # fmt: skip
INTRODUCTION = (
    "Everything that the pages of Callward show and do, for programs. Times are ISO 8601 in UTC, durations seconds, "
    "telephone numbers E.164. Fields may be added to answers, never renamed or taken away."
)


def document(operations: Iterable[Operation], url: str = "/api/v1") -> dict[str, Any]:
    """Return the document for these operations, served at `url`."""
    operations = list(operations)
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Callward", "version": __version__, "description": INTRODUCTION},
        "servers": [{"url": url}],
        "tags": [{"name": area} for area in dict.fromkeys(operation.area for operation in operations)],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(_schemas(operations).items())),
            "responses": {str(status): _problem(status) for status in SENTENCES},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": SENTENCES[401]}},
        },
        "security": [{"token": []}],
    }  # fmt: skip


def statuses(operation: Operation) -> list[int]:
    """Return what can go wrong with an operation, as statuses."""
    always = {401, 403, 422, 429, 500, 503, *operation.terms.refuses}
    return sorted(always | ({400, 413, 415} if operation.terms.body else set())
                  | ({409} if operation.terms.repeatable else set()))


def scopes_of(operation: Operation) -> list[list[str]]:
    """Return the scopes that open an operation; any one of the lists is enough."""
    needed = [scope_of(right) for right in operation.rights]
    return [[*needed, scope_of(right)] for right in operation.terms.one_of] or [needed]


def _operation(operation: Operation) -> dict[str, Any]:
    terms = operation.terms
    parameters = [*_parameters("path", terms.place), *_parameters("query", terms.query)]
    if terms.repeatable:
        parameters.append({"name": KEY_HEADER, "in": "header", "required": False,
                           "description": "the same key again gets the first answer again; nothing is done twice",
                           "schema": {"type": "string", "pattern": KEY.replace(r"\x", r"\u00")}})
    found: dict[str, Any] = {
        "operationId": operation.name, "tags": [operation.area], "summary": operation.summary,
        "security": [{"token": scopes} for scopes in scopes_of(operation)],
        "responses": {
            str(terms.status if terms.answer is not None else 204): _answer(terms.answer),
            **{str(status): {"$ref": f"#/components/responses/{status}"} for status in statuses(operation)},
        },
    }  # fmt: skip
    if operation.description:
        found["description"] = operation.description
    if parameters:
        found["parameters"] = parameters
    if terms.body is not None:
        found["requestBody"] = {"required": True, "content": {"application/json": {"schema": _ref(terms.body)}}}
    return found


def _parameters(where: str, model: type[BaseModel]) -> list[dict[str, Any]]:
    schema = model.model_json_schema()
    known = schema.get("$defs", {})
    found = []
    for name, field in schema.get("properties", {}).items():
        field = _inlined(field, known)
        described = {"description": field.pop("description")} if "description" in field else {}
        field.pop("title", None)
        if field.get("default", ...) is None:
            del field["default"]
        found.append({"name": name, "in": where, "required": name in schema.get("required", ()), **described,
                      "schema": field})
    return found


def _inlined(field: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    """Return a field without references, and without null: what stands in an address is there or is not."""
    if "$ref" in field:
        return _inlined({**known[field["$ref"].rpartition("/")[2]], **{k: v for k, v in field.items() if k != "$ref"}},
                        known)
    if "anyOf" in field:
        some = [one for one in field["anyOf"] if one.get("type") != "null"]
        rest = {key: value for key, value in field.items() if key != "anyOf"}
        return {**_inlined(some[0], known), **rest} if len(some) == 1 else {**rest, "anyOf": some}
    return dict(field)


def _answer(answer: Any) -> dict[str, Any]:
    if answer is None:
        return {"description": "Done."}
    if answer is Sound:
        return {"description": "The sound.", "content": {"audio/*": {}}}
    return {"description": "Done.", "content": {"application/json": {"schema": _ref(answer)}}}


def _problem(status: int) -> dict[str, Any]:
    headers = {name: {"description": text, "schema": {"type": "string"}}
               for name, text in _HEADERS.get(status, {}).items()}
    return {"description": SENTENCES[status], "content": {TYPE: {"schema": _ref(ProblemBody)}},
            **({"headers": headers} if headers else {})}  # fmt: skip


def _ref(shape: Any) -> dict[str, Any]:
    if isinstance(shape, GenericAlias) and shape.__origin__ is list:
        return {"type": "array", "items": _ref(get_args(shape)[0])}
    return {"$ref": _TEMPLATE.format(model=_name(shape))}


def _name(model: type[BaseModel]) -> str:
    """Return a model's name as it may stand in a reference: `Page[Call]` is `PageOfCall`."""
    return re.sub(r"\[(\w+)\]", lambda found: f"Of{found[1]}", model.__name__)


def _schemas(operations: list[Operation]) -> dict[str, Any]:
    found = dict(_schema(ProblemBody, "serialization"))
    for operation in operations:
        if operation.terms.body is not None:
            found = _joined(found, _schema(operation.terms.body, "validation"))
        answer = operation.terms.answer
        if answer is not None and answer is not Sound:
            model = get_args(answer)[0] if isinstance(answer, GenericAlias) else answer
            found = _joined(found, _schema(model, "serialization"))
    return found


class _Writer(GenerateJsonSchema):
    """Without a title for each field: its name says as much."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


@cache
def _schema_json(model: type[BaseModel], mode: Any) -> dict[str, Any]:
    return TypeAdapter(model).json_schema(ref_template=_TEMPLATE, mode=mode, schema_generator=_Writer)


def _schema(model: type[BaseModel], mode: str) -> dict[str, Any]:
    schema = dict(_schema_json(model, mode))
    inner = schema.pop("$defs", {})
    return {**inner, _name(model): schema}


def _joined(found: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """Return both; two models of one name would be one in the schema."""
    for name in found.keys() & more.keys():
        if found[name] != more[name]:
            raise ValueError(f"two models of the API are called {name}; give one of them another name")
    return found | more
