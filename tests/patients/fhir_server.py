"""A small FHIR server that really listens: searches in pages, `_lastUpdated`, `_history`, a token, and bad days."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit


@dataclass
class Hospital:
    """What the server holds. Every change gets the next second of `clock`."""

    clock: int = 1_800_000_000
    token: str | None = "a-token"
    most: int = 3
    """Entries on a page, whatever the client asks for."""
    history: bool = True
    next_host: str | None = None
    bad: list[tuple[int, str | None]] = field(default_factory=list)
    """Answers (status, Retry-After) that come before anything else."""
    asked: list[str] = field(default_factory=list)
    tokens: set[str | None] = field(default_factory=set)
    resources: dict[str, dict[str, Any]] = field(default_factory=dict)
    gone: list[tuple[int, str]] = field(default_factory=list)
    port: int = 0
    forget_pages: bool = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/fhir"

    def put(self, kind: str, ref: str, **rest: Any) -> None:
        self.clock += 1
        meta = {**rest.pop("meta", {}), "lastUpdated": instant(self.clock)}
        self.resources[f"{kind}/{ref}"] = {"resourceType": kind, "id": ref, "meta": meta, **rest}

    def delete(self, kind: str, ref: str) -> None:
        self.clock += 1
        del self.resources[f"{kind}/{ref}"]
        self.gone.append((self.clock, f"{kind}/{ref}"))

    def answer(self, target: str) -> tuple[int, dict[str, Any]]:
        parts = urlsplit(target)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        kind, _, rest = parts.path.removeprefix("/fhir/").partition("/")
        if rest == "_history":
            return self._deleted(kind, query["_since"]) if self.history else (405, {})
        skip = int(query.get("page", 0))
        if skip and self.forget_pages:
            return 410, {}
        since = query.get("_lastUpdated", "gt0")[2:]
        found = [one for name, one in self.resources.items() if name.startswith(f"{kind}/")
                 and one["meta"]["lastUpdated"] > since]
        some = found[skip : skip + min(self.most, int(query.get("_count", 10)))]
        bundle = {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": one} for one in some]}
        if skip + len(some) < len(found):
            host = self.next_host or f"http://127.0.0.1:{self.port}"
            later = f"&_lastUpdated={quote(query['_lastUpdated'])}" if "_lastUpdated" in query else ""
            bundle["link"] = [{"relation": "self", "url": target},
                              {"relation": "next", "url": f"{host}/fhir/{kind}?page={skip + len(some)}{later}"}]
        return 200, bundle

    def _deleted(self, kind: str, since: str) -> tuple[int, dict[str, Any]]:
        gone = [name for at, name in self.gone if instant(at) > since and name.startswith(f"{kind}/")]
        entries = [{"request": {"method": "DELETE", "url": name}} for name in gone]
        return 200, {"resourceType": "Bundle", "type": "history", "entry": entries}


def instant(second: int) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(second, UTC).isoformat().replace("+00:00", "Z")


@contextmanager
def running(hospital: Hospital) -> Iterator[Hospital]:
    """Listen on a port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            hospital.asked.append(self.path)
            given = self.headers.get("Authorization")
            hospital.tokens.add(given)
            status, body, later = 200, b"", None
            if hospital.bad:
                status, later = hospital.bad.pop(0)
            elif hospital.token is not None and given != f"Bearer {hospital.token}":
                status = 401
            else:
                status, found = hospital.answer(self.path)
                body = json.dumps(found).encode()
            self.send_response_only(status)
            self.send_header("Date", formatdate(hospital.clock, usegmt=True))
            if later is not None:
                self.send_header("Retry-After", later)
            if 300 <= status < 400:
                self.send_header("Location", "http://127.0.0.1:1/elsewhere")
            self.send_header("Content-Type", "application/fhir+json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hospital.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield hospital
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
