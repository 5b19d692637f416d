"""AMI actions, built from types. Nothing that comes from outside can add a header, a second action or an application.

Two actions change something. Click-to-call can do one thing: ring a configured phone and send it to one number in one
context. `Application`, `Data`, Local channels and free variables cannot be expressed. Pausing moves one member's place
in the queues, and nothing else.
"""

import hashlib
import re
from dataclasses import dataclass

MAX_LINE = 1000
"""Bytes. Asterisk reads action lines into a buffer of about a thousand bytes and drops longer ones."""

SNAPSHOT_ID = "callward-snapshot-"
"""Every answer to a snapshot carries an ActionID that begins so: `callward-snapshot-<n>-channels|status|queues`."""

_KEY = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_FORBIDDEN = re.compile(r"[\r\n\0]")
_PHONE = re.compile(r"(?:PJSIP|SIP|IAX2|DAHDI|SCCP)/[A-Za-z0-9_-]{1,80}")
_NUMBER = re.compile(r"\+?[0-9]{2,20}")
_CONTEXT = re.compile(r"[A-Za-z0-9_-]{1,80}")
_CLICK_ID = re.compile(r"[0-9a-f-]{8,64}")
_MEMBER = re.compile(r"Local/[A-Za-z0-9_*#-]{1,80}@[A-Za-z0-9_-]{1,80}(?:/n)?"
                     r"|[A-Za-z0-9]{2,10}[/:][A-Za-z0-9_@*#-]{1,80}")
_QUEUE = re.compile(r"[A-Za-z0-9_.-]{0,80}")
MAX_REASON = 60
"""Characters of a reason for a pause."""


class BadActionError(ValueError):
    """An action would not be safe to send. The text says which value, and what is allowed."""


@dataclass(frozen=True, slots=True)
class Action:
    """One action: its name and its headers, in order; a header may occur more than once.

    Raises:
        BadActionError: a name or value holds CR, LF or NUL, or is too long for Asterisk.
    """

    name: str
    headers: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        for key, value in (("Action", self.name), *self.headers):
            if not _KEY.fullmatch(key):
                raise BadActionError(f"{key!r} is not a header's name; use letters, digits and -.")
            if _FORBIDDEN.search(value):
                raise BadActionError(f"the value of {key} holds a line break or NUL; remove it.")
            if len(key) + len(value.encode("utf-8", "surrogateescape")) > MAX_LINE:
                raise BadActionError(f"the value of {key} is longer than {MAX_LINE} bytes; shorten it.")

    def encode(self, action_id: str) -> bytes:
        """Return the bytes to send, with this ActionID.

        Raises:
            BadActionError: the id holds CR, LF or NUL.
        """
        if _FORBIDDEN.search(action_id):
            raise BadActionError("the ActionID holds a line break or NUL; remove it.")
        lines = [f"Action: {self.name}", f"ActionID: {action_id}", *(f"{key}: {value}" for key, value in self.headers)]
        return "\r\n".join((*lines, "", "")).encode("utf-8", "surrogateescape")


@dataclass(frozen=True, slots=True)
class ClickToCall:
    """A call that our console starts: `phone` rings; when it is picked up, `number` is dialled in `context`."""

    phone: str
    """The agent's endpoint with its technology, such as `PJSIP/101`."""
    number: str
    """Digits, perhaps with a leading +."""
    caller_id: str
    """What the agent's phone shows while it rings: the number that will be dialled, perhaps with a leading +."""
    context: str
    click_id: str
    """Our own mark (0-9, a-f, -): both legs carry it as the variable CALLWARD_ID."""
    ring_s: int = 30
    presents: str = ""
    """What the patient's phone is to show, as the variable CALLWARD_PRESENTS; "" leaves it to the dialplan."""


def originate(call: ClickToCall) -> Action:
    """Return the action that starts a click-to-call.

    Raises:
        BadActionError: a field holds anything else than its type allows.
    """
    for what, value, pattern, allowed in (
        ("phone", call.phone, _PHONE, "a technology and an endpoint, like PJSIP/101"),
        ("number", call.number, _NUMBER, "2 to 20 digits, perhaps after a +"),
        ("caller id", call.caller_id, _NUMBER, "2 to 20 digits, perhaps after a +"),
        ("number presented", call.presents or "00", _NUMBER, "2 to 20 digits, perhaps after a +"),
        ("context", call.context, _CONTEXT, "letters, digits, - and _"),
        ("click id", call.click_id, _CLICK_ID, "8 to 64 of 0-9, a-f and -"),
    ):
        if not pattern.fullmatch(value):
            raise BadActionError(f"the {what} of a click-to-call is not allowed; give {allowed}.")
    if not 1 <= call.ring_s <= 120:
        raise BadActionError("the ringing time of a click-to-call is not allowed; give 1 to 120 seconds.")
    presents = (("Variable", f"__CALLWARD_PRESENTS={call.presents}"),) if call.presents else ()
    return Action("Originate", (
        ("Channel", call.phone), ("Context", call.context), ("Exten", call.number), ("Priority", "1"),
        ("CallerID", f"<{call.caller_id}>"), ("Timeout", str(call.ring_s * 1000)), ("Async", "true"),
        ("Variable", f"__CALLWARD_ID={call.click_id}"), *presents,
    ))


@dataclass(frozen=True, slots=True)
class Pause:
    """A member's place in the queues: away, with a reason, or back."""

    interface: str
    """As the exchange names the member: `PJSIP/101`, `Local/101@from-queue/n`."""
    paused: bool
    reason: str = ""
    """One line, at most 60 characters. Bars are taken out: Asterisk's queue_log separates its fields by them."""
    queue: str = ""
    """One queue, "" for every queue that the member is in."""


def pause(change: Pause) -> Action:
    """Return the action that pauses or resumes a member.

    Raises:
        BadActionError: a field holds anything else than its type allows.
    """
    if not _MEMBER.fullmatch(change.interface):
        raise BadActionError("the member of a pause is not allowed; give an interface like PJSIP/101.")
    if not _QUEUE.fullmatch(change.queue):
        raise BadActionError("the queue of a pause is not allowed; give its name.")
    reason = change.reason.replace("|", " ").strip()
    if len(reason) > MAX_REASON or not (reason.isprintable() or not reason):
        raise BadActionError(f"the reason of a pause is not allowed; give one line of at most {MAX_REASON} characters.")
    return Action("QueuePause", (
        *((("Queue", change.queue),) if change.queue else ()), ("Interface", change.interface),
        ("Paused", "true" if change.paused else "false"), *((("Reason", reason),) if reason else ()),
    ))


def challenge() -> Action:
    """Ask for the challenge of an MD5 login."""
    return Action("Challenge", (("AuthType", "MD5"),))


def login_md5(username: str, secret: str, challenged: str, events: str = "on") -> Action:
    """Log in without sending the secret: its digest with the challenge is all that AMI offers."""
    key = hashlib.md5((challenged + secret).encode(), usedforsecurity=False).hexdigest()
    return Action("Login", (("AuthType", "MD5"), ("Username", username), ("Key", key), ("Events", events)))


def login_plain(username: str, secret: str, events: str = "on") -> Action:
    """Log in with the secret itself: over loopback or TLS only."""
    return Action("Login", (("Username", username), ("Secret", secret), ("Events", events)))


def logoff() -> Action:
    """Say goodbye."""
    return Action("Logoff")


def ping() -> Action:
    """Ask for a sign of life; the answer tells the PBX's clock."""
    return Action("Ping")


def snapshot(number: int) -> dict[str, Action]:
    """Return the actions that ask what is going on now, by ActionID; the tracker knows their answers by it."""
    return {
        f"{SNAPSHOT_ID}{number}-channels": Action("CoreShowChannels"),
        f"{SNAPSHOT_ID}{number}-status": Action("Status", (("Variables", "FROM_DID"),)),
        f"{SNAPSHOT_ID}{number}-queues": Action("QueueStatus"),
    }
