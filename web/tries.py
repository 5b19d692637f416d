"""How often somebody may try: counted before the try is made, so that many at once are not one.

Counted for each name and for each address, and kept in the store: a restart forgives nobody.
"""

from dataclasses import dataclass

from store import Tx

WINDOW_MS = 15 * 60_000
PER_NAME = 10
PER_ADDRESS = 50
PER_PIN = 5


@dataclass(frozen=True, slots=True)
class Limit:
    """So many tries at a subject within a window."""

    subject: str
    most: int
    window_ms: int = WINDOW_MS


def password_limits(name: str, address: str) -> tuple[Limit, ...]:
    """Return what counts for a password: everybody of a clinic may share one address."""
    return Limit(f"name:{name[:64]}", PER_NAME), Limit(f"address:{address}", PER_ADDRESS)


def pin_limits(name: str, address: str) -> tuple[Limit, ...]:
    """Return what counts for a code. After a few wrong ones it works again only after a sign-in by password."""
    return Limit(f"pin:{name[:64]}", PER_PIN, 10 * 365 * 86_400_000), Limit(f"address:{address}", PER_ADDRESS)


def take(tx: Tx, limits: tuple[Limit, ...], now_ms: int) -> int:
    """Count one try; return 0 if it may be made, else in how many ms to come again."""
    wait = 0
    for limit in limits:
        row = tx.one("tries", subject=limit.subject)
        fresh = row is None or now_ms - row["since_ms"] >= limit.window_ms
        tries = 0 if fresh or row is None else row["tries"]
        since = now_ms if fresh or row is None else row["since_ms"]
        if tries >= limit.most:
            wait = max(wait, since + limit.window_ms - now_ms)
        else:
            tx.run("tries_put", subject=limit.subject, tries=tries + 1, since_ms=since)
    return wait


def forgive(tx: Tx, limits: tuple[Limit, ...]) -> None:
    """Take back the tries of somebody who was right. The address keeps the others' tries: one is taken off."""
    for limit in limits:
        row = tx.one("tries", subject=limit.subject)
        if row is None:
            continue
        if limit.subject.startswith("address:"):
            tx.run("tries_put", subject=limit.subject, tries=max(row["tries"] - 1, 0), since_ms=row["since_ms"])
        else:
            tx.run("tries_forget", subject=limit.subject)
