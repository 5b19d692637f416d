"""From calls to money: the funnel, models of attribution, reasons for not booking, against Python over raw calls."""

import math
from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reports import funnel, models, not_booked, sources
from reports.period import Period
from store import Store, Tx, rollups, targets
from tests.reports.brute_force import Clinic, booked_within, campaign_of
from tests.reports.rows import appointment, attribution, call, made_by, topic, visit, write
from tests.reports.test_sources import CAMPAIGNS, PERIOD, clinics, fill
from tracking.journey import MODELS

DAY = Period(date(2026, 11, 20), date(2026, 11, 20))
ANNA, BORYS, CELINA = "+48600000001", "+48600000002", "+48600000003"


def same(found: Any, expected: Any) -> bool:
    if expected is None:
        return found is None or math.isnan(found)
    return math.isclose(found, expected, abs_tol=1e-6)


def parts(clinic: Clinic, period: Period) -> dict[str, list[Mapping[str, Any]]]:
    """Return the calls of each step of the funnel."""
    booked = booked_within(clinic, period)
    ours = {(row["pbx"], row["id"]) for row in booked}
    rang = [row for row in clinic.call if row["kind"] == "patient" and row["ended_ms"] is not None
            and str(period.start) <= row["local_day"] <= str(period.end)
            and (row["direction"] == "inbound" or (row["pbx"], row["id"]) in ours)]  # fmt: skip
    visits = {(link["pbx"], link["call"]): one for one in clinic.appointment for link in clinic.appointment_made_by
              if link["appointment"] == one["ref"] and one["status"] in ("arrived", "fulfilled")}  # fmt: skip
    came = [row for row in booked if (row["pbx"], row["id"]) in visits]
    return {"rang": rang, "booked": booked, "came": came,
            "paid": [row for row in came if visits[row["pbx"], row["id"]]["value_minor"]]}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(clinic=clinics(), by=st.sets(st.sampled_from(funnel.DIMENSIONS), min_size=1))
def test_each_step_of_the_funnel_is_a_part_of_the_one_before(store: Store, clinic: Clinic, by: set[str]) -> None:
    fill(store, clinic)
    with store.read() as tx:
        found = funnel.report(tx, PERIOD, by=sorted(by))
    for name, calls in parts(clinic, PERIOD).items():
        assert found.total[name] == len(calls) == found.rows[name].sum(), name
        people = {row["party"] for row in calls if row["party"] and not row["withheld"]}
        assert found.total[f"{name}_callers"] == len(people), name
    for values in (found.total, *found.records()):
        for before, step in zip(funnel.STEPS, funnel.STEPS[1:], strict=False):
            assert values[step] <= values[before]
            assert values[f"{step}_callers"] <= values[f"{before}_callers"]
            share = values[f"{step}_share"]
            assert (share is None) == (not values[f"{before}_callers"])
        assert values["conversion"] is None or values["talked_callers"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(clinic=clinics(), by=st.sets(st.sampled_from(models.DIMENSIONS), min_size=1))
def test_every_model_shares_out_the_same_bookings_and_the_same_worth(
    store: Store, clinic: Clinic, by: set[str]
) -> None:
    fill(store, clinic)
    with store.read() as tx:
        found, counted = models.report(tx, PERIOD, by=sorted(by)), sources.total(tx, PERIOD)
    for model in ("counted", *MODELS):
        assert math.isclose(found.rows[f"booked_{model}"].sum(), counted["booked"] or 0, abs_tol=1e-4)
        assert math.isclose(found.total[f"booked_{model}"], counted["booked"] or 0, abs_tol=1e-4)
        assert same(found.total[f"revenue_{model}"], counted["revenue"])
        if counted["revenue"] is not None:
            assert math.isclose(found.rows[f"revenue_{model}"].sum(), counted["revenue"], abs_tol=1e-3)
    campaigns: dict[str, int] = defaultdict(int)
    for row in booked_within(clinic, PERIOD):
        campaigns[(campaign_of(clinic, row) or {"source": "(none)"})["source"]] += 1
    if by == {"source"}:
        told = {record["source"]: record["booked_counted"] for record in found.records() if record["booked_counted"]}
        assert told == campaigns


def test_models_look_at_every_touch_until_the_booking(lasting: Store) -> None:
    store = lasting
    first = call("2026-11-18", id="1", party=ANNA, outcome="no_answer", missed=1)
    direct = call("2026-11-19", id="2", party=ANNA)
    last = call("2026-11-20", id="3", party=ANNA)
    after = call("2026-11-20", id="4", party=ANNA, started_ms=last["started_ms"] + 9_000)
    web = visit(1, source="google", medium="cpc", name="Spring check-up", started_ms=first["started_ms"] + 1)
    write(
        store, call=[first, direct, last, after], campaign=CAMPAIGNS, visit=[web],
        call_topic=[topic(1, last, "booked")],
        attribution=[attribution(first, 3), attribution(direct, None), attribution(after, 2),
                     attribution(last, 1) | {"rule": "visitor", "visit": 1}],
        appointment=[appointment("A", status="fulfilled", value_minor=30_000, currency="PLN")],
        appointment_made_by=[made_by("A", last)],
    )  # fmt: skip
    with store.read() as tx:
        rows = models.frame(tx, DAY, by=["source"]).set_index("source")
    assert rows.loc["billboard", "booked_first"] == 1
    assert rows.loc["direct", "booked_last"] == 1
    assert rows.loc["google", "booked_last_non_direct"] == 1
    assert rows.loc["google", "booked_counted"] == 1
    assert rows.loc["google", "revenue_linear"] == pytest.approx(100)
    assert rows.loc["billboard", "revenue_position_based"] == pytest.approx(120)
    assert set(rows.currency) == {"PLN"}


def lost(store: Store) -> list[dict[str, Any]]:
    """Store calls that did not book for some reason, of campaigns whose visits were worth 200 each, or nothing."""
    calls = [call("2026-11-20", id=str(n), party=(ANNA, BORYS, CELINA)[n % 3]) for n in range(6)]
    for n, row in enumerate(calls):
        row["started_ms"] += n
    came = call("2026-10-01", id="came", party="+48600000009")
    said = ["price", "price", "no_date", "Too loud", "price"]
    write(
        store, call=[*calls, came], campaign=CAMPAIGNS,
        attribution=[attribution(row, campaign) for row, campaign in zip([*calls, came], (1, 3, 1, 1, 1, 1, 1),
                                                                         strict=True)],
        call_topic=[*(topic(n, calls[n], "not_booked", name) for n, name in enumerate(said)),
                    topic(9, calls[4], "booked")],
        appointment=[appointment(f"A{n}", status="fulfilled", value_minor=value, currency="PLN")
                     for n, value in enumerate((10_000, 30_000))],
        appointment_made_by=[made_by("A0", came), made_by("A1", came)],
    )  # fmt: skip
    return calls


def test_a_lost_call_is_worth_the_average_visit_of_its_campaign(lasting: Store) -> None:
    store = lasting
    lost(store)
    with store.read() as tx:
        found = not_booked.report(tx, DAY)
    rows = found.rows.set_index("reason")
    assert list(rows.not_booked) == [2, 1, 1]
    # Borys rang by the billboard, of which no visit is known, and booked with his second call.
    assert (rows.loc["price", "booked_later"], rows.loc["price", "lost_valued"]) == (1, 1)
    assert rows.loc["price", "lost_worth"] == 200
    assert rows.loc["no_date", "lost_worth"] == 200
    assert (found.total["not_booked"], found.total["lost_worth"], found.total["no_topic"]) == (4, 600.0, 1)
    assert found.total["callers"] == 3
    with store.read() as tx:
        steps = funnel.report(tx, DAY).total
    assert (steps["rang"], steps["rang_callers"], steps["booked"], steps["came"]) == (6, 3, 1, 0)


def test_what_is_not_known_is_counted_apart_and_not_worth_nothing(store: Store) -> None:
    one = call("2026-11-20", id="1", party=ANNA)
    write(store, call=[one], campaign=CAMPAIGNS, attribution=[attribution(one, 3)],
          call_topic=[topic(1, one, "not_booked", "price")])  # fmt: skip
    with store.read() as tx:
        total = not_booked.report(tx, DAY).total
    assert (total["lost_valued"], total["lost_unvalued"], total["lost_worth"]) == (0, 1, None)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(clinic=clinics(), by=st.sets(st.sampled_from(not_booked.DIMENSIONS), min_size=1))
def test_not_booked_is_the_sum_of_its_parts_by_anything(store: Store, clinic: Clinic, by: set[str]) -> None:
    fill(store, clinic)
    with store.read() as tx:
        found = not_booked.report(tx, PERIOD, by=sorted(by))
        conditions = {metric.id: behind(tx, metric.condition) for metric in found.metrics if metric.unit == "calls"}
    rows = found.rows
    assert (rows.not_booked == rows.booked_later + rows.lost_valued + rows.lost_unvalued).all()
    for name in ("not_booked", "booked_later", "lost_valued", "lost_unvalued"):
        assert rows[name].sum() == found.total[name]
    assert found.total["not_booked"] == conditions["not_booked"]
    assert found.total["booked_later"] == conditions["booked_later"]
    assert found.total["lost_valued"] + found.total["lost_unvalued"] == conditions["lost_valued"]
    assert found.total["no_topic"] == conditions["no_topic"]


def behind(tx: Tx, condition: str) -> int:
    row = tx.conn.execute(
        f"SELECT COUNT(*) AS n FROM call WHERE {condition} AND local_day >= '{PERIOD.start}' "
        f"AND local_day <= '{PERIOD.end}'"
    ).fetchone()
    return int(row["n"])


def test_another_rule_for_targets_counts_them_anew(lasting: Store) -> None:
    store = lasting
    calls = [call("2026-11-20", id=str(n), party=ANNA, bridged_ms=1000 * n) for n in (20, 40, 60)]
    write(store, call=calls, call_topic=[topic(1, calls[2], "information")])
    with store.write() as tx:
        assert (sources.total(tx, DAY)["targets"], sources.total(tx, DAY)["unique_targets"]) == (2, 1)
        assert targets.set_rule(tx, 15, 30, ["information"])
        assert not targets.set_rule(tx, 15, 30, ["information"])
        assert rollups.differences(tx) == {}
        told = sources.report(tx, DAY)
    assert told.total["targets"] == 2
    assert told.metric("targets").thresholds[0].value == 15
