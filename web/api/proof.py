"""The proof that no call was lost: runs of the ledger against Asterisk's own records."""

import json
from typing import Any, Literal

from pydantic import Field

from store import Row
from store.documents import iso
from web.admin_verify import RefusedRunError, begin, end_run, runs_of
from web.api.operations import Ask, Operations
from web.api.problems import Problem
from web.api.shapes import LINE, Answered, Day, Sent, within_reason
from web.rights import Right

proof = Operations("Proof")


class Run(Answered):
    """One run."""

    id: int
    pbx: str
    from_: str = Field(alias="from")
    to: str
    person: str
    state: Literal["running", "done", "stopped", "failed", "lost"]
    step: str = Field(description="what it looks at: store, cel, cdr, queue_log, journal, attribution, made_by")
    started_at: str
    ended_at: str | None
    found: dict[str, Any] | None = Field(description="what it found, as `callward verify --json` prints it")


class Runs(Answered):
    """The last runs, the newest first."""

    items: list[Run]


class NewRun(Sent):
    """What is to be looked at."""

    pbx: str = Field(min_length=1, max_length=32, pattern=LINE, description="the exchange")
    from_: Day = Field(alias="from", description="the first local day")
    to: Day = Field(description="the last local day, included")


class Begun(Answered):
    """A run that is on."""

    id: int


@proof.get("/verify", Right.SYSTEM, answer=Runs)
async def runs(ask: Ask) -> dict[str, Any]:
    """List the last runs of the ledger, and how far the one is that is on."""
    return {"items": [_run(row) for row in await runs_of(ask.request)]}


@proof.post("/verify", Right.SYSTEM, body=NewRun, answer=Begun, status=202, refuses=(409,))
async def verify(ask: Ask) -> Begun:
    """Match every call of some days with CEL, CDR, queue_log and the journal. One run at a time."""
    days = within_reason(ask.body.from_), within_reason(ask.body.to)
    try:
        return Begun(id=await begin(ask.request, ask.body.pbx, days))
    except RefusedRunError as error:
        raise Problem(409, str(error)) from None


@proof.post("/verify/stop", Right.SYSTEM)
async def stop(ask: Ask) -> None:
    """End the run that is on before its time; nothing was changed by it."""
    await end_run(ask.request)


def _run(row: Row) -> dict[str, Any]:
    same = ("id", "pbx", "person", "state", "step")
    return {**{name: row[name] for name in same}, "from": iso(row["from_ms"]), "to": iso(row["to_ms"]),
            "started_at": iso(row["started_ms"]), "ended_at": iso(row["ended_ms"]),
            "found": json.loads(row["result"]) if row["result"] else None}
