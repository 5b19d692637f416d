"""A problem of the settings in the file's own words: which key, what is wrong, the way out."""

from difflib import get_close_matches
from typing import Any, get_args

from pydantic import (
    BaseModel,
)

from settings.file import Settings
from settings.kinds import TAGS


def explain(problem: Any) -> str:
    """Turn one of pydantic's errors into a sentence with the key and the way out."""
    where = tuple(part for part in problem["loc"] if part not in TAGS)
    key = key_text(where) if where else "callward.toml"
    if problem["type"] == "missing":
        return f"{key} is missing; add it."
    if problem["type"] == "extra_forbidden":
        near = get_close_matches(str(where[-1]), _keys_beside(where), 1)
        hint = f'did you mean "{near[0]}"?' if near else "check its spelling or remove it."
        return f"{key} is not a setting; {hint}"
    message = problem["msg"].removeprefix("Value error, ")
    hidden = not {"secret", "fhir_token"}.isdisjoint(where)
    shown = repr(problem["input"]) if not hidden else "the secret"
    if problem["type"] == "model_type":
        message = 'write a string or { env = "NAME" }' if hidden else "should be a table"
    for subject in ("Input should", "String should", "List should"):
        message = message.replace(subject, f"{shown} should")
    return f"{key}: {message}."


def key_text(where: tuple[str | int, ...]) -> str:
    """Write a place in the file as the file does: `[clinic.hours] mon`, `[[pbx]] #2 port`."""
    if len(where) > 1 and isinstance(where[1], int):
        table, rest = f"[[{where[0]}]] #{where[1] + 1}", where[2:]
    elif len(where) == 1:
        model = model_of(where)
        many = model is not None and get_args(Settings.model_fields[str(where[0])].annotation)
        return f"[[{where[0]}]]" if many else f"[{where[0]}]" if model is not None else str(where[0])
    elif len(where) > 2 and isinstance(where[2], int) and model_of(where[:2]) is not None:
        table, rest = f"[[{where[0]}.{where[1]}]] #{where[2] + 1}", where[3:]
    else:
        depth = max(n for n in range(1, len(where)) if n == 1 or model_of(where[:n]) is not None)
        table, rest = f"[{'.'.join(str(part) for part in where[:depth])}]", where[depth:]
    words = [f"#{part + 1}" if isinstance(part, int) else str(part) for part in rest]
    return " ".join([table, *words])


def model_of(where: tuple[str | int, ...]) -> type[BaseModel] | None:
    """Return the table that lies at a place of the file, None if it is no table."""
    model: type[BaseModel] | None = Settings
    for part in where:
        if isinstance(part, int):
            continue
        if model is None or part not in model.model_fields:
            return None
        model = _model_in(model.model_fields[part].annotation)
    return model


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((model for model in map(_model_in, get_args(annotation)) if model is not None), None)


def _keys_beside(where: tuple[str | int, ...]) -> list[str]:
    model = model_of(where[:-1])
    return [name for name in model.model_fields if name != "folder"] if model else []
