"""Operations as people read them: their fields in a table, and a call by curl that works as it stands. Pure.

The page /api/docs and the reference in docs/ are written from this, and this from the schema.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from web.api.openapi import document, scopes_of, statuses
from web.api.operations import KEY_HEADER, Operation
from web.api.problems import SENTENCES

BASE = "http://127.0.0.1:8480/api/v1"
_SAMPLES: Mapping[str, Any] = {
    "number": "+48501000206", "numbers": ["+48501000206"], "phone": "101", "reason": "Wrote an e-mail",
    "body": "Mornings only, please", "to": "piotr", "topic": "booked", "name": "Anna Nowak", "display": "Anna Nowak",
    "hours": "08:00-12:00", "source": "billboard", "medium": "offline", "did": "+48221234501", "amount": "1500.00",
    "currency": "PLN", "valid_from": "2026-12-01", "other": "P-2", "label": "Billboard Marszałkowska", "q": "nowak",
    "extension": "101", "click": "0123456789abcdef0123456789abcdef", "user": "anna", "token": "website", "merge": 1,
    "period": "2026-11", "until": "2026-11-23T14:30:00Z", "day": "2026-12-24", "patient": "P-1",
}  # fmt: skip
"""What stands in an example, by the name of the field."""
_FORMATS: Mapping[str, str] = {"date": "2026-12-24", "date-time": "2026-11-24T14:30:00Z"}
_OPTIONAL = {"promise", "consent_channels"}


@dataclass(frozen=True, slots=True)
class Shown:
    """One field that is sent or answered."""

    name: str
    where: str
    kind: str
    needed: bool
    says: str


@dataclass(frozen=True, slots=True)
class Card:
    """One operation."""

    name: str
    method: str
    path: str
    summary: str
    says: str
    scopes: tuple[str, ...]
    """Each is enough; a blank joins those that are needed together."""
    sent: tuple[Shown, ...]
    answer: str
    """The name of what is answered, "" for nothing (204)."""
    answered: tuple[Shown, ...]
    status: int
    problems: tuple[tuple[int, str], ...]
    curl: str


def cards(operations: Iterable[Operation], base: str = BASE) -> dict[str, list[Card]]:
    """Return the operations of each area."""
    operations = list(operations)
    schema = document(operations)
    found: dict[str, list[Card]] = {}
    for operation in operations:
        said = schema["paths"][operation.path][operation.method.lower()]
        found.setdefault(operation.area, []).append(_card(operation, said, schema["components"]["schemas"], base))
    return found


def shapes(operations: Iterable[Operation]) -> dict[str, tuple[Shown, ...]]:
    """Return what answers are made of: every shape with its fields."""
    schemas = document(operations)["components"]["schemas"]
    return {name: _fields(schema, schemas, "answer") for name, schema in schemas.items() if "properties" in schema}


def sample_body(operation: Operation, schemas: Mapping[str, Any]) -> Any:
    """Return a body that the operation takes."""
    if operation.terms.body is None:
        return None
    schema = schemas[operation.terms.body.__name__]
    needed = schema.get("required", [])
    names = needed or [name for name in schema["properties"] if name not in _OPTIONAL][:1]
    return {name: _sample(name, schema["properties"][name], schemas) for name in names}


def _card(operation: Operation, said: Mapping[str, Any], schemas: Mapping[str, Any], base: str) -> Card:
    sent = [Shown(one["name"], one["in"], _kind(one["schema"]), one["required"], one.get("description", ""))
            for one in said.get("parameters", ())]
    if operation.terms.body is not None:
        sent += _fields(schemas[operation.terms.body.__name__], schemas, "body")
    shape = _shape(next((said["responses"][status] for status in ("200", "201", "202")
                         if status in said["responses"]), {}))
    return Card(
        operation.name, operation.method, operation.path, operation.summary, operation.description,
        tuple(" ".join(scopes) for scopes in scopes_of(operation) if scopes), tuple(sent), shape,
        _fields(schemas[shape], schemas, "answer") if shape in schemas else (),
        operation.terms.status if operation.terms.answer is not None else 204,
        tuple((status, SENTENCES[status]) for status in statuses(operation)), _curl(operation, said, schemas, base),
    )  # fmt: skip


def _shape(response: Mapping[str, Any]) -> str:
    schema = response.get("content", {}).get("application/json", {}).get("schema", {})
    return str(schema.get("$ref", "")).rpartition("/")[2]


def _fields(schema: Mapping[str, Any], schemas: Mapping[str, Any], where: str) -> tuple[Shown, ...]:
    needed = schema.get("required", ())
    return tuple(
        Shown(name, where, _kind(field), name in needed, field.get("description", ""))
        for name, field in schema.get("properties", {}).items()
    )


def _kind(schema: Mapping[str, Any]) -> str:
    """Say in a few words what a field may be."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_kind(one) for one in schema["anyOf"]))
    if "enum" in schema:
        return ", ".join(str(value) for value in schema["enum"])
    if "const" in schema:
        return str(schema["const"])
    match schema.get("type"):
        case "array":
            return f"list of {_kind(schema['items'])}"
        case "string":
            return {"date": "day", "date-time": "time"}.get(schema.get("format", ""), "text")
        case "integer":
            low, high = schema.get("minimum"), schema.get("maximum")
            return f"{low} to {high}" if low is not None and high is not None and high < 10**9 else "number"
        case kind:
            return {"number": "number", "boolean": "true or false", "null": "null", "object": "object"}.get(
                str(kind), "anything")


def _sample(name: str, schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Any:
    if "$ref" in schema:
        return _sample(name, schemas[str(schema["$ref"]).rpartition("/")[2]], schemas)
    if "anyOf" in schema:
        return _sample(name, schema["anyOf"][0], schemas)
    if schema.get("examples"):
        return schema["examples"][0]
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("format") in _FORMATS:
        return _FORMATS[str(schema["format"])]
    if schema.get("type") == "array" and name not in _SAMPLES:
        return [_sample(name, schema["items"], schemas)]
    return _SAMPLES.get(name, 1 if schema.get("type") == "integer" else "text")


def _curl(operation: Operation, said: Mapping[str, Any], schemas: Mapping[str, Any], base: str) -> str:
    samples = {one["name"]: _sample(one["name"], one["schema"], schemas) for one in said.get("parameters", ())}
    path = re.sub(r"{(\w+)}", lambda part: quote(str(samples[part[1]]), safe=":"), operation.path)
    query = {one["name"]: samples[one["name"]] for one in said.get("parameters", ())
             if one["in"] == "query" and one["required"]}
    address = base + path + (f"?{urlencode(query)}" if query else "")
    lines = ["curl" + (f" -X {operation.method}" if operation.method != "GET" else "")
             + ' -H "Authorization: Bearer $TOKEN"']
    if operation.terms.repeatable:
        lines.append(f'-H "{KEY_HEADER}: $(uuidgen)"')
    body = sample_body(operation, schemas)
    if body is not None:
        lines += ["-H 'Content-Type: application/json'", f"-d '{json.dumps(body, ensure_ascii=False)}'"]
    lines.append(f"'{address}'" if "?" in address or "'" in address else address)
    return " \\\n  ".join(lines)
