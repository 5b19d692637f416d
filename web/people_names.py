"""What the clinic's people are called: what they write is signed by their login, and shown under their name."""

from aiohttp import web

from store import Tx

NAMES = web.AppKey("names", dict[str, str])
"""By login. Looked up anew every second: who is added, or called otherwise, is soon known by it."""


def names(tx: Tx) -> dict[str, str]:
    """Return the names of all users by login."""
    return {row["name"]: row["display"] for row in tx.all("users_names") if row["display"]}


def names_known(app: web.Application) -> int:
    """Return what is another number once somebody is called otherwise."""
    return hash(frozenset(app[NAMES].items()))
