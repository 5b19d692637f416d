"""Where a visitor came from: the words in the address, the ad platform's click id, or the page before. Pure.

First that holds:
1. `utm_source`: the marketer's own words.
2. A click id: gclid, gbraid and wbraid are Google Ads, yclid Yandex, msclkid Microsoft; fbclid is a link on Facebook,
   paid or not, so it is `social`.
3. The page before: a search engine is `organic`, a social network `social`, another site `referral`.
4. Nothing: `direct / none`.

Everything is from outside: it is cut, taken out of control signs, and a click id holds what click ids hold or is none.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

CLICK_IDS = ("gclid", "gbraid", "wbraid", "yclid", "msclkid", "fbclid")
UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term")
ASKED = (*UTM, *CLICK_IDS)
"""The words of an address that are looked at; no other leaves the page."""
LONGEST = 120
LONGEST_CLICK_ID = 300
LONGEST_PATH = 200

# One that begins with a sign would be a formula wherever the platform's file is opened.
_CLICK_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{3,299}")
_CLIENT = re.compile(r"[0-9]{4,24}(?:\.[0-9]{4,24})?")
_HOST = re.compile(r"[a-z0-9.-]{1,120}")
_BY_CLICK = {
    "gclid": ("google", "cpc"), "gbraid": ("google", "cpc"), "wbraid": ("google", "cpc"), "yclid": ("yandex", "cpc"),
    "msclkid": ("bing", "cpc"), "fbclid": ("facebook", "social"),
}  # fmt: skip
_SEARCH = {
    "google": "google", "bing": "bing", "duckduckgo": "duckduckgo", "yandex": "yandex", "ya": "yandex",
    "yahoo": "yahoo", "ecosia": "ecosia", "qwant": "qwant", "baidu": "baidu", "seznam": "seznam",
    "startpage": "startpage",
}  # fmt: skip
_SOCIAL = {
    "facebook": "facebook", "fb": "facebook", "instagram": "instagram", "t": "twitter", "twitter": "twitter",
    "x": "twitter", "linkedin": "linkedin", "lnkd": "linkedin", "youtube": "youtube", "tiktok": "tiktok", "vk": "vk",
    "ok": "ok", "pinterest": "pinterest", "reddit": "reddit",
}  # fmt: skip
_SECOND = frozenset(("com", "co", "org", "net", "gov", "edu"))
"""Second levels under which names are registered: `google.com.pl`, `bbc.co.uk`."""


@dataclass(frozen=True, slots=True)
class Source:
    """What brought a visitor: the utm words, and the platforms' ids of the click."""

    source: str
    medium: str
    name: str = ""
    content: str = ""
    term: str = ""
    click_ids: tuple[tuple[str, str], ...] = ()

    @property
    def is_new(self) -> bool:
        """Say whether the visitor arrived from somewhere, which begins a new visit; our own pages are nowhere."""
        return bool(self.click_ids) or (self.source, self.medium) != ("direct", "none")


def source_of(params: Mapping[str, str], referrer: str, own_hosts: frozenset[str]) -> Source:
    """Return where a visitor came from.

    `params` are words of the page's address, `referrer` the page before or its host, `own_hosts` the clinic's sites:
    a visitor who comes from one of them comes from nowhere new.
    """
    clicks = tuple((name, params[name]) for name in CLICK_IDS if _CLICK_ID.fullmatch(params.get(name, "")))
    content, term, name = (clean(params.get(f"utm_{word}")) for word in ("content", "term", "campaign"))
    if source := clean(params.get("utm_source")).lower():
        medium = clean(params.get("utm_medium")).lower() or (_BY_CLICK[clicks[0][0]][1] if clicks else "referral")
        return Source(source, medium, name, content, term, clicks)
    if clicks:
        return Source(*_BY_CLICK[clicks[0][0]], name, content, term, clicks)
    return Source(*_by_referrer(host_of(referrer), own_hosts), name, content, term)


def host_of(address: str) -> str:
    """Return the host of an address or a bare host, in small letters without `www.`; "" when it is none."""
    text = address[:2000].strip().lower()
    try:
        host = urlsplit(text if "//" in text else f"//{text}").hostname or ""
    except ValueError:
        return ""
    return host.removeprefix("www.") if _HOST.fullmatch(host) else ""


def path_of(address: str) -> str:
    """Return the path of a page's address: neither query nor fragment, which may hold a name or a number."""
    path = re.split(r"[?#]", address, maxsplit=1)[0]
    path = "".join(sign for sign in path if sign.isprintable() and sign != " ")[:LONGEST_PATH]
    return path if path.startswith("/") else f"/{path}"


def clean(text: object, longest: int = LONGEST) -> str:
    """Return a word from outside: one line, without control signs, cut."""
    if not isinstance(text, str):
        return ""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text[: 4 * longest]).split())[:longest]


def client_id(text: object) -> str | None:
    """Return a client id of an analytics cookie (digits, perhaps with a point), or None."""
    return text if isinstance(text, str) and _CLIENT.fullmatch(text) else None


def _by_referrer(host: str, own_hosts: frozenset[str]) -> tuple[str, str]:
    if not host or host in own_hosts:
        return "direct", "none"
    name = _name(host)
    if name in _SEARCH:
        return _SEARCH[name], "organic"
    if name in _SOCIAL:
        return _SOCIAL[name], "social"
    return host, "referral"


def _name(host: str) -> str:
    """Return the name that is registered: `google` of `news.google.com.pl`."""
    parts = host.split(".")
    if len(parts) > 2 and parts[-2] in _SECOND:
        return parts[-3]
    return parts[-2] if len(parts) > 1 else host
