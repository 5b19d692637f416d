"""Passwords, codes and one-time codes: what may be chosen, and whether what was typed is right.

Hashing takes 19 MiB and some 35 ms on purpose; it runs in a thread, and only a few at a time.
"""

import asyncio
import hmac
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from hashlib import sha256
from itertools import pairwise

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

LEAST = 10
_MOST = 200
_PIN = range(4, 9)
_STEP_S = 30
_COMMON = frozenset((
    "password", "passw0rd", "qwerty", "qwertyuiop", "letmein", "welcome", "administrator", "callward", "reception",
    "receptionist", "clinic", "zaq1", "haslo", "recepcja", "пароль", "йцукен", "регистратура", "contraseña",
    "recepcion",
))  # fmt: skip

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_few = ThreadPoolExecutor(max_workers=2, thread_name_prefix="callward-password")


def weakness(password: str, name: str) -> str | None:
    """Return what is wrong with a new password, None if it may be chosen: `short`, `long`, `common` or `name`."""
    if len(password) < LEAST:
        return "short"
    if len(password) > _MOST:
        return "long"
    plain = password.casefold().strip("0123456789!?.,-_ ")
    if plain in _COMMON or len(set(password)) < 4 or not plain:
        return "common"
    return "name" if name.casefold() in password.casefold() and len(name) >= 3 else None


def pin_weakness(pin: str) -> str | None:
    """Return what is wrong with a new code, None if it may be chosen: `digits` or `common`."""
    if not (pin.isascii() and pin.isdigit() and len(pin) in _PIN):
        return "digits"
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(pin)}
    half = len(pin) // 2
    if (len(steps) == 1 and steps <= {0, 1, 9}) or (len(pin) % 2 == 0 and pin[:half] == pin[half:]):
        return "common"
    return None


def hash_now(password: str) -> str:
    """Hash here and now; for the command line."""
    return _hasher.hash(password)


async def hashed(password: str) -> str:
    """Hash in a thread."""
    return await asyncio.get_running_loop().run_in_executor(_few, _hasher.hash, password)


async def matches(stored: str, typed: str) -> bool:
    """Say whether what was typed is right. Nothing stored takes as long as something, and is never right."""
    return await asyncio.get_running_loop().run_in_executor(_few, _verify, stored, typed[:_MOST])


def _verify(stored: str, typed: str) -> bool:
    try:
        return _hasher.verify(stored or _nobody(), typed) and bool(stored)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobody() -> str:
    """Return a hash that nothing matches, so that an unknown name is not told by the time it takes."""
    return _hasher.hash("nobody has this password")


def totp_secret() -> str:
    """Return a fresh secret for an authenticator app."""
    return pyotp.random_base32()


def is_totp_secret(secret: str) -> bool:
    """Say whether this is a secret that an authenticator app takes: base32, of 112 bits or more."""
    try:
        pyotp.HOTP(secret).at(0)
    except ValueError:
        return False
    return True


def totp_link(secret: str, name: str, clinic: str) -> str:
    """Return what an authenticator app reads from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=f"Callward {clinic}")


def totp_step(secret: str, code: str, now_ms: int) -> int | None:
    """Return the time step whose code was typed, None if it is wrong. A clock may be half a minute off."""
    code = "".join(code.split())
    if not (len(code) == 6 and code.isascii() and code.isdigit()):
        return None
    if not is_totp_secret(secret):
        return None
    codes, now = pyotp.HOTP(secret), now_ms // 1000 // _STEP_S
    return next((step for step in (now, now - 1, now + 1) if hmac.compare_digest(codes.at(step), code)), None)


def token_hash(token: str) -> str:
    """Return under what a random token is stored. It has 256 bits of its own, so one round is enough."""
    return sha256(token.encode("utf-8", "surrogateescape")).hexdigest()
