"""Phone numbers: one identity for each, however it was written. Pure; `phonenumbers` is loaded on first use.

A number's identity is E.164 (`+48501000501`). It needs to be *possible* only: right country, right length. Validity is
a hint and never a condition, because new ranges are given to real people before any library knows them. Short numbers
(112, extensions) and what cannot be read are nobody's key: `None`.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

# What a caller without a number is called by switches, providers and telephones.
_NO_NUMBER = frozenset({
    "anonymous", "withheld", "private", "unknown", "restricted", "unavailable", "blocked", "none", "null", "asterisk",
    "no number", "number withheld", "private number", "not available", "out of area", "id withheld",
    "266696687",  # "anonymous" typed on a telephone's keys, as some networks send it
})
_LONGEST = 48
_SHORT = 6
_WRITTEN = re.compile(r"\(?\+?[\d\s().\-/]*\Z")
_DASHES = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u00b7\u2022"), "-")
_E164 = re.compile(r"\+[1-9]\d{6,14}\Z")

Refusal = Literal["not_a_number", "country", "premium", "shared_cost", "personal", "pager", "satellite", "not_mobile"]


@dataclass(frozen=True, slots=True)
class Permission:
    """Whether a number may be rung, texted or offered; `reason` says why not and is None when it may."""

    allowed: bool
    reason: Refusal | None = None

    def __bool__(self) -> bool:
        return self.allowed


def e164(raw: str | None, region: str | None) -> str | None:
    """Return the E.164 form of a number as it was written, or None if it is nobody's key.

    `region` (ISO 3166, such as "PL") reads numbers written without a country. Understood are national and international
    forms, `00` and the region's own prefix for abroad, a country code without its plus, a trunk 0 where none is needed,
    spaces, dashes, dots, slashes, brackets. None: letters, withheld, too short, too long. Never raises.
    """
    if raw is None or len(raw) > _LONGEST:
        return None
    return _e164(raw, region)


def is_withheld(raw: str | None) -> bool:
    """Say whether the network gave no number: empty, or one of the words for it. An unreadable one was given."""
    if raw is None:
        return True
    text = raw[:_LONGEST].strip().strip("<>\"'").strip().casefold()
    return not text.strip("0") or text in _NO_NUMBER or text.startswith("anonymous@")


def masked(number: str | None) -> str:
    """Return what logs and marketers may see of a number: its country code and last three digits (`+48…501`)."""
    if not number:
        return "withheld"
    if not _E164.match(number):
        digits = [sign for sign in number if sign.isdigit()]
        return "…" + "".join(digits[-3:]) if len(digits) > _SHORT else "…"
    parsed = _parse(number, None)
    return f"+{parsed.country_code}…{number[-3:]}" if parsed else "…" + number[-3:]


@lru_cache(maxsize=4096)
def display(number: str, region: str | None) -> str:
    """Return an E.164 number as people of `region` write it: national at home, international from abroad."""
    import phonenumbers

    parsed = _parse(number, None) if _E164.match(number) else None
    if parsed is None:
        return number
    home = phonenumbers.country_code_for_region(region) if region else 0
    style = phonenumbers.PhoneNumberFormat
    return phonenumbers.format_number(parsed, style.NATIONAL if parsed.country_code == home else style.INTERNATIONAL)


@lru_cache(maxsize=4096)
def may_ring(number: str, countries: tuple[str, ...]) -> Permission:
    """Say whether a number may be rung, texted or offered: the one rule for all three.

    `number` is E.164, `countries` the regions that may be rung (`("PL", "DE")`). Refused are other countries, premium,
    shared-cost, personal and satellite numbers, pagers, and whatever is not a number.
    """
    import phonenumbers

    parsed = _parse(number, None) if _E164.match(number) else None
    if parsed is None:
        return Permission(False, "not_a_number")
    if parsed.country_code in (870, 881, 882, 883):
        return Permission(False, "satellite")
    if not _in_countries(parsed, countries):
        return Permission(False, "country")
    kinds = phonenumbers.PhoneNumberType
    refused: dict[int, Refusal] = {
        kinds.PREMIUM_RATE: "premium",
        kinds.SHARED_COST: "shared_cost",
        kinds.PERSONAL_NUMBER: "personal",
        kinds.PAGER: "pager",
    }
    reason = refused.get(phonenumbers.number_type(parsed))
    return Permission(reason is None, reason)


@lru_cache(maxsize=4096)
def may_text(number: str, countries: tuple[str, ...]) -> Permission:
    """Say whether a number may be sent a text: it may be rung, and is a mobile (or of a plan that does not tell)."""
    import phonenumbers

    permission = may_ring(number, countries)
    parsed = _parse(number, None) if permission else None
    if parsed is None:
        return permission
    kinds = phonenumbers.PhoneNumberType
    mobile = phonenumbers.number_type(parsed) in (kinds.MOBILE, kinds.FIXED_LINE_OR_MOBILE)
    return Permission(True) if mobile else Permission(False, "not_mobile")


@lru_cache(maxsize=50_000)
def _e164(raw: str, region: str | None) -> str | None:
    digits = _digits(raw)
    if digits is None:
        return None
    for candidate in _readings(digits):
        parsed = _parse(candidate, region)
        if parsed is not None:
            found = _format(_without_trunk_zero(parsed))
            if found is not None:
                return found
    return None


def _digits(raw: str) -> str | None:
    """Return the ASCII digits with a leading plus if there was one, or None when anything else is in it."""
    if raw.isascii() and raw.isdigit():
        return raw if raw.strip("0") else None
    text = unicodedata.normalize("NFKC", raw).translate(_DASHES)
    # Direction marks and zero-width signs come along when a number is copied out of a table or a web page.
    text = "".join(sign for sign in text if unicodedata.category(sign) != "Cf").strip()
    if not _WRITTEN.match(text):
        return None
    plus = "+" if "+" in text else ""
    digits = "".join(str(unicodedata.decimal(sign)) for sign in text if sign.isdecimal())
    return plus + digits if digits.strip("0") and "+" not in text.lstrip("(+") else None


def _readings(digits: str) -> list[str]:
    """Return the ways to read the digits, the likeliest first: as written, `00` as a plus, a plus left out."""
    if digits.startswith("+"):
        return [digits]
    readings = [digits]
    if digits.startswith("00"):
        readings.append("+" + digits[2:])
    elif not digits.startswith("0"):
        readings.append("+" + digits)
    return readings


def _parse(text: str, region: str | None) -> "PhoneNumber | None":
    """Return a possible number that is not short, or None."""
    import phonenumbers

    try:
        parsed = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    # A number that is possible only inside its own town lacks its area code: it would be somebody else's elsewhere.
    if phonenumbers.is_possible_number_with_reason(parsed) != phonenumbers.ValidationResult.IS_POSSIBLE:
        return None
    if len(phonenumbers.national_significant_number(parsed)) <= _SHORT and not phonenumbers.is_valid_number(parsed):
        return None
    return parsed


def _without_trunk_zero(parsed: "PhoneNumber") -> "PhoneNumber":
    """Drop a 0 dialled before a number of a country that knows no trunk 0 (Italy's own is part of the number)."""
    import phonenumbers

    if not parsed.italian_leading_zero or phonenumbers.is_valid_number(parsed):
        return parsed
    shorter = phonenumbers.PhoneNumber(country_code=parsed.country_code, national_number=parsed.national_number)
    return shorter if phonenumbers.is_valid_number(shorter) else parsed


def _format(parsed: "PhoneNumber") -> str | None:
    import phonenumbers

    text = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    return text if _E164.match(text) else None


def _in_countries(parsed: "PhoneNumber", countries: tuple[str, ...]) -> bool:
    """Say whether the number is of one of the regions; one of an unknown range belongs to its code's main country."""
    import phonenumbers

    region = phonenumbers.region_code_for_number(parsed)
    if region is not None:
        return region in countries
    # Islands that share +1 with the mainland are where call-back fraud lives: what cannot be told apart is refused.
    code = parsed.country_code or 0
    return code != 1 and phonenumbers.region_code_for_country_code(code) in countries
