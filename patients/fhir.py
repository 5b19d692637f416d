"""Reading HL7 FHIR R4: a server's pages, and bundles in files. Nothing is ever written to the server.

1. https only; http stays on this machine. No redirect is followed and no proxy is asked.
2. A page's `next` link is followed only at the server's own address: the token goes nowhere else.
3. A server that is busy (429, 502, 503, 504) or silent is asked again, a few times, as late as it wishes.
4. What the server marks as restricted or very restricted is not read on; only its id is told.
"""

import http.client
import json
import ssl
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urljoin, urlsplit

from patients import PatientsError

Resource = dict[str, Any]
Query = Sequence[tuple[str, str]]

_LARGEST = 64 * 1024 * 1024
_TRIES = 4
_LONGEST_WAIT_S = 60.0
_BUSY = frozenset((429, 502, 503, 504))
_RESTRICTED = frozenset(("R", "V"))
_CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"


class FhirError(PatientsError):
    """The server cannot be read. The text says what, where, and the way out; it holds nothing of the token."""


class FhirExpiredError(FhirError):
    """The server no longer knows the page that was asked for: the reading has to begin anew."""


class FhirUnsupportedError(FhirError):
    """The server does not offer what was asked for."""


@dataclass(frozen=True, slots=True)
class Server:
    """A FHIR server. `url` is its base, like `https://his.example/fhir`; `token` is sent as a bearer token.

    `trust` replaces the system's certificates. `sleep` waits between tries, in seconds.
    """

    url: str
    token: str | None = None
    count: int = 200
    """How many resources are asked for at a time."""
    timeout_s: float = 60.0
    trust: ssl.SSLContext | None = None
    sleep: Callable[[float], None] = time.sleep

    @property
    def base(self) -> str:
        """Return the address without a slash at the end."""
        return self.url.rstrip("/")


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a search. `restricted` are the ids (`Patient/7`) of what may not be read on.

    `next` leads to the following page, None on the last one. `at_ms` is the server's own clock, ms since the epoch.
    """

    resources: tuple[Resource, ...]
    restricted: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()
    next: str | None = None
    at_ms: int | None = None


def resources(url: str, kind: str, since: str | None, token: str | None, query: Query = ()) -> Iterator[Resource]:
    """Give every resource of a kind that changed after `since` (an ISO instant; None for all), page by page.

    `query` are further search parameters, like `[("date", "ge2026-11-22")]`. What a page includes of other kinds
    (`_include`) is given, too, in the order of the server.

    Raises:
        FhirError: the server cannot be read.
    """
    for page in pages(Server(url, token), kind, since=since, query=query):
        yield from page.resources


def pages(
    server: Server, kind: str, *, since: str | None = None, query: Query = (), begin: str | None = None
) -> Iterator[Page]:
    """Give the pages of a search. `begin` is the `next` of the last page that was read, to go on from there.

    Raises:
        FhirExpiredError: the server no longer knows the page `begin`.
        FhirError: the server cannot be read.
    """
    changed = [("_lastUpdated", f"gt{since}")] if since else []
    first = f"{server.base}/{quote(kind)}?{urlencode([*query, *changed, ('_count', str(server.count))])}"
    yield from _follow(server, begin or first, resumed=begin is not None)


def deletions(server: Server, kind: str, since: str) -> Iterator[str]:
    """Give the ids of the resources of a kind that were deleted after `since`.

    Raises:
        FhirUnsupportedError: the server keeps no history that it shows.
        FhirError: the server cannot be read.
    """
    query = urlencode([("_since", since), ("_count", str(server.count))])
    for page in _follow(server, f"{server.base}/{quote(kind)}/_history?{query}"):
        for path in page.deleted:
            found, _, ref = path.rpartition("/")
            if found == kind and ref:
                yield ref


def read_bundle(path: Path) -> Iterator[Resource]:
    """Give the resources of a file: a Bundle, one resource, or a resource a line (`.ndjson`).

    Raises:
        PatientsError: it cannot be read or is not FHIR; with the line.
    """
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise PatientsError(f"{path}: is not in UTF-8, as FHIR is; export it again.") from None
    except OSError as error:
        raise PatientsError(f"{path}: cannot be read ({error.strerror}); check the path.") from None
    lines = path.suffix.lower() in (".ndjson", ".jsonl")
    documents = enumerate(text.splitlines(), 1) if lines else iter([(1, text)])
    for line, document in documents:
        if not document.strip():
            continue
        where = f"{path}, line {line}" if lines else str(path)
        try:
            found = json.loads(document)
        except (ValueError, RecursionError):
            raise PatientsError(f"{where}: is not JSON; check where it was exported.") from None
        if not isinstance(found, dict) or "resourceType" not in found:
            raise PatientsError(f"{where}: is no FHIR resource; a Bundle begins with its resourceType.")
        yield from _page(found).resources if found["resourceType"] == "Bundle" else iter([found])


def instant(at_ms: int) -> str:
    """Return a time as FHIR writes it: `2026-11-22T10:15:00.250Z`."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def read_instant(text: object) -> int | None:
    """Return ms since the epoch of an instant or dateTime with a zone; None for anything else."""
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return round(moment.timestamp() * 1000) if moment.tzinfo is not None else None


def check_address(url: str) -> None:
    """Refuse an address that is not https, nor http on this machine. Raises FhirError."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    if parts.scheme not in ("http", "https") or not host or parts.username is not None or parts.fragment:
        raise FhirError("The FHIR server has no address that can be asked; write it as https://host/path.")
    if parts.scheme == "http" and not _is_this_machine(host):
        raise FhirError(f"The FHIR server {host} is asked without TLS; write https.")


def _follow(server: Server, url: str, *, resumed: bool = False) -> Iterator[Page]:
    check_address(server.base)
    seen: set[str] = set()
    target: str | None = url
    while target is not None:
        if target in seen:
            raise FhirError(f"{_host(server)}: a page leads back to an earlier one; tell whoever runs the server.")
        seen.add(target)
        if _origin(target) != _origin(server.base):
            raise FhirError(
                f"{_host(server)}: its next page is at {urlsplit(target).hostname or '?'}, another address; "
                "set fhir_url to the address that the server calls itself by."
            )
        bundle, date = _ask(server, target, first=not resumed and len(seen) == 1)
        if bundle.get("resourceType") != "Bundle":
            raise FhirError(f"{_host(server)}: did not answer with a Bundle; check that fhir_url is the server's base.")
        page = _page(bundle, date, target)
        yield page
        target = page.next


def _page(bundle: Resource, date: int | None = None, url: str = "") -> Page:
    entries = [entry for entry in _list(bundle.get("entry")) if isinstance(entry, dict)]
    found = [entry["resource"] for entry in entries if _is_hit(entry)]
    links = (link.get("url") for link in _list(bundle.get("link")) if isinstance(link, dict)
             and link.get("relation") == "next")
    following = next((link for link in links if isinstance(link, str)), None)
    deleted = [request["url"] for entry in entries for request in [entry.get("request")] if isinstance(request, dict)
               and request.get("method") == "DELETE" and isinstance(request.get("url"), str)]
    return Page(
        tuple(resource for resource in found if not is_restricted(resource)),
        tuple(f"{resource['resourceType']}/{resource.get('id', '')}" for resource in found if is_restricted(resource)),
        tuple(deleted), urljoin(url, following) if following else None, date,
    )  # fmt: skip


def is_restricted(resource: Resource) -> bool:
    """Say whether the server marks a resource as restricted or very restricted."""
    meta = resource.get("meta")
    labels = _list(meta.get("security")) if isinstance(meta, dict) else []
    return any(isinstance(label, dict) and label.get("code") in _RESTRICTED
               and label.get("system") in (None, _CONFIDENTIALITY) for label in labels)


def _is_hit(entry: Resource) -> bool:
    resource, search = entry.get("resource"), entry.get("search")
    outcome = isinstance(search, dict) and search.get("mode") == "outcome"
    return isinstance(resource, dict) and isinstance(resource.get("resourceType"), str) and not outcome


def _ask(server: Server, url: str, *, first: bool) -> tuple[Resource, int | None]:
    """Return what the server answers, and its clock; ask again while it is busy."""
    problem = ""
    for attempt in range(_TRIES):
        wait = 2.0**attempt
        try:
            status, headers, body = _get(server, url)
        except (OSError, http.client.HTTPException) as error:
            if isinstance(error, ssl.SSLCertVerificationError):
                raise FhirError(
                    f"{_host(server)}: its certificate is not trusted; have the server's certificate renewed, or set "
                    "fhir_ca to the one that signed it."
                ) from None
            problem = f"cannot be reached ({type(error).__name__})"
        else:
            if status not in _BUSY:
                return _read(server, status, body, first=first), _date(headers)
            problem = f"is busy (status {status})"
            wait = _retry_after(headers) or wait
        if attempt < _TRIES - 1:
            server.sleep(min(wait, _LONGEST_WAIT_S))
    raise FhirError(f"{_host(server)}: {problem}; check that it is up, and run the command again: it goes on.")


def _get(server: Server, url: str) -> tuple[int, http.client.HTTPMessage, bytes]:
    parts = urlsplit(url)
    host = parts.hostname or ""
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        trust = server.trust or ssl.create_default_context()
        connection = http.client.HTTPSConnection(host, parts.port, timeout=server.timeout_s, context=trust)
    else:
        connection = http.client.HTTPConnection(host, parts.port, timeout=server.timeout_s)
    headers = {"Accept": "application/fhir+json", "User-Agent": "Callward", "Connection": "close"}
    if server.token:
        headers["Authorization"] = f"Bearer {server.token}"
    try:
        connection.request("GET", parts.path + (f"?{parts.query}" if parts.query else ""), headers=headers)
        response = connection.getresponse()
        return response.status, response.headers, _body(server, response)
    finally:
        connection.close()


def _body(server: Server, response: http.client.HTTPResponse) -> bytes:
    """Read the answer: not more than is sensible, and not for longer than a page may take."""
    until, kept, size = time.monotonic() + 4 * server.timeout_s, [], 0
    while chunk := response.read1(1 << 20):
        size += len(chunk)
        if size > _LARGEST:
            raise FhirError(f"{_host(server)}: a page is larger than 64 MB; that is no FHIR search.")
        if time.monotonic() > until:
            raise TimeoutError
        kept.append(chunk)
    if response.length:
        raise http.client.IncompleteRead(b"", response.length)
    return b"".join(kept)


def _read(server: Server, status: int, body: bytes, *, first: bool) -> Resource:
    host = _host(server)
    if status in (401, 403):
        raise FhirError(f"{host}: refuses the token (status {status}); check fhir_token and what it allows.")
    if status in (404, 410) and not first:
        raise FhirExpiredError(f"{host}: the page that is next is gone; run the command again.")
    if status in (400, 404, 405, 410, 501):
        raise FhirUnsupportedError(f"{host}: does not know what was asked (status {status}); check fhir_url.")
    if 300 <= status < 400:
        raise FhirError(f"{host}: leads to another address (status {status}); set fhir_url to that one.")
    if status != 200:
        raise FhirError(f"{host}: answered with status {status}; ask whoever runs the server.")
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise FhirError(f"{host}: did not answer in JSON; check that fhir_url is the server's base.")
    return found


def _date(headers: http.client.HTTPMessage) -> int | None:
    try:
        return round(parsedate_to_datetime(headers["Date"]).timestamp() * 1000)
    except (TypeError, ValueError):
        return None


def _retry_after(headers: http.client.HTTPMessage) -> float | None:
    text = (headers["Retry-After"] or "").strip()
    return float(text) if text.isascii() and text.isdigit() else None


def _origin(url: str) -> tuple[str, str | None, int | None]:
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname, parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    except ValueError:
        return "", None, None


def _host(server: Server) -> str:
    return f"The FHIR server {urlsplit(server.base).hostname}"


def _list(value: object) -> Iterable[Any]:
    return value if isinstance(value, list) else []


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
