"""Who is let through the public door, and how often. `now` is an argument; no address is stored.

1. A page has to be a browser's page that somebody sees: it asks for a token, waits, and comes back with it. A token is
   signed, good for one site, one network and one use, not before `VISIBLE_MS` and not after `TOKEN_MS`.
2. A network (/24 of IPv4, /48 of IPv6) may ask so many times a minute, and be given so many numbers a day.
3. More new visitors in a minute than a clinic has are a flood: for a while nobody is given a number of their own, and
   the number of the source serves. A flood costs some attribution, and never makes a false one.

Tokens and minutes are in memory. What lasts longer, a day's numbers and a flood's end, is in the store: a restart
forgets none of it.
"""

import hmac
import re
import secrets
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from ipaddress import IPv6Address, ip_address, ip_network

VISIBLE_MS = 900
TOKEN_MS = 5 * 60_000
MINUTE_MS = 60_000
PER_MINUTE = 60
"""Requests of one network a minute: a hospital behind one address reads pages, too."""
MOST_KEPT = 50_000

_TOKEN = re.compile(r"([0-9]{1,15})\.([0-9a-f]{16})\.([0-9a-f]{64})", re.ASCII)
_ROBOT = re.compile(
    r"bot\b|bot/|crawl|spider|slurp|preview|headless|lighthouse|pagespeed|externalhit|monitor|uptime|curl|wget|python"
    r"|httpclient|okhttp|java/|go-http|phantom|selenium|puppeteer|playwright|scan",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Caps:
    """The defaults of `[web.public]`."""

    leases_per_network: int = 30
    flood_per_minute: int = 120
    flood_minutes: int = 10


@dataclass(slots=True)
class Gate:
    """Counts, and signs tokens by a secret that lives as long as the process."""

    caps: Caps = field(default_factory=Caps)
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    _asked: dict[str, int] = field(default_factory=dict)
    _minute: int = 0
    _used: dict[str, int] = field(default_factory=dict)
    _new: deque[int] = field(default_factory=deque)

    def may_ask(self, network: str, now_ms: int) -> bool:
        """Count a request of a network; return whether it may be answered."""
        minute = now_ms // MINUTE_MS
        if minute != self._minute or len(self._asked) > MOST_KEPT:
            self._asked.clear()
            self._minute = minute
        self._asked[network] = self._asked.get(network, 0) + 1
        return self._asked[network] <= PER_MINUTE

    def token(self, site: str, network: str, now_ms: int) -> str:
        """Return a token for a page of a site."""
        nonce = secrets.token_hex(8)
        return f"{now_ms}.{nonce}.{self._sign(f'{now_ms}.{nonce}.{site}.{network}')}"

    def admits(self, token: str, site: str, network: str, now_ms: int) -> bool:
        """Say whether a token is ours, of this site and network, ripe, fresh and not used yet; use it up."""
        parts = _TOKEN.fullmatch(token)
        if parts is None:
            return False
        made, nonce, signature = parts.groups()
        if not hmac.compare_digest(signature, self._sign(f"{made}.{nonce}.{site}.{network}")):
            return False
        if not VISIBLE_MS <= now_ms - int(made) <= TOKEN_MS or nonce in self._used:
            return False
        if len(self._used) > MOST_KEPT:
            self._used = {one: at for one, at in self._used.items() if now_ms - at <= TOKEN_MS}
        self._used[nonce] = now_ms
        return True

    def leased(self, now_ms: int) -> bool:
        """Count that a new visitor was given a number; return whether a flood began."""
        self._new.append(now_ms)
        while self._new[0] <= now_ms - MINUTE_MS:
            self._new.popleft()
        if len(self._new) <= self.caps.flood_per_minute:
            return False
        self._new.clear()
        return True

    def _sign(self, text: str) -> str:
        return hmac.new(self.secret, text.encode(), sha256).hexdigest()


def network_of(address: str) -> str:
    """Return the network of an address, `203.0.113.0/24` or `2001:db8:1::/48`; "" for what is no address."""
    try:
        found = ip_address(address)
    except ValueError:
        return ""
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is not None:
            return network_of(str(found.ipv4_mapped))
        return str(ip_network((found, 48), strict=False))
    return str(ip_network((found, 24), strict=False))


def is_robot(headers: Mapping[str, str], says_so: bool = False) -> bool:
    """Say whether a request is a program's: it says so, it has a program's name, or it lacks what browsers send."""
    agent = headers.get("User-Agent", "")
    if says_so or len(agent) < 20 or _ROBOT.search(agent):
        return True
    return not headers.get("Accept-Language") or "prefetch" in headers.get("Sec-Purpose", "")
