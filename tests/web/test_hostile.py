"""What the exchange, a caller, an import or a colleague may have written is text on every page and in every area."""

from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from callbacks.desk import Desk
from tests.callbacks.clinic import Clinic, at, inbound
from tests.store.rows import PBX, insert
from tests.web.house import PASSWORD, House, house
from tests.web.reception import CLINIC, Console, leg
from tests.web.test_rights import path_of, routes
from tracking import Author, corrections
from tracking.campaigns import Campaign, add_campaign

MARK = "pwned"
EVIL = f"\"'><img src=x onerror={MARK}><script>{MARK}</script></svg>{{{{7*7}}}}\u2028"
NUMBER, DID, QUIET = "+48501000206", "+48221234501", "+48501000444"
PAGES = ("/", "/board", "/callbacks", "/callbacks/all", "/calls", "/calls?patient=x%22%3E%3Cimg%20src=x",
         "/calls/main:9.1", "/calls/main:9.2", "/patients?q=img", "/patients/P1", "/patients/P1/merge?q=img&with=P2",
         "/today", "/today?period=7d", "/today/callbacks", "/figures?period=30d", "/reports", "/account",
         "/account/tokens", "/switch", "/admin/users", "/admin/campaigns", "/admin/numbers", "/admin/hours",
         "/admin/topics", "/admin/pbx", "/admin/verify", "/admin/audit", "/login?next=%22%3E%3Cimg%20src=x",
         *(f"/reports/{name}?period=30d" for name in ("sources", "missed?by=number&period=30d", "queues", "team",
                                                      "callbacks")))  # fmt: skip
AREAS = "link,due,pop,click,board,duty,callbacks,today"


class Reader(HTMLParser):
    """Reads HTML as a browser does, and keeps what one would run."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.runs: list[str] = []
        self._script = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._script = tag == "script"
        for name, value in attrs:
            if name.startswith("on") or MARK in name or (tag in ("img", "script") and value == "x") or (
                    name in ("href", "src", "action") and (value or "").lower().startswith("javascript:")):  # fmt: skip
                self.runs.append(f"{tag} {name}")

    def handle_data(self, data: str) -> None:
        if self._script and MARK in data:
            self.runs.append(data)

    def handle_endtag(self, tag: str) -> None:
        self._script = False


def fill(made: House) -> None:
    """Let everything that comes from outside, and everything that people type, be hostile."""
    console, calls = Console(made.store, made.url, made.now), Clinic(made.store)
    for ref, number in (("P1", NUMBER), ("P2", NUMBER), ("P3", QUIET)):
        console.patient(ref, EVIL, number, email=EVIL, language=EVIL)
    with made.store.write() as tx:
        campaign = add_campaign(tx, Campaign("img", "ooh", EVIL, EVIL, promise=EVIL))
        tx.run("number_put", id=1, did=DID, label=EVIL, kind="static", location="", campaign=campaign,
               valid_from="2026-01-01", valid_to=None, destination=None)
        insert(tx, "queue_member", pbx=PBX, queue=EVIL, interface=EVIL, extension="101", name=EVIL, paused=1,
               reason=EVIL, since_ms=made.now, reachable=1, at_ms=made.now)
        insert(tx, "gap", id=1, pbx=EVIL, from_ms=made.now - 9000, to_ms=None, reason=EVIL)
    calls.record(inbound("9.1", at("09:00"), "answered", caller_name=EVIL, caller_raw=EVIL, queue=EVIL,
                         answered_by=EVIL, final_agent=EVIL, recording=EVIL), made.now)
    calls.inbound("9.2", "09:50", number=NUMBER, caller_name=EVIL, queue=EVIL)
    console.rings("9.3", "101", number=NUMBER, party=NUMBER, caller_name=EVIL, queue=EVIL, did=DID)
    with made.store.write() as tx:
        row = tx.one("call_get", pbx=PBX, id="9.1")
        assert row is not None
        insert(tx, "leg", **(leg("9.1", EVIL, made.now) | {"channel": EVIL, "ended_ms": made.now}))
        insert(tx, "talk", pbx=PBX, call="9.1", n=0, who=EVIL, started_ms=at("09:00"), ended_ms=made.now)
        insert(tx, "wait", pbx=PBX, call="9.1", n=0, queue=EVIL, started_ms=at("09:00"), ended_ms=made.now,
               departed="answered")
        corrections.correct(tx, row, campaign, EVIL, Author(EVIL, made.now))
        tx.run("call_comment_put", id=1, pbx=PBX, call="9.1", body=EVIL, author=EVIL, at_ms=made.now)
        Desk(tx, CLINIC.callbacks, EVIL, made.now).claim(1)
        Desk(tx, CLINIC.callbacks, EVIL, made.now).comment(1, EVIL)


async def test_no_page_and_no_area_runs_what_somebody_wrote(tmp_path: Path) -> None:
    async with house(tmp_path) as made, made.browser() as boss:
        fill(made)
        made.add("boss", "receptionist", "manager", "admin", display=EVIL.replace("\u2028", ""))
        await boss.sign_in("boss", desk="101")
        texts = {}
        for path in PAGES:
            async with boss.http.get(made.url + path) as answer:
                texts[path] = await answer.text()
                assert answer.status == 200, path
        async with boss.http.get(f"{made.url}/live/since?areas={AREAS}") as answer:
            texts |= {f"area {name}": html for name, html in (await answer.json())["areas"].items()}
        assert Reader(EVIL).runs == ["img src", "img onerror", MARK], "the reader sees what is live"
        assert {path: runs for path, text in texts.items() if (runs := Reader(text).runs)} == {}
        showing = {path for path, text in texts.items() if MARK in text}
        assert {"/board", "/callbacks", "/calls", "/calls/main:9.1", "/patients/P1", "/admin/campaigns", "/admin/users",
                "/admin/audit", "area pop", "area board", "area callbacks"} - showing == set()


FIELDS = (
    "action", "address", "amount", "answer", "because", "birth_year", "booked_day", "booked_time", "born", "campaign",
    "category", "code", "comment", "consent_marketing", "currency", "day", "days", "desk", "did", "email", "end", "for",
    "hours", "label", "language", "link", "merge", "move", "name", "number", "numbers", "patient", "pbx", "period",
    "pin", "queue", "reason", "role", "said", "scope", "secret", "session", "start", "ticket", "topic", "valid_from",
    "valid_to", "with",
)
"""Fields of the forms of all pages; one that a form does not know changes nothing."""


@pytest.mark.parametrize("value", ["9" * 20, "9" * 18, "\u00b2", "0001-01-01", "\u0661\u0662\u0663\u0664\u0665\u0666"])
async def test_no_form_that_nobody_would_send_is_a_fault(tmp_path: Path, value: str) -> None:
    async with house(tmp_path) as made, made.browser() as boss:
        fill(made)
        made.add("boss", "receptionist", "manager", "admin")
        await boss.sign_in("boss", desk="101")
        await boss.get("/account")
        token = boss.token
        sent: dict[str, Any] = dict.fromkeys(FIELDS, value) | {"current": PASSWORD, "text": EVIL}
        faults = []
        for route in routes(made):
            method, path = route.split(" ")
            if method != "POST" or path.startswith(("/log", "/enter", "/account/password", "/admin/verify")):
                continue
            path = path.replace("/calls/{ref}", "/calls/main:9.1").replace("/patients/{ref}", "/patients/P1")
            answer = await boss.post(path_of(f"{method} {path}"), csrf=token, **sent)
            faults += [(route, answer.status)] if answer.status >= 500 else []
        assert faults == []
