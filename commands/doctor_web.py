"""What `callward doctor` finds at the doors of the console: the certificate, its key, its names, its end, the proxy."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from commands.findings import Finding

RENEW_DAYS = 20
"""A certificate that ends sooner should have been renewed by now: usual ones are, a month before."""
PATIENCE_S = 3.0
_DAY_S = 86_400
_EXPIRED, _NOT_YET = 10, 9


@dataclass(frozen=True, slots=True)
class Door:
    """One place where pages are served."""

    table: str
    """`[web]` or `[web.public]`."""
    host: str
    port: int
    public_url: str
    certificate: Path | None
    key: Path | None
    has_proxies: bool

    @property
    def name(self) -> str:
        """Return the name by which browsers come, "" when none was said."""
        return urlsplit(self.public_url).hostname or ""


def doors(settings: Any) -> Iterator[Door]:
    """Yield the doors that the settings open."""
    web, folder = settings.web, settings.folder
    public = getattr(web, "public", None)
    for table, part in (("[web]", web), ("[web.public]", public)):
        if part is None or (table == "[web.public]" and not part.enabled):
            continue
        yield Door(
            table, part.host, part.port, part.public_url, folder / part.certificate if part.certificate else None,
            folder / part.key if part.key else None, bool(part.trusted_proxies),
        )  # fmt: skip


def examine_door(door: Door, now_s: float) -> Iterator[Finding]:
    """Look at one door."""
    if door.certificate is not None and door.key is not None:
        yield from _files(door, door.certificate, door.key, now_s)
    elif door.public_url.startswith("https://"):
        yield from _proxy(door)
    elif not _is_loopback(door.host):
        yield Finding("https", "fail", f"{door.table} {door.host}: passwords would cross the network in the clear; "
                                       "set certificate and key, or public_url of a proxy with HTTPS.")
    else:
        yield Finding("https", "ok", f"{door.table} is reached from this machine only, so it needs no certificate.")


def _files(door: Door, chain: Path, key: Path, now_s: float) -> Iterator[Finding]:
    """Look at the files of a certificate, and at what is served."""
    for path in (chain, key):
        try:
            path.read_bytes()
        except OSError as error:
            yield Finding("https", "fail", f"{path}: cannot be read ({error.strerror}); check certificate and key in "
                                           f"{door.table}, and who may read them.")
            return
    if key.stat().st_mode & 0o077:
        yield Finding("https", "warn", f"{key}: others can read the private key; run `chmod 600 {key}`.")
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(chain, key)
    except ssl.SSLError as error:
        what = "the key is not that of the certificate" if "MISMATCH" in str(error) else f"is no PEM ({error.reason})"
        yield Finding("https", "fail", f"{chain}: {what}; give both files of one certificate, the chain first.")
        return
    yield from _names_and_end(door, chain, key, now_s)
    yield from _served(door, chain)


def _names_and_end(door: Door, chain: Path, key: Path, now_s: float) -> Iterator[Finding]:
    try:
        told = _shaken_hands(chain, key, "")
    except ssl.SSLCertVerificationError as error:
        if error.verify_code == _EXPIRED:
            yield Finding("https", "fail", f"{chain}: the certificate has expired; renew it, browsers refuse it.")
        elif error.verify_code == _NOT_YET:
            yield Finding("https", "fail", f"{chain}: the certificate is not valid yet; check this machine's clock.")
        else:
            yield Finding("https", "fail", f"{chain}: the certificate is not in order ({error.verify_message}).")
        return
    days = int((ssl.cert_time_to_seconds(str(told["notAfter"])) - now_s) // _DAY_S)
    state: Any = "warn" if days < RENEW_DAYS else "ok"
    wants = "; it should have been renewed by now, look at what renews it" if state == "warn" else ""
    yield Finding("https", state, f"{chain}: valid for {days} more days{wants}.")
    if not door.name:
        return
    try:
        _shaken_hands(chain, key, door.name)
    except ssl.SSLCertVerificationError:
        names = ", ".join(str(value) for kind, value in told.get("subjectAltName", ()) if kind in ("DNS", "IP Address"))
        yield Finding("https", "fail", f"{chain}: is for {names or 'no name'}, but browsers come by {door.name}; "
                                       f"get one for that name, or mend {door.table} public_url.")


def _shaken_hands(chain: Path, key: Path, name: str) -> dict[str, Any]:
    """Let a server with the certificate meet a client that trusts it, in memory; return what the client was told.

    Raises:
        ssl.SSLCertVerificationError: it has expired, or, where a name is asked for, is not for that name.
    """
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(chain, key)
    client = ssl.create_default_context(cafile=str(chain))
    client.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    client.verify_flags &= ~getattr(ssl, "VERIFY_X509_STRICT", 0)
    client.check_hostname = bool(name)
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = client.wrap_bio(to_client, to_server, server_hostname=name or None)
    theirs = server.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(4):
        for side in (ours, theirs):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    return dict(ours.getpeercert() or {})


def _served(door: Door, chain: Path) -> Iterator[Finding]:
    """Compare the file with what a running console serves: one that was renewed may not be taken up yet."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # the file was looked at; this is no trust
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(door.host, door.host)  # noqa: S104
    try:
        with closing(socket.create_connection((host, door.port), PATIENCE_S)) as plain, \
                closing(context.wrap_socket(plain)) as wrapped:
            served = wrapped.getpeercert(binary_form=True) or b""
    except OSError:
        return  # nothing runs; what is stored is all there is to say
    first = chain.read_text("ascii", "replace").partition("-----BEGIN CERTIFICATE-----")[2].partition("-----END")[0]
    if served != ssl.PEM_cert_to_DER_cert(f"-----BEGIN CERTIFICATE-----{first}-----END CERTIFICATE-----\n"):
        yield Finding("https", "warn", f"{door.table} port {door.port} serves another certificate than {chain}; "
                                       "if it was renewed, wait a minute or restart `callward serve`.")


def _proxy(door: Door) -> Iterator[Finding]:
    """Look at the proxy's certificate as a browser does."""
    if not door.has_proxies:
        yield Finding("https", "warn", f"{door.table}: all browsers seem to come from the proxy, so one wrong password "
                                       'counts against everybody; set trusted_proxies = ["127.0.0.1"], its address.')
    parts = urlsplit(door.public_url)
    try:
        with closing(socket.create_connection((door.name, parts.port or 443), PATIENCE_S)) as plain, \
                closing(ssl.create_default_context().wrap_socket(plain, server_hostname=door.name)):
            yield Finding("https", "ok", f"{door.public_url}: its certificate is in order.")
    except ssl.SSLCertVerificationError as error:
        yield Finding("https", "fail", f"{door.public_url}: browsers refuse its certificate ({error.verify_message}); "
                                       "mend it at the proxy.")
    except OSError as error:
        yield Finding("https", "warn", f"{door.public_url}: cannot be reached from here ({error.strerror or error}), "
                                       "so its certificate was not looked at.")


def _is_loopback(host: str) -> bool:
    return host in ("localhost", "::1") or host.startswith("127.")
