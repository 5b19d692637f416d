"""Reports by mail: each working morning, week or month, with a summary that mail programs show and PDFs beside it.

1. A plan says which reports, how often, at what time of the clinic's day, to whom. What is mailed is the last whole
   day, week (Monday to Sunday) or month.
2. A mail is taken by its key in the ledger of notices, sent, then marked: nobody gets it twice, and one that the server
   did not take is tried again. A process that starts more than a day late sends none of what passed.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from html import escape
from typing import Literal
from zoneinfo import ZoneInfo

from notify import Attachment, Channel, Message, NotifyError
from reports import words
from reports.amounts import shown
from reports.changes import beside
from reports.charts import to_png
from reports.compare import compared, other_period
from reports.page import days_of, title_of, to_pdf
from reports.period import Period
from reports.privacy import Privacy, protected
from reports.registry import KINDS, Limits
from reports.report import Report
from store import Store

Every = Literal["day", "week", "month"]
LATE = timedelta(hours=24)
AGAIN_MS = 5 * 60_000
"""After so long a mail that was begun and not sent is tried again."""
_NAMED = 3
_HEADLINES = 6
_FIRST = {
    "sources": ("calls", "answered", "missed", "targets", "booked", "visits", "revenue", "cost", "roas"),
    "missed": ("calls", "missed", "missed_rate", "missed_abandoned", "missed_no_answer", "missed_closed"),
    "queues": ("calls", "answered", "abandoned", "sl_strict", "abandon_rate", "asa_s", "longest_wait_s"),
    "callbacks": ("opened", "still_open", "contact_made", "never_tried", "called_back_1h", "recovered_24h",
                  "final_lost"),
    "funnel": ("rang_callers", "booked_callers", "came_callers", "paid_callers", "booked_share", "conversion"),
    "models": ("booked_counted", "revenue_counted"),
    "origins": ("appointments", "by_calls", "shown", "no_shows", "cancelled", "show_rate", "revenue"),
    "channels": ("contacts", "answered", "booked", "shown", "revenue"),
    "pool": ("leases", "overflow", "without", "peak", "numbers", "advised"),
    "offline": ("calls", "first_time_callers", "booked", "heard", "cost", "cost_per_call"),
}  # fmt: skip
"""What is told first of a report; of the others its first figures. Models all add up to the same."""

log = logging.getLogger("callward.reports")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is mailed, when, to whom."""

    name: str
    reports: tuple[str, ...]
    every: Every
    at: time
    zone: ZoneInfo
    channels: tuple[Channel, ...]
    language: str = "en"
    clinic: str = ""
    privacy: Privacy | None = None
    """What is kept from its readers, None for who may see single calls."""
    compare: str = "previous"
    """What days its figures are compared with: see `reports.compare.other_period`."""

    def seen(self, report: Report) -> Report:
        """Return a report as its readers may see it."""
        return protected(report, self.privacy, self.language) if self.privacy else report


@dataclass(frozen=True, slots=True)
class Due:
    """One mail that is due: for which days, and since when (UTC)."""

    key: str
    period: Period
    since: datetime


def due(plan: Plan, now: datetime) -> Due:
    """Return the latest mail of a plan whose time has come; `now` is UTC.

    A day's report comes each day, a week's on Monday, a month's on the first.
    """
    local = now.astimezone(plan.zone)
    day = local.date() if local.time() >= plan.at else local.date() - timedelta(days=1)
    if plan.every == "week":
        day -= timedelta(days=day.weekday())
    elif plan.every == "month":
        day = day.replace(day=1)
    period = period_before(plan.every, day)
    since = datetime.combine(day, plan.at, plan.zone).astimezone(UTC)
    return Due(f"report:{plan.name}:{plan.every}:{period.start}", period, since)


def following(plan: Plan, now: datetime) -> datetime:
    """Return when the next mail of a plan is due, UTC."""
    day = due(plan, now).since.astimezone(plan.zone).date()
    if plan.every == "month":
        day = (day.replace(day=28) + timedelta(days=4)).replace(day=1)
    else:
        day += timedelta(days=7 if plan.every == "week" else 1)
    return datetime.combine(day, plan.at, plan.zone).astimezone(UTC)


def period_before(every: Every, day: date) -> Period:
    """Return the whole day, week or month that ended before `day`."""
    last = day - timedelta(days=1)
    if every == "week":
        last = day - timedelta(days=day.weekday() + 1)
        return Period(last - timedelta(days=6), last)
    if every == "month":
        last = day.replace(day=1) - timedelta(days=1)
        return Period(last.replace(day=1), last)
    return Period(last, last)


def message_of(plan: Plan, mail: Due, pairs: Sequence[tuple[Report, Report]], now_ms: int) -> Message:
    """Return the mail: each report with the same days before, charts shown in it, PDFs beside it."""
    titles = [title_of(report, plan.language) for report, _ in pairs]
    days, then = (days_of(period, plan.language) for period in (mail.period, other_period(plan.compare, mail.period)))
    beside_ = f"{words.COMPARED_WITH.in_language(plan.language)} {then}"
    lines, parts, attachments = [], [], []
    for (report, earlier), title in zip(pairs, titles, strict=True):
        rows = _headlines(report, earlier, plan.language)
        lines += [title, *(f"  {name}: {value}  {was}" for name, value, was in rows), ""]
        picture = to_png(report, plan.language)
        if picture is not None:
            attachments.append(Attachment(f"{report.name}.png", "image/png", picture, f"{report.name}.chart"))
        parts.append(_part(title, rows, f"cid:{report.name}.chart" if picture is not None else ""))
        both = compared(report, earlier, known=plan.privacy is None)
        attachments.append(Attachment(f"{report.name}-{mail.period.start}.pdf", "application/pdf",
                                      to_pdf(both, plan.language, plan.clinic)))  # fmt: skip
    # Of many reports the first are named: mail programs cut a long line, and the days with it.
    named = titles if len(titles) <= _NAMED else [*titles[: _NAMED - 1], f"+{len(titles) - _NAMED + 1}"]
    subject = f"{plan.clinic}: {', '.join(named)}, {days}".removeprefix(": ")
    html = (
        f"<!doctype html><html lang='{plan.language}'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width'></head>"
        "<body style='font:14px/1.45 Arial,sans-serif;color:#1f2937;background:#ffffff'>"
        f"<h1 style='font-size:20px;margin:0'>{escape(plan.clinic or titles[0])}</h1>"
        f"<p style='color:#4b5563;margin:0 0 12px'>{escape(days)}<br>{escape(beside_)}</p>"
        f"{''.join(parts)}</body></html>"
    )
    return Message(mail.key, subject, f"{days}\n{beside_}\n\n" + "\n".join(lines), now_ms, html, tuple(attachments))


class Schedule:
    """Mails what is due."""

    def __init__(self, store: Store, plans: Sequence[Plan], limits: Limits) -> None:
        self._store, self._plans, self._limits = store, tuple(plans), limits

    async def once(self, now_ms: int) -> int:
        """Send every mail that is due and was not sent; return how many were."""
        now, sent = datetime.fromtimestamp(now_ms / 1000, UTC), 0
        for plan in self._plans:
            mail = due(plan, now)
            if now - mail.since <= LATE:
                sent += await self.send(plan, mail, now_ms)
        return sent

    async def send(self, plan: Plan, mail: Due, now_ms: int, *, again: bool = False) -> int:
        """Send one mail to whom it was not sent yet; `again` sends it to all. Return to how many."""
        wanted = [channel for channel in plan.channels if again or await asyncio.to_thread(
            self._take, _key(channel, mail), now_ms)]  # fmt: skip
        if not wanted:
            return 0
        message = await asyncio.to_thread(self.prepare, plan, mail, now_ms)
        sent = 0
        for channel in wanted:
            try:
                await channel.send(message)
            except NotifyError as error:
                log.warning("The report %s was not sent (%s); it is tried again.", plan.name, error)
                continue
            await asyncio.to_thread(self._mark, _key(channel, mail), now_ms)
            sent += 1
        return sent

    def prepare(self, plan: Plan, mail: Due, now_ms: int) -> Message:
        """Make the mail without sending it. Raises ReportsError."""
        earlier = other_period(plan.compare, mail.period)
        with self._store.read() as tx:
            pairs = []
            for name in plan.reports:
                kind = KINDS[name]
                now, then = (plan.seen(kind.make(tx, period, kind.default_by, self._limits))
                             for period in (mail.period, earlier))
                pairs.append((now, then))
        return message_of(plan, mail, pairs, now_ms)

    def sent_ms(self, plan: Plan, mail: Due) -> int | None:
        """Return when a mail was sent to everybody of its plan; None while somebody has not got it."""
        with self._store.read() as tx:
            moments = [tx.value("notice_sent_ms", key=_key(channel, mail)) for channel in plan.channels]
        return max(moments) if moments and None not in moments else None

    def _take(self, key: str, now_ms: int) -> bool:
        with self._store.write() as tx:
            return tx.run("notice_take", key=key, now_ms=now_ms, stale_ms=now_ms - AGAIN_MS) == 1

    def _mark(self, key: str, now_ms: int) -> None:
        with self._store.write() as tx:
            tx.run("notice_take", key=key, now_ms=now_ms, stale_ms=now_ms)
            tx.run("notice_sent", key=key, sent_ms=now_ms)


def _key(channel: Channel, mail: Due) -> str:
    return f"{channel.name}:{mail.key}"


def _headlines(report: Report, earlier: Report, language: str) -> list[tuple[str, str, str]]:
    """Return the first figures of a report with their values now, and how they changed."""
    ids = _FIRST.get(report.name, tuple(metric.id for metric in report.metrics)[:_HEADLINES])
    return [
        (report.heading(figure, language), shown(report, figure, report.total[figure], language),
         beside(report, figure, (report.total[figure], earlier.total[figure]), language)) for figure in ids
        if report.total[figure] is not None or earlier.total[figure] is not None
    ]  # fmt: skip


def _part(title: str, rows: Sequence[tuple[str, str, str]], picture: str) -> str:
    cell = "style='padding:3px 14px 3px 0;border-bottom:1px solid #e5e7eb'"
    body = "".join(
        f"<tr><td {cell}>{escape(name)}</td><td {cell} align='right'>"
        f"<b style='white-space:nowrap'>{escape(value)}</b></td>"
        f"<td {cell} align='right'><span style='color:#6b7280'>{escape(was)}</span></td></tr>"
        for name, value, was in rows
    )
    drawn = (f"<p><img src='{escape(picture)}' alt='{escape(title)}' width='640' "
             "style='max-width:100%;height:auto'></p>") if picture else ""  # fmt: skip
    head = f"<h2 style='font-size:16px;margin:16px 0 4px'>{escape(title)}</h2>"
    return f"{head}<table cellspacing='0'>{body}</table>{drawn}"
