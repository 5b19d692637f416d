"""Decided again, after corrections by a person and of assignments: what follows, what a dry run shows, what adds up."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store import Row, Store, Tx, open_store, rollups
from tests.store.rows import call_row
from tests.tracking.test_attribute import BACK_AT, BILLBOARD, FACEBOOK, Past, billboard_story, past  # noqa: F401
from tracking import Author, TrackingError
from tracking.attribute import Look, attribute, gather, why
from tracking.attribution import decide
from tracking.campaigns import Campaign, add_campaign
from tracking.corrections import correct, corrections, undo
from tracking.heard import note
from tracking.numbers import Assignment, assign, end_assignment, withdraw_assignment
from tracking.periods import Period
from tracking.recompute import Span, apply, differences, redecide_with_later

ANNA = Author("Anna", BACK_AT + 86_400_000)
ALWAYS = Span(0, 10**14)


def row_of(tx: Tx, call: str) -> Row:
    row = tx.one("call_get", pbx="main", id=call)
    assert row is not None
    return row


def campaign_of(tx: Tx, call: str) -> int | None:
    stored = tx.one("attribution_get", pbx="main", call=call)
    return None if stored is None else stored["campaign"]


def test_what_a_person_says_stands_and_later_calls_follow(past: Past) -> None:  # noqa: F811
    billboard_story(past)
    tx, row = past.tx, row_of(past.tx, "1.1")
    radio = add_campaign(tx, Campaign("radio", "offline"))
    correct(tx, row, radio, "the caller said so", ANNA)
    changed = redecide_with_later(tx, row, ANNA.now_ms, 0)
    assert [(one.call, one.after) for one in changed] == [
        ("1.1", ("manual", radio)), ("1.2", ("callback", radio)), ("1.3", ("callback", radio)),
    ]
    assert why(tx, "main", "1.1") == [
        'Campaign: radio / offline, by rule "manual".', "Anna said so on 2026-11-23: the caller said so",
        'Otherwise rule "number" (the number dialled is this campaign\'s) would have said '
        "billboard / offline / Billboard autumn.",
    ]


def test_a_correction_is_taken_back_and_stays_readable(past: Past) -> None:  # noqa: F811
    billboard_story(past)
    tx, row = past.tx, row_of(past.tx, "1.1")
    before = campaign_of(tx, "1.1")
    correct(tx, row, 2, "first thought", ANNA)
    correct(tx, row, None, "second thought", ANNA)
    redecide_with_later(tx, row, ANNA.now_ms, 0)
    assert campaign_of(tx, "1.1") is None
    undo(tx, row, ANNA)
    redecide_with_later(tx, row, ANNA.now_ms, 0)
    assert campaign_of(tx, "1.1") == 2
    undo(tx, row, ANNA)
    redecide_with_later(tx, row, ANNA.now_ms, 0)
    assert (campaign_of(tx, "1.1"), campaign_of(tx, "1.3")) == (before, before)
    assert [(one["because"], one["undone_by"]) for one in corrections(tx, row)] == [
        ("first thought", "Anna"), ("second thought", "Anna"),
    ]
    with pytest.raises(TrackingError, match="nothing to take back"):
        undo(tx, row, ANNA)


@pytest.mark.parametrize(("campaign", "because", "sentence"), [
    (2, "  ", "reason is empty"), (2, "x" * 501, "longer than"), (99, "why not", "There is no campaign 99"),
])  # fmt: skip
def test_a_correction_says_what_is_wrong_with_it(
    past: Past, campaign: int, because: str, sentence: str  # noqa: F811
) -> None:
    billboard_story(past)
    with pytest.raises(TrackingError, match=sentence):
        correct(past.tx, row_of(past.tx, "1.1"), campaign, because, ANNA)


def test_what_the_caller_says_is_told_beside_it(past: Past) -> None:  # noqa: F811
    past.inbound("1.1", BACK_AT, BILLBOARD)
    note(past.tx, row_of(past.tx, "1.1"), "passing_by", ("Anna", BACK_AT))
    assert why(past.tx, "main", "1.1")[-1] == 'Asked how they heard of the clinic, the caller said: "passing by".'


def test_a_visitors_call_is_explained(past: Past, insert: Callable[..., Row]) -> None:  # noqa: F811
    facts = {"started_ms": BACK_AT - 600_000, "source": "google", "medium": "cpc", "name": "Implants", "page": "/price"}
    insert(past.tx, "visit", id=1, visitor="a", **facts)
    for lease in (1, 2):
        insert(past.tx, "lease", id=lease, did=FACEBOOK, visit=1, from_ms=BACK_AT - 600_000, until_ms=BACK_AT,
               overflow=1)
    decision = past.inbound("1.1", BACK_AT, FACEBOOK)
    assert (decision.rule, decision.evidence["confidence"]) == ("visitor", 1.0)
    said = why(past.tx, "main", "1.1")
    assert said[0] == 'Campaign: google / cpc / Implants, by rule "visitor".'
    assert "shown to a visitor of the web site on the page /price" in said[1]
    assert past.again("1.1") == decision


@pytest.fixture
def story(store: Store) -> Store:
    """The billboard's number was the leaflet's by mistake: five calls, one of them by hand."""
    with store.write() as tx:
        for source in ("billboard", "leaflet"):
            add_campaign(tx, Campaign(source, "offline"))
        assign(tx, Assignment(BILLBOARD, 2, Period("2026-11-01")), ANNA)
        for n in range(5):
            row = call_row(id=f"9.{n}", did=BILLBOARD, started_ms=BACK_AT + n, local_day=f"2026-11-2{n}",
                           caller_number=f"+4850100020{n}", party=f"+4850100020{n}")
            tx.run("call_put", **{"sources": "{}"} | row)
            attribute(tx, row_of(tx, f"9.{n}"), now_ms=BACK_AT)
        correct(tx, row_of(tx, "9.4"), 2, "she had the leaflet", ANNA)
        redecide_with_later(tx, row_of(tx, "9.4"), BACK_AT, 0)
        rollups.rebuild(tx)
        withdraw_assignment(tx, 1, "the wrong campaign", ANNA)
        assign(tx, Assignment(BILLBOARD, 1, Period("2026-11-01", "2026-11-22")), ANNA)
    return store


def test_a_dry_run_tells_what_applying_does_and_stores_nothing(story: Store) -> None:
    found = list(differences(story, ALWAYS, 0))
    assert [(one.call, one.before, one.after) for one in found] == [
        *((f"9.{n}", ("number", 2), ("number", 1)) for n in range(3)), ("9.3", ("number", 2), ("none", None)),
    ]
    assert list(differences(story, ALWAYS, 0)) == found
    assert list(apply(story, ALWAYS, 0, BACK_AT)) == found
    assert list(apply(story, ALWAYS, 0, BACK_AT)) == []
    with story.read() as tx:
        assert not rollups.differences(tx)
        assert [campaign_of(tx, f"9.{n}") for n in range(5)] == [1, 1, 1, None, 2]


def test_only_calls_of_the_period_are_decided_again_and_progress_is_told(story: Store) -> None:
    told: list[tuple[int, int]] = []
    span = Span(BACK_AT, BACK_AT + 2)
    assert len(list(differences(story, span, 0, lambda done, total: told.append((done, total))))) == 2
    assert told == [(2, 2)]


def test_a_dry_run_follows_its_own_changes(past: Past) -> None:  # noqa: F811
    billboard_story(past)
    end_assignment(past.tx, 4, "2026-11-01", ANNA)
    decided: dict[str, tuple[str, int | None]] = {"main:1.1": ("none", None)}
    told = decide(gather(past.tx, row_of(past.tx, "1.2"), Look(decided=decided)))
    assert (told.rule, told.campaign_id) == ("none", None)


calls = st.lists(
    st.tuples(st.integers(0, 40), st.sampled_from([BILLBOARD, FACEBOOK, "+48225550100"]), st.integers(0, 2)),
    min_size=1, max_size=8,
)  # fmt: skip
spans = st.lists(
    st.tuples(st.sampled_from([BILLBOARD, FACEBOOK]), st.integers(1, 2), st.integers(1, 28), st.integers(0, 27)),
    max_size=5,
)  # fmt: skip


def put(tx: Tx, table: str, /, **values: Any) -> None:
    """Write a row of a table; columns that are not named are empty: 0, "" or NULL."""
    row = {}
    for column in tx.conn.execute(f"PRAGMA table_info({table})").fetchall():
        empty = (0 if column["type"] == "BIGINT" else "") if column["notnull"] else None
        row[column["name"]] = values.get(column["name"], empty)
    connection: Any = tx.conn
    marks = ", ".join("?" * len(row))
    connection.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", tuple(row.values()))


def _changed(tx: Tx, given: list[tuple[str, int, int, int]]) -> None:
    for did, campaign, first, days in given:
        period = Period(f"2026-11-{first:02}", f"2026-11-{min(28, first + days):02}")
        try:
            assign(tx, Assignment(did, campaign, period), ANNA)
        except TrackingError:
            continue


@settings(max_examples=25, deadline=None)
@given(calls, spans, spans, st.sampled_from([0, 5]))
def test_recomputed_equals_stored_and_the_campaigns_add_up_to_the_total(
    told: list[tuple[int, str, int]], before: Any, after: Any, returning: int
) -> None:
    with open_store(":memory:") as store:
        with store.write() as tx:
            for source in ("billboard", "leaflet"):
                add_campaign(tx, Campaign(source, "offline"))
            _changed(tx, before)
            for n, (day, did, caller) in enumerate(sorted(told)):
                number, started = f"+4850100020{caller}", BACK_AT + day * 86_400_000 + n
                row = call_row(id=f"9.{n}", did=did, started_ms=started, party=number, caller_number=number,
                               local_day=f"2026-{11 + day // 28}-{day % 28 + 1:02}")
                tx.run("call_put", **{"sources": "{}"} | row)
                attribute(tx, row_of(tx, f"9.{n}"), now_ms=BACK_AT, returning_days=returning)
            rollups.rebuild(tx)
        assert list(differences(store, ALWAYS, returning)) == []
        with store.write() as tx:
            for row in tx.all("numbers_list", day=None, limit=99, offset=0):
                withdraw_assignment(tx, row["id"], "anew", ANNA)
            _changed(tx, after)
        foretold = list(differences(store, ALWAYS, returning))
        assert list(apply(store, ALWAYS, returning, BACK_AT)) == foretold
        assert list(differences(store, ALWAYS, returning)) == []
        with store.read() as tx:
            assert not rollups.differences(tx)
            stored = [campaign_of(tx, f"9.{n}") for n in range(len(told))]
            sums: dict[int, int] = {}
            for row in tx.all("rollup_source_all"):
                sums[row["campaign"]] = sums.get(row["campaign"], 0) + row["calls"]
        assert sum(sums.values()) == len(told)
        assert {campaign: stored.count(campaign or None) for campaign in sums} == sums


later = st.tuples(st.sampled_from([BILLBOARD, FACEBOOK]), st.integers(1, 2), st.integers(0, 9), st.booleans())


@settings(max_examples=20, deadline=None)
@given(calls, spans, st.lists(later, max_size=5))
def test_a_call_is_attributed_by_what_was_true_when_it_began(told: Any, before: Any, after: Any) -> None:
    """Later assignments, visits, callbacks and calls change nothing about it."""
    with open_store(":memory:") as store:
        with store.write() as tx:
            for source in ("billboard", "leaflet"):
                add_campaign(tx, Campaign(source, "offline"))
            _changed(tx, before)
            for n, (_, did, caller) in enumerate(told):
                number, started = f"+4850100020{caller}", BACK_AT + n
                row = call_row(id=f"9.{n}", did=did, started_ms=started, party=number, caller_number=number,
                               local_day=f"2026-11-{n + 1:02}")
                tx.run("call_put", **{"sources": "{}"} | row)
                attribute(tx, row_of(tx, f"9.{n}"), now_ms=BACK_AT)
            end = BACK_AT + len(told)
            for n, (did, campaign, caller, missed) in enumerate(after, 1):
                with suppress(TrackingError):
                    assign(tx, Assignment(did, campaign, Period(f"2026-12-{n:02}", f"2026-12-{n + 10}")), ANNA)
                put(tx, "visit", id=n, visitor=f"v{n}", started_ms=end + n, campaign=campaign)
                put(tx, "lease", id=n, did=did, visit=n, from_ms=end + n, until_ms=end + 10**7, overflow=0,
                    released_ms=end + 10**7)
                number = f"+4850100020{caller % 3}"
                row = call_row(id=f"99.{n}", did=did, started_ms=end + n, party=number, caller_number=number,
                               missed=int(missed), local_day="2026-12-31")
                tx.run("call_put", **{"sources": "{}"} | row)
                if missed:
                    put(tx, "callback", id=n, number=number, location=str(n), kind="missed", state="open",
                        opened_ms=end + n)
                    put(tx, "callback_call", callback=n, pbx="main", call=f"99.{n}", role="missed", at_ms=end + n)
        assert list(differences(store, Span(0, end), 0)) == []
