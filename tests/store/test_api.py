"""What the API keeps, on every engine: tokens, answers that are given again, a key for hashes, and its own lists."""

from reports.raw import caller_key
from store import Store
from tests.callbacks.clinic import Clinic, at
from web import users
from web.api import tokens
from web.api.tokens import NewToken

NOW = at("10:00")


def test_a_token_is_made_used_listed_and_revoked(store: Store) -> None:
    with store.write() as tx:
        users.add(tx, users.NewUser("anna", "Anna", ("receptionist",)), NOW)
        given = tokens.add(tx, NewToken("website", "anna", ("calls:read",)), "boss", NOW)
    with store.read() as tx:
        assert tokens.knows(tx, given, NOW)
        assert not tokens.knows(tx, given, NOW + 366 * tokens.DAY_MS)
    with store.write() as tx:
        entering = tokens.enter(tx, given, NOW, 1)
        assert entering is not None
        assert (entering.person.name, entering.person.token, entering.wait_ms) == ("anna", "website", 0)
        again = tokens.enter(tx, given, NOW, 1)
        assert again is not None
        assert again.wait_ms == 60_000
        assert [row["used_ms"] for row in tokens.tokens(tx, NOW, owner="anna")] == [NOW]
        tokens.revoke(tx, "website", NOW)
        assert tokens.enter(tx, given, NOW, 1) is None
        assert tokens.tokens(tx, NOW) == []
        assert len(tokens.tokens(tx, NOW, everything=True)) == 1


def test_an_answer_is_given_again_for_a_day(store: Store) -> None:
    key = {"token": 1, "idempotency_key": "one"}
    with store.write() as tx:
        assert tx.run("api_answer_begin", **key, request="a", at_ms=NOW) == 1
        assert tx.run("api_answer_begin", **key, request="b", at_ms=NOW) == 0
        tx.run("api_answer_put", **key, status=202, body="{}")
        row = tx.one("api_answer_get", **key)
        assert row is not None
        assert (row["request"], row["status"]) == ("a", 202)
        tx.run("api_answers_forget", before_ms=NOW + 1)
        assert tx.one("api_answer_get", **key) is None


def test_the_key_that_hashes_callers_stays_what_it_is(store: Store) -> None:
    with store.write() as tx:
        first = caller_key(tx)
        assert first == caller_key(tx)
        assert len(first) == 64


def test_the_lists_of_the_api_are_paged(store: Store) -> None:
    clinic = Clinic(store)
    for number in range(3):
        clinic.inbound(f"1795309246.{number}", f"09:0{number}", number=f"+4850100020{number}", local_day="2026-11-23")
    with store.read() as tx:
        rows = tx.all("api_callbacks", before=None, state="open", number=None, limit=2)
        assert [row["id"] for row in rows] == [3, 2]
        assert [row["id"] for row in tx.all("api_callbacks", before=2, state=None, number=None, limit=2)] == [1]
        assert tx.all("api_marks", after=None, limit=5) == []
        days = {"from_day": "2026-11-23", "to_day": "2026-11-23", "from_ms": 0, "to_ms": 2**60, "limit": 2}
        calls = tx.all("api_report_calls", **days, before_ms=None, before_id=None, before_pbx=None)
        last = calls[-1]
        rest = tx.all("api_report_calls", **days, before_ms=last["started_ms"], before_id=last["id"],
                      before_pbx=last["pbx"])  # fmt: skip
        assert [row["id"][-1] for row in (*calls, *rest)] == ["2", "1", "0"]
