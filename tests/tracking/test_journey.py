"""A patient's way: touches in order, five stages, and models that share out one booking."""

from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import Store, open_store
from tests.store.conftest import postgres, url
from tests.store.rows import PBX, insert
from tests.tracking.booking import ANNA, CLOCK, appointment, at, attributed, call, patient, topic, visit
from tracking.appointments_relate import relate_recent
from tracking.campaigns import campaign_id
from tracking.journey import MODELS, NOWHERE, STAGE_NAMES, STAGES, Kind, Model, Source, Touch, journey, shares, weights
from tracking.journey_gather import document, journey_of_number, journey_of_patient

__all__ = ["postgres", "url"]
NOW = at("2026-11-24 12:00")
GOOGLE, BILLBOARD, DIRECT = Source("google", "cpc", "Implants"), Source("billboard", "offline"), NOWHERE


@pytest.fixture
def store() -> Iterator[Store]:
    with open_store(":memory:") as opened:
        yield opened


def touch(at_ms: int, kind: Kind = "visit", source: Source | None = None, **changes: object) -> Touch:
    own = kind == "visit" or source is not None
    return Touch(at_ms, kind, f"{kind}-{at_ms}", source, **({"own": own} | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(("model", "expected"), [
    ("first", [1, 0, 0, 0]), ("last", [0, 0, 0, 1]), ("last_non_direct", [0, 0, 1, 0]),
    ("linear", [0.25, 0.25, 0.25, 0.25]), ("position_based", [0.4, 0.1, 0.1, 0.4]),
])  # fmt: skip
def test_each_model_shares_out_one_booking_in_its_way(model: Model, expected: list[float]) -> None:
    assert weights([BILLBOARD, DIRECT, GOOGLE, DIRECT], model) == pytest.approx(expected)


SOURCES = st.sampled_from([GOOGLE, BILLBOARD, DIRECT, Source("facebook", "social")])


@given(st.lists(SOURCES, max_size=9), st.sampled_from(MODELS))
def test_the_weights_of_a_model_are_not_negative_and_add_up_to_one(sources: list[Source], model: Model) -> None:
    found = weights(sources, model)
    assert len(found) == len(sources)
    assert all(weight >= 0 for weight in found)
    assert sum(found) == pytest.approx(1 if sources else 0)
    credit = shares([touch(n, source=source) for n, source in enumerate(sources)], model)
    assert sum(credit.values()) == pytest.approx(1 if sources else 0)
    assert set(credit) <= set(sources)


def test_last_non_direct_is_the_last_one_when_all_are_direct() -> None:
    assert weights([DIRECT, DIRECT], "last_non_direct") == [0, 1]


def test_a_click_a_call_and_a_visit_pass_the_five_stages() -> None:
    found = journey([
        touch(10, "call", BILLBOARD), touch(20, source=GOOGLE, click=True), touch(30, "call"), touch(31, "topic"),
        touch(40, "appointment", booked_ms=35, standing=True), touch(36, "our_call"), touch(10**9, "call"),
        touch(10**9 + 1, "appointment", standing=True, booked_ms=10**8),
    ])  # fmt: skip
    assert [(step.touch.kind, step.stages) for step in found.steps] == [
        ("call", ("awareness", "choice")), ("visit", ("search",)), ("call", ("choice",)), ("topic", ("choice",)),
        ("our_call", ("care",)), ("appointment", ("care",)), ("call", ("after-care",)),
        ("appointment", ("after-care",)),
    ]  # fmt: skip
    assert found.booked_ms == 35
    assert found.credit["first"] == {BILLBOARD: 1.0}
    assert found.credit["linear"] == {BILLBOARD: 0.5, GOOGLE: 0.5}


def test_a_cancelled_appointment_ends_no_choice() -> None:
    found = journey([touch(10, "call"), touch(20, "appointment", booked_ms=11), touch(30, "call")])
    assert [step.stages for step in found.steps] == [("choice",), (), ("choice",)]
    assert found.booked_ms is None


TOUCHES = st.lists(
    st.builds(
        Touch, st.integers(0, 10**9), st.sampled_from(["visit", "call", "our_call", "comment", "appointment"]),
        st.uuids().map(str), st.none() | SOURCES, st.booleans(), click=st.booleans(), referred=st.booleans(),
        standing=st.booleans(), booked_ms=st.none() | st.integers(0, 10**9),
    ), max_size=8,
)  # fmt: skip


@given(TOUCHES, st.randoms(use_true_random=False))
def test_a_journey_is_in_order_whatever_the_order_of_its_touches(touches: list[Touch], random: object) -> None:
    found = journey(touches)
    assert found == journey(touches[::-1])
    assert len(found.steps) == len(touches)
    assert all(one.touch.at_ms <= two.touch.at_ms for one, two in pairwise(found.steps))
    for step in found.steps:
        assert list(step.stages) == [name for name in STAGE_NAMES if name in step.stages]
        assert not {"choice", "after-care"} <= set(step.stages)
    assert sum("awareness" in step.stages for step in found.steps) <= 1
    for credit in found.credit.values():
        assert not credit or sum(credit.values()) == pytest.approx(1)
    assert [name for name, _ in STAGES] == list(STAGE_NAMES)


def story(store: Store, *, told: bool = True) -> None:
    """A click, a missed call, our callback, a paid visit; and a visit to the site long before."""
    with store.write() as tx:
        patient(tx, "P-1", "Anna Wzorowa", ANNA)
        patient(tx, "P-2", "Celina Wzorowa", ANNA)
        google = campaign_id(tx, "google", "cpc", "Implants")
        visit(tx, 1, "2026-11-10 20:00", visitor="anna", gclid=None, click_ms=None, source="facebook",
              medium="social", name="Autumn", referrer="facebook.example")  # fmt: skip
        visit(tx, 2, "09:30", visitor="anna", campaign=google)
        call(tx, "1", "10:00", outcome="abandoned")
        attributed(tx, "1", "visitor", google, visit=2, among=1)
        insert(tx, "callback", id=1, number=ANNA, location="", kind="missed", state="closed", opened_ms=at("10:01"),
               due_ms=0, expires_ms=0, priority=0, campaign=google, closed_ms=at("11:03"),
               closed_why="reached")  # fmt: skip
        call(tx, "2", "11:00", direction="outbound", caller_number=None, destination=ANNA)
        attributed(tx, "2", "callback", google, callback=1, missed_call="main:1")
        topic(tx, "2", "booked", "11:02", "P-1")
        tx.run("call_comment_put", id=1, pbx=PBX, call="2", body="prefers mornings", author="ewa", at_ms=at("11:04"))
        call(tx, "3", "11:30")
        attributed(tx, "3", "none", why="no_assignment")
        topic(tx, "3", "information", "11:31", "P-2")
        if told:
            appointment(tx, "A-1", "P-1", "2026-11-24 09:00", created="11:01", status="fulfilled", value_minor=25000,
                        currency="PLN")  # fmt: skip
        relate_recent(tx, CLOCK, NOW)


def test_the_journey_of_a_patient_is_every_touch_from_the_first_visit_to_the_appointment(store: Store) -> None:
    story(store)
    with store.read() as tx:
        found = journey_of_patient(tx, "P-1")
        assert [(step.touch.kind, step.touch.ref, step.stages) for step in found.steps] == [
            ("visit", "1", ("awareness", "search")), ("visit", "2", ("search",)), ("call", "main:1", ("choice",)),
            ("callback", "1", ("choice",)), ("our_call", "main:2", ("choice",)), ("topic", "main:2", ("care",)),
            ("callback", "1", ("care",)), ("comment", "main:2", ("care",)), ("appointment", "A-1", ("care",)),
        ]  # fmt: skip
        assert {model: [one.source for one in credit] for model, credit in found.credit.items()} == {
            "first": ["facebook"], "last": ["google"], "last_non_direct": ["google"],
            "linear": ["facebook", "google"], "position_based": ["facebook", "google"],
        }  # fmt: skip
        assert [step.touch.ref for step in journey_of_number(tx, ANNA).steps].count("main:3") == 2
        assert journey_of_number(tx, "+48501000999").steps == ()


def test_what_people_wrote_is_in_a_journey_only_for_those_who_may_read_it(store: Store) -> None:
    story(store)
    with store.read() as tx:
        found = journey_of_patient(tx, "P-1")
    assert "prefers mornings" in str(document(found, personal=True))
    open_to_all = document(found, personal=False)
    assert "prefers mornings" not in str(open_to_all)
    assert not any("text" in one for one in open_to_all["touches"])
    assert open_to_all["touches"][1]["source"] == {"source": "google", "medium": "cpc", "name": "Implants"}
    assert open_to_all["models"]["last"] == [
        {"source": {"source": "google", "medium": "cpc", "name": "Implants"}, "share": 1.0}]  # fmt: skip


def test_the_journey_is_the_same_on_every_engine(url: str) -> None:
    with open_store(url) as store:
        story(store)
        with store.read() as tx:
            assert len(journey_of_patient(tx, "P-1").steps) == 9
