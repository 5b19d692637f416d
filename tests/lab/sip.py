"""SIP messages, as much of RFC 3261 as the lab's phones need. Pure: no sockets."""

import hashlib
import random
import re
import string
from collections.abc import Sequence
from dataclasses import dataclass

HOST = "127.0.0.1"
METHODS = "INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, NOTIFY, INFO, UPDATE"
_COMPACT = {
    "i": "call-id", "f": "from", "t": "to", "v": "via", "m": "contact", "l": "content-length",
    "c": "content-type", "r": "refer-to", "k": "supported", "b": "referred-by",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Message:
    """A request or a response. Header names are lower case and never compact."""

    start: str
    headers: tuple[tuple[str, str], ...]
    body: str

    @classmethod
    def parse(cls, data: bytes) -> "Message":
        """Read one datagram; bytes that are no UTF-8 survive as surrogates."""
        head, _, body = data.decode("utf-8", "surrogateescape").partition("\r\n\r\n")
        start, *lines = head.split("\r\n")
        pairs = (line.partition(":") for line in lines)
        headers = tuple((_COMPACT.get(key := name.strip().lower(), key), value.strip()) for name, _, value in pairs)
        return cls(start, headers, body)

    @property
    def code(self) -> int | None:
        """Return a response's status; None for a request."""
        return int(self.start.split()[1]) if self.start.startswith("SIP/2.0") else None

    @property
    def method(self) -> str:
        """Return the method, of a response the one it answers."""
        return self.cseq[1]

    @property
    def cseq(self) -> tuple[int, str]:
        """Return the number and the method of CSeq."""
        number, method = self.get("cseq").split()
        return int(number), method

    def get(self, name: str) -> str:
        """Return the first header of that name, "" when there is none."""
        return next((value for key, value in self.headers if key == name), "")

    def all(self, name: str) -> list[str]:
        """Return every header of that name."""
        return [value for key, value in self.headers if key == name]


def render(start: str, headers: Sequence[str], body: str = "") -> bytes:
    """Write a message; the content headers are added."""
    lines = [start, *headers, *(["Content-Type: application/sdp"] if body else []), f"Content-Length: {len(body)}"]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode("utf-8", "surrogateescape")


def tag(header: str) -> str:
    """Return the tag of a From or To header, or ""."""
    found = re.search(r";tag=([^;>\s]+)", header)
    return found.group(1) if found else ""


def uri(header: str) -> str:
    """Return the URI of a From, To or Contact header."""
    found = re.search(r"<([^>]+)>", header)
    return found.group(1) if found else header.split(";")[0].strip()


def token(length: int = 12) -> str:
    """Return a random word for tags, branches and call ids."""
    return "".join(random.choices(string.ascii_lowercase + string.digits, k=length))


def quoted(text: str) -> str:
    """Escape what may not stand in the user part of a URI."""
    return text.replace("%", "%25").replace("#", "%23").replace(" ", "%20")


def sdp(port: int, version: int, mode: str) -> str:
    """Return an offer or answer: G.711 and telephone events on that port. `mode` is sendrecv, sendonly, ..."""
    return (
        f"v=0\r\no=lab 1 {version} IN IP4 {HOST}\r\ns=lab\r\nc=IN IP4 {HOST}\r\nt=0 0\r\n"
        f"m=audio {port} RTP/AVP 0 101\r\n"
        "a=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=ptime:20\r\n"
        f"a={mode}\r\n"
    )


def audio_port(body: str) -> int:
    """Return the port of an SDP's audio, 0 when there is none."""
    found = re.search(r"m=audio (\d+)", body)
    return int(found.group(1)) if found else 0


def authorization(challenge: str, username: str, password: str, request: tuple[str, str]) -> str:
    """Answer a digest challenge (RFC 2617, MD5, qop auth). `request` is the method and the URI."""
    given = dict(re.findall(r'(\w+)="?([^",]+)"?', challenge))
    method, target = request
    secret = _md5(f"{username}:{given['realm']}:{password}")
    nonce, count = token(8), "00000001"
    response = _md5(f"{secret}:{given['nonce']}:{count}:{nonce}:auth:{_md5(f'{method}:{target}')}")
    opaque = f', opaque="{given["opaque"]}"' if "opaque" in given else ""
    return (
        f'Authorization: Digest username="{username}", realm="{given["realm"]}", nonce="{given["nonce"]}", '
        f'uri="{target}", response="{response}", algorithm=MD5, qop=auth, nc={count}, cnonce="{nonce}"{opaque}'
    )


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()
