"""Journeys in stages: the report counts who `tracking.journey` says was in each stage."""

from collections import Counter
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports import ReportsError
from reports.period import Period
from reports.report import Report
from reports.stages import METRICS, frame, report
from reports.stages_people import LASTS, Appointment, Person, Visit, way
from store import Store, Tx, open_store
from tests.store.rows import insert
from tests.tracking.booking import WARSAW, appointment, at, attributed, call, patient, visit
from tracking.campaigns import campaign_id
from tracking.journey import Journey, journey
from tracking.journey_gather import _visit, journey_of_number

PERIOD = Period(date(2026, 11, 1), date(2026, 11, 30))
ANNA, BORYS, CELINA = "+48501000206", "+48501000207", "+48501000208"
NUMBERS = (ANNA, BORYS, CELINA)


def rang(tx: Tx, ident: str, when: str, number: str, came: int | str | None = None, **changes: Any) -> None:
    """Store a call; `came` is its visit (a number) or the name of its billboard."""
    known = tx.one("stage_first_call", number=number)
    assert known is not None
    call(tx, ident, when, number=number, first_time=int(known["started_ms"] is None), **changes)
    if isinstance(came, int):
        attributed(tx, ident, "visitor", visit=came)
        tx.run("attribution_visit_put", pbx="main", call=ident, visit=came)
    elif came:
        attributed(tx, ident, "number", campaign_id(tx, "billboard", "offline", came))
    else:
        attributed(tx, ident, "none")


def asked(tx: Tx, ident: int, when: str, number: str, came: int | None = None) -> None:
    """Store a request to be rung back."""
    moment = at(when)
    known = tx.conn.execute(f"SELECT id FROM callback WHERE number = '{number}'").fetchone()
    if known is None:
        insert(tx, "callback", id=ident, number=number, location="", kind="request", state="open", opened_ms=moment,
               due_ms=moment, expires_ms=moment, priority=0, live=0)  # fmt: skip
    tx.run("request_put", id=ident, at_ms=moment, local_day=when[:10], callback=known["id"] if known else ident,
           location="", network="", visit=came, campaign=None, site="", page="/", language="en", consent="",
           refused="")  # fmt: skip


def by_stage(found: Report) -> dict[str, int]:
    people: Counter[str] = Counter()
    for row in found.records():
        people[row["stage"]] += row["people"]
    return dict(people)


def story(tx: Tx) -> None:
    patient(tx, "P-1", "Anna Wzorowa", ANNA)
    patient(tx, "P-2", "Borys Wzorowy", BORYS)
    patient(tx, "P-4", "Dorota Online", "+48501000209")
    visit(tx, 1, "2026-11-02 09:00")
    visit(tx, 2, "2026-11-03 09:00", visitor="stranger", gclid=None, click_ms=None, source="direct", medium="none",
          name="")  # fmt: skip
    rang(tx, "1", "2026-11-04 09:00", ANNA, 1)
    appointment(tx, "A-1", "P-1", "2026-11-10 09:00", created="2026-11-04 09:05", status="fulfilled")
    rang(tx, "2", "2026-11-12 09:00", ANNA)
    rang(tx, "3", "2026-11-05 09:00", BORYS, "Ring road", outcome="abandoned")
    rang(tx, "4", "2026-11-06 09:00", CELINA, "Ring road")
    asked(tx, 9, "2026-11-07 09:00", "+48501000210")
    appointment(tx, "A-4", "P-4", "2026-11-20 09:00", created="2026-11-08 09:00", status="noshow", source="znany")
    # Known before the period: nobody new.
    patient(tx, "P-5", "Dawna", "+48501000211")
    appointment(tx, "A-5", "P-5", "2026-10-10 09:00", created="2026-10-01 09:00", status="fulfilled")
    rang(tx, "5", "2026-11-09 09:00", "+48501000211")


def test_who_came_how_far_and_what_happened_last(lasting: Store) -> None:
    with lasting.write() as tx:
        story(tx)
        found = report(tx, PERIOD, zone=WARSAW)
    rows = {(row["source"], row["stage"]): row for row in found.records()}
    told = {key: (row["people"], row["went_on"], row["stopped"]) for key, row in rows.items()}
    assert told == {
        ("google", "awareness"): (1, 1, 0), ("google", "search"): (1, 1, 0), ("google", "choice"): (1, 1, 0),
        ("google", "care"): (1, 1, 0), ("google", "after-care"): (1, 0, 1),
        ("billboard", "awareness"): (2, 2, 0), ("billboard", "choice"): (2, 0, 2),
        ("direct", "awareness"): (1, 0, 1), ("(none)", "choice"): (1, 0, 1), ("znany", "care"): (1, 0, 1),
    }  # fmt: skip
    assert rows["google", "search"]["median_days"] == 2.0
    assert rows["google", "after-care"]["median_days"] is None
    lasts = {kind: found.total[f"last_{kind}"] for kind in LASTS}
    assert lasts == {"visit": 1, "talk": 2, "missed": 1, "request": 1, "to_come": 0, "came": 0, "no_show": 1,
                     "cancelled": 0}  # fmt: skip
    assert (found.total["people"], found.total["stopped"]) == (6, 6)


def test_nobody_new_is_an_empty_report(store: Store) -> None:
    with store.read() as tx:
        found = report(tx, PERIOD)
        assert found.rows.empty
        assert (found.total["people"], found.total["went_on_share"]) == (0, None)
        with pytest.raises(ReportsError, match='"topic" is not something journeys can'):
            frame(tx, PERIOD, by=("topic",))


def test_more_people_than_anybody_waits_for_are_refused(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reports.stages.MOST_NEW", 2)
    with store.write() as tx:
        story(tx)
        with pytest.raises(ReportsError, match="4 callers are new in these days"):
            report(tx, PERIOD)
        assert not report(tx, Period(date(2026, 11, 1), date(2026, 11, 4)), zone=WARSAW).rows.empty


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.id)
def test_a_definition_is_complete(metric: Any) -> None:
    assert len({metric.names.in_language(language) for language in ("en", "pl", "ru", "es")}) == 4
    assert metric.formula.endswith(".")


def test_a_booking_before_the_first_call_is_care_and_no_choice() -> None:
    found = way(Person(called_ms=5_000, latest=(5_000, "talk"), appointments=[Appointment(9_000, "booked", 1_000)]))
    assert found.stages == (("care", 1_000),)
    assert found.last == "to_come"


def test_the_source_is_that_of_the_first_visit_or_call() -> None:
    google = Visit(3_000, ("google", "cpc", "x"), True)
    board = ("billboard", "offline", "y")
    assert way(Person(board, 1_000, (1_000, "talk"), visits=[google])).words == board
    later = way(Person(board, 4_000, (4_000, "talk"), visits=[google]))
    assert later.words == google.words
    assert [stage for stage, _ in later.stages] == ["awareness", "search", "choice"]


DAYS = st.integers(1, 30)
EVENTS = st.one_of(
    st.tuples(st.just("call"), DAYS, st.sampled_from(NUMBERS), st.sampled_from([None, None, "Ring road", 1, 2])),
    st.tuples(st.just("appointment"), DAYS, st.sampled_from(NUMBERS),
              st.sampled_from([("booked", 0), ("fulfilled", 1), ("cancelled", 2), ("noshow", None)])),
    st.tuples(st.just("request"), DAYS, st.sampled_from(NUMBERS), st.sampled_from([None, 3])),
)  # fmt: skip
HISTORIES = st.lists(EVENTS, max_size=9)


def lived(tx: Tx, drawn: list[tuple[Any, ...]]) -> None:
    """Store a history. Each of three visits is at the very beginning, and is theirs who rang or asked from it first."""
    owners: dict[int, str] = {}
    for n, number in enumerate(NUMBERS):
        patient(tx, f"P-{n}", f"Osoba {n}", number)
    for ident in (1, 2, 3):
        click = {} if ident != 2 else {"gclid": None, "click_ms": None}
        visit(tx, ident, f"2026-11-01 0{ident}:00", **click)
    for n, (kind, day, number, what) in enumerate(sorted(drawn, key=lambda one: (one[1], one[0] == "request"))):
        when = f"2026-11-{day:02} {10 + n:02}:00"
        if isinstance(what, int) and owners.setdefault(what, number) != number:
            what = None
        if kind == "call":
            rang(tx, str(n), when, number, what)
        elif kind == "request":
            asked(tx, 100 + n, when, number, what)
        else:
            status, ahead = what
            created = None if ahead is None else f"2026-11-{max(day - ahead, 1):02} {10 + n:02}:00"
            appointment(tx, f"A-{n}", f"P-{NUMBERS.index(number)}", when, status=status, created=created)


def told_by_journeys(tx: Tx) -> dict[str, int]:
    """Count stages of everybody's journey, as a patient's page shows it."""
    found: list[Journey] = [journey_of_number(tx, number) for number in NUMBERS]
    linked = {step.touch.ref for one in found for step in one.steps if step.touch.kind == "visit"}
    found += [journey([_visit(row)]) for ident in (1, 2, 3) if str(ident) not in linked
              and (row := tx.one("visit_get", id=ident)) is not None]  # fmt: skip
    people: Counter[str] = Counter()
    for one in found:
        people.update({stage for step in one.steps for stage in step.stages})
    return dict(people)


@settings(max_examples=60, deadline=None)
@given(HISTORIES)
def test_everybody_is_in_the_stages_that_their_journey_has(drawn: list[tuple[Any, ...]]) -> None:
    with open_store(":memory:") as store, store.write() as tx:
        lived(tx, drawn)
        assert by_stage(report(tx, PERIOD, zone=WARSAW)) == told_by_journeys(tx)


@settings(max_examples=25, deadline=None)
@given(HISTORIES, st.sets(st.sampled_from(["source", "medium", "campaign", "stage"]), min_size=1))
def test_who_stopped_adds_up_to_everybody_by_whatever_is_counted(drawn: list[tuple[Any, ...]], by: set[str]) -> None:
    with open_store(":memory:") as store, store.write() as tx:
        lived(tx, drawn)
        found = report(tx, PERIOD, by=tuple(by), zone=WARSAW)
    assert found.rows.stopped.sum() == found.total["stopped"] == found.total["people"]
    for kind in LASTS:
        assert found.rows[f"last_{kind}"].sum() == found.total[f"last_{kind}"]
    assert (found.rows.stopped == sum(found.rows[f"last_{kind}"] for kind in LASTS)).all()
    if "stage" in by:
        assert (found.rows.people == found.rows.went_on + found.rows.stopped).all()
    else:
        assert found.rows.people.sum() == found.total["people"]
