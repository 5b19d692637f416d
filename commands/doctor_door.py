"""`callward doctor`: the public door as a browser on the Internet meets it."""

import http.client
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from commands.findings import Finding
from settings import Settings

CHECK = "door"
TIMEOUT_S = 8


@dataclass(frozen=True, slots=True)
class Answer:
    """What the door answered: status, headers in small letters, body."""

    status: int
    headers: dict[str, str]
    body: bytes


def door(settings: Settings) -> Iterator[Finding]:
    """Look at the public door by its public name: the script as it is, CORS for the clinic's sites only, no console.

    Its certificate is looked at with that of the console.
    """
    public = settings.web.public
    if not public.enabled:
        return
    try:
        script = ask(public.public_url, "/numbers.js")
    except (OSError, http.client.HTTPException, ssl.SSLError) as error:
        yield Finding(CHECK, "fail", f"{public.public_url} cannot be reached from here ({said(error)}); run `callward "
                      "serve`, and check the proxy and the name (docs/public-door.md).")
        return
    yield _script(public.public_url, script)
    for site in public.domains:
        yield _cors(public.public_url, site)
    yield _stranger(public.public_url)
    yield _console(public.public_url)


def ask(url: str, path: str, method: str = "GET", origin: str = "") -> Answer:
    """Ask the door. Raises OSError (ssl.SSLError among them) or http.client.HTTPException."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port
    headers = {"User-Agent": "Callward doctor", **({"Origin": origin} if origin else {})}
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        connection = http.client.HTTPSConnection(host, port, timeout=TIMEOUT_S, context=ssl.create_default_context())
    else:
        connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_S)
    try:
        connection.request(method, path, body=b"{}" if method == "POST" else None, headers=headers)
        answer = connection.getresponse()
        fields = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, fields, answer.read(100_000))
    finally:
        connection.close()


def said(error: Exception) -> str:
    """Return an error in one line."""
    return " ".join(str(error).split()) or type(error).__name__


def _script(url: str, answer: Answer) -> Finding:
    ours = (Path(__file__).parent.parent / "web" / "public" / "static" / "numbers.js").read_bytes()
    if answer.status == 200 and answer.body == ours:
        return Finding(CHECK, "ok", f"{url}/numbers.js is served as it is.")
    if answer.status == 200:
        return Finding(CHECK, "fail", f"{url}/numbers.js is not ours: a proxy changes it, or another version serves "
                       "it; serve it unchanged, and restart `callward serve`.")
    return Finding(CHECK, "fail", f"{url}/numbers.js answers {answer.status}; let the proxy pass every path.")


def _cors(url: str, site: str) -> Finding:
    origin = f"http://{site}" if site.startswith(("localhost", "127.")) else f"https://{site}"
    answer = ask(url, "/visit/token", "POST", origin)
    allowed = answer.headers.get("access-control-allow-origin", "")
    if answer.status == 200 and allowed == origin:
        return Finding(CHECK, "ok", f"Pages of {site} are answered.")
    return Finding(CHECK, "fail", f"Pages of {site} are not answered (status {answer.status}, Access-Control-Allow-"
                   f'Origin "{allowed}"); the proxy must pass Origin on and add no CORS header of its own.')


def _stranger(url: str) -> Finding:
    answer = ask(url, "/visit/token", "POST", "https://stranger.invalid")
    if answer.status == 403 and "access-control-allow-origin" not in answer.headers:
        return Finding(CHECK, "ok", "Pages of others are refused.")
    return Finding(CHECK, "fail", f"A page of another site was answered with {answer.status}; take CORS headers out of "
                   "the proxy.")


def _console(url: str) -> Finding:
    status = ask(url, "/login").status
    if status == 404:
        return Finding(CHECK, "ok", "The console is not behind it.")
    return Finding(CHECK, "fail", f"{url}/login answers {status}: the console may be open to the Internet; let the "
                   "proxy lead to the port of [web.public].")
