"""No day of a number belongs to two."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tracking.periods import Claim, Period, clashes

START = date(2026, 1, 1)
DAYS = [(START + timedelta(days=n)).isoformat() for n in range(12)]


@st.composite
def periods(draw: st.DrawFn) -> Period:
    first, last = sorted((draw(st.integers(0, 11)), draw(st.integers(0, 11))))
    return Period(DAYS[first], draw(st.sampled_from([DAYS[last], None])))


def days(period: Period) -> set[str]:
    return {day for day in DAYS if period.holds(day)}


@given(periods(), periods())
def test_two_periods_overlap_when_they_share_a_day(one: Period, other: Period) -> None:
    assert one.overlaps(other) == other.overlaps(one) == bool(days(one) & days(other))


@given(st.lists(st.tuples(st.sampled_from(["+48221234501", "+48221234502"]), periods()), max_size=8))
def test_what_stands_shares_no_day_and_what_is_refused_shares_one(rows: list[tuple[str, Period]]) -> None:
    claims = [Claim(key, did, period) for key, (did, period) in enumerate(rows)]
    refused = clashes(claims)
    standing = [claim for claim in claims if claim.key not in refused]
    for claim in standing:
        others = [other for other in standing if other.did == claim.did and other.key != claim.key]
        assert not any(days(other.period) & days(claim.period) for other in others)
    for key, rival in refused.items():
        assert rival < key
        assert rival not in refused
        assert claims[rival].did == claims[key].did
        assert days(claims[rival].period) & days(claims[key].period)


def test_both_ends_are_included() -> None:
    period = Period("2026-01-02", "2026-01-03")
    assert [day for day in DAYS if period.holds(day)] == ["2026-01-02", "2026-01-03"]
    assert period.overlaps(Period("2026-01-03", "2026-01-05"))
    assert not period.overlaps(Period("2026-01-04"))


def test_a_period_is_said_in_words() -> None:
    assert str(Period("2026-01-02", "2026-01-03")) == "from 2026-01-02 to 2026-01-03"
    assert str(Period("2026-01-02")) == "from 2026-01-02 on"
