"""Reports by mail: for which days, when, to whom, once; handed to a real SMTP server."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notify.mail import Mail, MailServer
from reports.registry import Limits
from reports.schedule import Every, Plan, Schedule, due, following, period_before
from store import Store
from tests.notify.test_mail import Inbox, inbox, plain
from tests.reports.rows import attribution, call, write

WARSAW = ZoneInfo("Europe/Warsaw")
__all__ = ["inbox", "plain"]

EVERY: tuple[Every, ...] = ("day", "week", "month")
PLAN = Plan("weekly", ("sources", "missed"), "week", time(7, 30), WARSAW, (), "pl", "Przychodnia <Lipowa>")
MONDAY = datetime(2026, 11, 23, 6, 31, tzinfo=UTC)  # 7:31 in Warsaw


@pytest.mark.parametrize(
    ("every", "first", "last"),
    [("day", "2026-11-22", "2026-11-22"), ("week", "2026-11-16", "2026-11-22"), ("month", "2026-10-01", "2026-10-31")],
)
def test_what_is_mailed_is_the_last_whole_day_week_or_month(every: Every, first: str, last: str) -> None:
    found = period_before(every, date(2026, 11, 23))
    assert (str(found.start), str(found.end)) == (first, last)


def test_before_its_hour_the_mail_of_the_day_is_not_due_yet() -> None:
    early = due(replace(PLAN, every="day"), MONDAY - timedelta(minutes=2))
    late = due(replace(PLAN, every="day"), MONDAY)
    assert (str(early.period), str(late.period)) == ("2026-11-21", "2026-11-22")


@given(st.integers(0, 1_500_000), st.sampled_from(EVERY))
def test_a_mail_is_due_by_now_and_the_following_one_is_of_the_next_days(minutes: int, every: Every) -> None:
    now, plan = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes), replace(PLAN, every=every)
    mail, later = due(plan, now), following(plan, now)
    assert mail.since <= now < later
    assert mail.period.end < now.astimezone(WARSAW).date()
    coming = due(plan, later)
    assert coming.period.start == mail.period.end + timedelta(days=1)
    assert coming.key != mail.key


def fill(store: Store) -> None:
    calls = [call("2026-11-20", id=str(n), outcome=("answered", "abandoned")[n % 2], missed=n % 2,
                  party=f"+4860000000{n}") for n in range(4)]  # fmt: skip
    write(store, call=calls, campaign=[{"id": 1, "source": "google", "medium": "cpc", "name": "<b>Teeth</b>"}],
          attribution=[attribution(row, 1) for row in calls[:2]])


SHORT = replace(PLAN, reports=("not-booked",))
"""For where it does not matter what is in the mail: its PDF is soon drawn."""


def mailing(store: Store, server: MailServer, *addresses: str, plan: Plan = SHORT) -> tuple[Schedule, Plan]:
    channels = tuple(Mail(replace(server, recipients=(who,)), f"mail:{n}") for n, who in enumerate(addresses))
    plan = replace(plan, channels=channels)
    return Schedule(store, [plan], Limits()), plan


async def test_a_mail_goes_to_each_once(lasting: Store, plain: MailServer, inbox: Inbox) -> None:
    fill(lasting)
    schedule, _ = mailing(lasting, plain, "boss@clinic.example", "mark@clinic.example")
    now_ms = int(MONDAY.timestamp() * 1000)
    assert await schedule.once(now_ms) == 2
    assert await schedule.once(now_ms + 60_000) == 0
    assert sorted(mail["To"] for mail in inbox.mails) == ["boss@clinic.example", "mark@clinic.example"]


async def test_a_mail_has_a_summary_charts_and_pdfs(store: Store, plain: MailServer, inbox: Inbox) -> None:
    fill(store)
    schedule, _ = mailing(store, plain, "boss@clinic.example", plan=PLAN)
    assert await schedule.once(int(MONDAY.timestamp() * 1000)) == 1
    [mail] = inbox.mails
    assert "Połączenia według źródeł" in mail["Subject"]
    parts = {part.get_content_type(): part for part in mail.walk()}
    html = parts["text/html"].get_content()
    assert "16 listopada 2026" in html
    assert "Przychodnia &lt;Lipowa&gt;" in html
    assert "cid:sources.chart" in html
    assert parts["image/png"]["Content-ID"] == "<missed.chart>"
    assert "Połączenia: 4  ▲ +4 (0)" in parts["text/plain"].get_content()
    assert "W porównaniu z okresem 9 listopada 2026 – 15 listopada 2026" in html
    names = [part.get_filename() for part in mail.walk() if part.get_content_type() == "application/pdf"]
    assert names == ["sources-2026-11-16.pdf", "missed-2026-11-16.pdf"]


def test_a_subject_names_the_first_reports_and_keeps_the_days(store: Store) -> None:
    plan = replace(SHORT, reports=("not-booked", "queues", "pool", "channels"))
    mail = due(plan, MONDAY)
    subject = Schedule(store, [plan], Limits()).prepare(plan, mail, int(MONDAY.timestamp() * 1000)).subject
    assert subject == ("Przychodnia <Lipowa>: Dlaczego się nie umówili, Kolejki, +2, "
                       "16 listopada 2026 – 22 listopada 2026")  # fmt: skip


async def test_who_could_not_be_reached_is_tried_again_and_the_others_are_not_told_twice(
    store: Store, plain: MailServer, inbox: Inbox
) -> None:
    fill(store)
    schedule, plan = mailing(store, plain, "boss@clinic.example", "gone@clinic.example")
    now_ms = int(MONDAY.timestamp() * 1000)
    assert await schedule.once(now_ms) == 1
    assert schedule.sent_ms(plan, due(plan, MONDAY)) is None
    assert await schedule.once(now_ms + 6 * 60_000) == 0
    assert len(inbox.mails) == 1


async def test_a_mail_of_long_ago_is_not_sent(
    store: Store, plain: MailServer, inbox: Inbox
) -> None:
    schedule, _ = mailing(store, plain, "boss@clinic.example")
    assert await schedule.once(int((MONDAY + timedelta(hours=25)).timestamp() * 1000)) == 0
    assert inbox.mails == []
