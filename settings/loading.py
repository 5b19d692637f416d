"""Read `callward.toml`, and say everything that is wrong at once."""

import os
import stat
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import (
    ValidationError,
)

from settings.explaining import explain
from settings.file import Settings
from settings.kinds import Secret, SettingsError


def load(path: Path) -> Settings:
    """Read and check the settings at `path`.

    Raises:
        SettingsError: with one line for each problem.
    """
    try:
        data = tomllib.loads(path.read_text("utf-8-sig"))
    except FileNotFoundError:
        raise SettingsError(
            f"{path}: there is no such file; run `callward init` to make one, or name it with --config."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: cannot be read ({error}); check the file and its rights.") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: is not TOML: {error}; correct that place.") from None
    problems = [f"{path}: {problem}" for problem in (*_names_given_twice(data), *_readable_secrets(path, data))]
    folder = path.resolve().parent
    try:
        settings = Settings.model_validate({**data, "folder": folder})
    except ValidationError as error:
        problems = [*(f"{path}: {explain(problem)}" for problem in error.errors()), *problems]
    if "folder" in data:
        problems.append(f"{path}: folder is not a setting; remove it.")
    if problems:
        raise SettingsError("\n".join(problems))
    return settings


def reveal(secret: str | Secret, folder: Path) -> str:
    """Return a secret's text.

    Raises:
        SettingsError: the variable is not set, or the file cannot be read or can be read by others.
    """
    if isinstance(secret, str):
        return secret
    if secret.env is not None:
        value = os.environ.get(secret.env)
        if not value:
            raise SettingsError(f"the environment variable {secret.env} is not set; set it to the secret.")
        return value
    assert secret.file is not None
    file = folder / secret.file
    try:
        if _others_can_read(file):
            raise SettingsError(f"{file}: other users can read this secret; run `chmod 600 {file}`.")
        text = file.read_text("utf-8").strip()
    except OSError as error:
        raise SettingsError(f"{file}: the secret cannot be read ({error.strerror}); check the path.") from None
    if not text:
        raise SettingsError(f"{file}: the secret is empty; write it there.")
    return text


def _tables(data: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """Return the tables `[[name]]` as far as they are what they should be; the rest is reported elsewhere."""
    tables = data.get(name)
    return [table for table in tables if isinstance(table, dict)] if isinstance(tables, list) else []


def _names_given_twice(data: dict[str, Any]) -> Iterator[str]:
    for what in ("pbx", "location"):
        names = [table.get("name", "main" if what == "pbx" else None) for table in _tables(data, what)]
        for name in sorted({name for name in names if isinstance(name, str) and names.count(name) > 1}):
            yield f'two [[{what}]] are called "{name}"; give each a name of its own.'


def _readable_secrets(path: Path, data: dict[str, Any]) -> Iterator[str]:
    if _holds_secret(data) and _others_can_read(path):
        yield f'holds a secret and others can read it; run `chmod 600 {path}`, or write secret = {{ env = "NAME" }}.'


def _holds_secret(data: dict[str, Any]) -> bool:
    def inside(*keys: str) -> Any:
        value: Any = data
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else None
        return value

    records = [table.get(name) for table in _tables(data, "pbx") for name in ("cel", "cdr", "queue_log")]
    for url in (inside("store", "url"), *records):
        if isinstance(url, str) and "://" in url and urlsplit(url).password:
            return True
    notify = inside("notify") if isinstance(inside("notify"), dict) else {}
    return any(isinstance(secret, str) for secret in (
        inside("notify", "mail", "secret"), inside("notify", "sms", "secret"), inside("appointments", "fhir_token"),
        inside("patients", "fhir_token"),
        inside("conversions", "ga4", "secret"), inside("conversions", "yandex", "secret"),
        *(table.get("secret") for table in (*_tables(data, "pbx"), *_tables(notify, "webhook"))),
        *(table["click"].get("secret") for table in _tables(data, "pbx") if isinstance(table.get("click"), dict)),
    ))


def _others_can_read(path: Path) -> bool:
    return bool(path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH))
