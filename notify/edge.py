"""The way out: one HTTP request to an address that somebody wrote into the settings.

1. https only; http to listed private addresses.
2. The name is resolved once. Every address must be public, or of a listed private network; else nothing is sent.
3. The connection goes to exactly those addresses, so a name that changes its mind between two questions gains nothing.
4. No redirect is followed, no proxy is asked, `TIMEOUT_S` bounds the whole, and little of the answer is read.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from ssl import SSLContext
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from notify import NotifyError

if TYPE_CHECKING:
    from aiohttp import TCPConnector

TIMEOUT_S = 10.0
MOST_READ = 16_384

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Lookup = Callable[[str, int], Awaitable[list[str]]]

_NAT64 = IPv6Network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent. Header values hold no line ends."""

    url: str
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: the status and the beginning of the text."""

    status: int
    text: str


async def resolve(host: str, port: int) -> list[str]:
    """Ask the system for the addresses of a name."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(where[0]) for *_, where in found))


@dataclass(frozen=True, slots=True)
class Edge:
    """Sends requests. `private` are networks of the clinic's own that may be used, `trust` replaces the system's
    certificates."""

    what: str
    """Begins every error: the setting that names the address."""
    private: tuple[Network, ...] = ()
    trust: SSLContext | None = None
    lookup: Lookup = resolve
    timeout_s: float = TIMEOUT_S

    async def call(self, request: Request) -> Reply:
        """Send one request. Raises NotifyError when it may not be sent, or nothing came back in time."""
        import aiohttp

        host = urlsplit(request.url).hostname or "?"
        try:
            async with asyncio.timeout(self.timeout_s):
                addresses = await self._addresses(request.url)
                return await self._send(request, addresses)
        except TimeoutError:
            raise NotifyError(
                f"{self.what}: {host} did not answer within {self.timeout_s:g} s; check that it is up."
            ) from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise NotifyError(
                f"{self.what}: {host} cannot be reached ({type(error).__name__}); check the address and that it is up."
            ) from error

    async def _addresses(self, url: str) -> list[str]:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
            raise NotifyError(f"{self.what}: the url is not one to send to; write it as https://host/path.")
        try:
            found = await self.lookup(parts.hostname, parts.port or (443 if parts.scheme == "https" else 80))
        except OSError:
            raise NotifyError(f"{self.what}: {parts.hostname} has no address; check its spelling.") from None
        for text in found:
            address = ip_address(text.partition("%")[0])
            listed = any(address in network for network in self.private)
            if not listed and not is_public(address):
                raise NotifyError(
                    f"{self.what}: {parts.hostname} is at {address}, which is not a public address; list it in "
                    "`private` if it is your own."
                )
            if parts.scheme == "http" and not listed:
                raise NotifyError(f"{self.what}: {parts.hostname} is asked without TLS; write https.")
        return found

    async def _send(self, request: Request, addresses: list[str]) -> Reply:
        import aiohttp

        async with (
            aiohttp.ClientSession(connector=_connector(addresses, self.trust), trust_env=False) as session,
            session.request(
                request.method, request.url, headers=dict(request.headers), data=request.body, allow_redirects=False,
            ) as response,
        ):
            text = b""
            while len(text) < MOST_READ and (chunk := await response.content.read(MOST_READ - len(text))):
                text += chunk
            return Reply(response.status, text.decode("utf-8", "replace"))


def is_public(address: Address) -> bool:
    """Say whether an address is one of the Internet's, also when it wraps another."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address in _NAT64:
            inner = IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast and not address.is_reserved


def networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Read addresses and networks: `10.0.0.5`, `10.1.0.0/16`. Raises ValueError."""
    return tuple(ip_network(text, strict=False) for text in texts)


def _connector(addresses: list[str], trust: SSLContext | None) -> "TCPConnector":
    from aiohttp import TCPConnector
    from aiohttp.abc import AbstractResolver, ResolveResult

    class Pinned(AbstractResolver):
        """Gives the addresses that were checked, whatever the name means by now."""

        async def resolve(
            self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
        ) -> list[ResolveResult]:
            return [
                ResolveResult(
                    hostname=host, host=address, port=port,
                    family=socket.AF_INET6 if ":" in address else socket.AF_INET, proto=0, flags=0,
                )
                for address in addresses
            ]  # fmt: skip

        async def close(self) -> None:
            """Nothing is held."""

    return TCPConnector(resolver=Pinned(), use_dns_cache=False, force_close=True, ssl=trust or True)
