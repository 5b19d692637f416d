"""The audit log: who looked at which patient, who changed or exported what. For managers."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from store import Row, Tx
from web import audit_words
from web.admin_pages import admin_page
from web.audit import looked
from web.calls_filter import known_day, midnight
from web.context import CLINIC, read
from web.rights import Right, needs

SHOWN = 100


@dataclass(frozen=True, slots=True)
class Sought:
    """What the log is filtered by; "" is no filter."""

    person: str = ""
    patient: str = ""
    action: str = ""
    start: str = ""
    end: str = ""

    @classmethod
    def of(cls, request: web.Request) -> "Sought":
        """Read the address; what is no day counts as none."""
        given = {name: request.query.get(name, "").strip()[:80] for name in cls.__dataclass_fields__}
        for name in ("start", "end"):
            given[name] = known_day(given[name])
        return cls(**given)

    @property
    def any(self) -> bool:
        """Say whether anything is filtered."""
        return any(getattr(self, name) for name in self.__dataclass_fields__)

    def query(self, **more: str) -> str:
        """Return the address's query, with what is added."""
        given = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return urlencode({name: value for name, value in {**given, **more}.items() if value})


@needs(Right.AUDIT)
async def audit_page(request: web.Request) -> web.Response:
    """`GET /admin/audit?person=&patient=&action=&before=ID`: the newest first. Looking at a patient's rows is noted."""
    sought, zone = Sought.of(request), request.app[CLINIC].zone
    text = request.query.get("before", "")
    before = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None

    def look(tx: Tx) -> dict[str, Any]:
        rows: list[Row] = tx.all(
            "audit_search", before=before, person=sought.person or None, action=sought.action or None,
            patient=sought.patient or None, from_ms=midnight(sought.start, zone), to_ms=midnight(sought.end, zone, 1),
            limit=SHOWN + 1,
        )  # fmt: skip
        return {"rows": rows[:SHOWN], "older": sought.query(before=str(rows[SHOWN - 1]["id"]))
                if len(rows) > SHOWN else "", "actions": [row["action"] for row in tx.all("audit_actions")],
                "people": [row["person"] for row in tx.all("audit_people")]}

    values = await read(request, look)
    if sought.patient:
        await looked(request, "audit", sought.patient)
    return admin_page(request, "admin_audit.html", sought=sought, later=before is not None, words=audit_words,
                      **values)


def set_up(app: web.Application) -> None:
    """Add the routes."""
    app.router.add_get("/admin/audit", audit_page)
