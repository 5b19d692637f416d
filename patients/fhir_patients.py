"""A FHIR Patient as a record of ours. Pure. Only id, display name, numbers, birth date, sex and language are taken."""

import re
from collections.abc import Iterable
from typing import Any

from patients.arrivals import Told, unknown_fields
from patients.fhir import Resource
from patients.importing import read_numbers
from patients.records import Number, Patient
from patients.tables import clean

SILENT = unknown_fields(("email", "birth_date", "birth_year", "sex", "language", "updated_on"))
_NAMES = ("usual", "official", "", "temp", "nickname", "anonymous")
_LONGEST_NAME = 200
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z")


def told_of(resource: Resource, region: str, today: str) -> list[Told]:
    """Return what a Patient tells: itself, and the records that were merged into it.

    `today` (ISO) tells which numbers are over. A Patient without an id or a name tells nothing but its end.
    """
    ref = resource.get("id")
    if resource.get("resourceType") != "Patient" or not isinstance(ref, str) or not ref or len(ref) > 100:
        return []
    replaced, replaces = "", []
    for link in _dicts(resource.get("link")):
        other = _ref(link.get("other"))
        if other and link.get("type") == "replaced-by":
            replaced = other
        elif other and link.get("type") == "replaces":
            replaces.append(other)
    patient = _patient(resource, ref, (region, today))
    gone = _gone(resource) or ("" if patient is not None else "inactive")
    return [Told(ref, patient, "" if replaced else gone, replaced), *(Told(other, into=ref) for other in replaces)]


def _patient(resource: Resource, ref: str, where: tuple[str, str]) -> Patient | None:
    name = _name(resource)
    if not name:
        return None
    region, today = where
    numbers = [Number(one.number, one.raw) for one in _numbers(resource.get("telecom"), region, today)]
    for contact in _dicts(resource.get("contact")):
        if not _is_over(contact, today):
            numbers += [Number(one.number, one.raw, "contact")
                        for one in _numbers(contact.get("telecom"), region, today)]
    born = _text(resource.get("birthDate"))
    emails = [_text(point.get("value")) for point in _points(resource.get("telecom"), today)
              if point.get("system") == "email"]
    meta = resource.get("meta")
    updated = _text(meta.get("lastUpdated"))[:10] if isinstance(meta, dict) else ""
    return Patient(
        ref=ref, name=name, numbers=tuple(numbers),
        email=next((mail for mail in emails if re.fullmatch(r"[^@\s]+@[^@\s]+", mail)), None),
        birth_date=born if _DAY.match(born) else None,
        birth_year=int(born[:4]) if re.match(r"(18|19|20)\d\d(-|\Z)", born) else None,
        sex={"male": "m", "female": "f"}.get(_text(resource.get("gender"))), language=_language(resource),
        updated_on=updated if _DAY.match(updated) else None,
    )  # fmt: skip


def _gone(resource: Resource) -> str:
    """Return why a patient is no longer one, "" when they are."""
    if resource.get("deceasedBoolean") is True or resource.get("deceasedDateTime"):
        return "deceased"
    return "inactive" if resource.get("active") is False else ""


def _name(resource: Resource) -> str:
    """Return the name to be shown: usual before official; names of old are no names."""
    names = [name for name in _dicts(resource.get("name")) if name.get("use", "") in _NAMES]
    for one in sorted(names, key=lambda name: _NAMES.index(name.get("use", ""))):
        given = " ".join(filter(None, map(_text, _list(one.get("given")))))
        text = clean(_text(one.get("text")) or f"{given} {_text(one.get('family'))}")
        if text:
            return text[:_LONGEST_NAME]
    return ""


def _numbers(telecom: object, region: str, today: str) -> list[Number]:
    found: list[Number] = []
    for point in _points(telecom, today):
        if point.get("system") in ("phone", "sms"):
            found += read_numbers(clean(_text(point.get("value")).removeprefix("tel:")), region)[0]
    return found


def _points(telecom: object, today: str) -> list[dict[str, Any]]:
    """Return the contact points that hold today, the preferred first."""
    points = [point for point in _dicts(telecom) if point.get("use") != "old" and not _is_over(point, today)]

    def rank(point: dict[str, Any]) -> int:
        place = point.get("rank")
        return place if isinstance(place, int) else 1000

    return sorted(points, key=rank)


def _is_over(thing: dict[str, Any], today: str) -> bool:
    period = thing.get("period")
    end = _text(period.get("end"))[:10] if isinstance(period, dict) else ""
    return bool(end) and end < today[: len(end)]


def _language(resource: Resource) -> str | None:
    spoken = sorted(_dicts(resource.get("communication")), key=lambda one: one.get("preferred") is not True)
    for one in spoken:
        language = one.get("language")
        for coding in _dicts(language.get("coding")) if isinstance(language, dict) else []:
            if code := _text(coding.get("code")):
                return code.partition("-")[0].casefold()[:20]
    return None


def _ref(other: object) -> str:
    """Return the id of a reference to a Patient, "" for anything else."""
    text = _text(other.get("reference")) if isinstance(other, dict) else ""
    found = re.search(r"(?:\A|/)Patient/([A-Za-z0-9.-]{1,64})(?:/_history/.*)?\Z", text)
    return found[1] if found else ""


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _dicts(value: object) -> Iterable[dict[str, Any]]:
    return [one for one in _list(value) if isinstance(one, dict)]
