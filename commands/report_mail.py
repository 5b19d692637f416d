"""Reports by mail, from the settings: what is planned, what was sent, a preview, and sending one now."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import click

from commands.common import App, plain, print_json, say

if TYPE_CHECKING:
    from reports.registry import Limits
    from reports.schedule import Plan


def plans_of(app: App) -> "tuple[Plan, ...]":
    """Return what is mailed, by the settings, one channel for each address. Raises settings.SettingsError."""
    from notify.mail import Mail
    from reports.schedule import Plan
    from wiring import mail_server_of, privacy_of

    settings = app.settings
    server = mail_server_of(settings) if settings.notify.report else None
    if server is None:
        return ()
    plans = []
    for wanted in settings.notify.report:
        # A ledger of what was sent must not hold addresses.
        channels = tuple(
            Mail(replace(server, recipients=(who,)), f"mail:{sha256(who.encode()).hexdigest()[:10]}")
            for who in dict.fromkeys(wanted.to)
        )
        language = wanted.language or settings.clinic.languages[0]
        plans.append(Plan(wanted.name, tuple(dict.fromkeys(wanted.reports)), wanted.every, wanted.at, app.zone,
                          channels, language, settings.clinic.name,
                          privacy_of(settings) if wanted.role == "marketer" else None, wanted.compare))  # fmt: skip
    return tuple(plans)


def limits_of(app: App) -> "Limits":
    """Return what the settings say to reports."""
    from reports.registry import Limits

    return Limits(reached_s=app.settings.callbacks.reached_s, late_hours=app.settings.appointments.late_hours,
                  zone=app.zone)


def show(app: App, plans: "Mapping[str, Plan]", *, as_json: bool) -> None:
    """Print what is planned: when next, and when the latest was sent."""
    from reports.schedule import Schedule, due, following

    now = _now(app)
    rows = []
    with app.store() as store:
        schedule = Schedule(store, tuple(plans.values()), limits_of(app))
        for plan in plans.values():
            mail = due(plan, now)
            sent = schedule.sent_ms(plan, mail)
            rows.append({
                "name": plan.name, "reports": ", ".join(plan.reports), "every": plan.every, "to": len(plan.channels),
                "next": following(plan, now).astimezone(plan.zone).isoformat(timespec="minutes"),
                "latest": str(mail.period),
                "sent": datetime.fromtimestamp(sent / 1000, plan.zone).isoformat(timespec="minutes") if sent else None,
            })  # fmt: skip
    if as_json:
        print_json(rows)
        return
    for row in rows:
        told = f"sent {row['sent']}" if row["sent"] else "not sent"
        people = "1 address" if row["to"] == 1 else f"{row['to']} addresses"
        say(f"{row['name']}: {row['reports']}, every {row['every']}, to {people}")
        say(f"  next {row['next']}; the latest, of {row['latest']}, was {told}.")
    if not rows:
        say("No report is mailed. Add [notify.mail] and a [[notify.report]] to the settings; "
            "docs/reports.md has an example.")  # fmt: skip


def write(app: App, plan: "Plan", file: Path) -> None:
    """Write the latest mail as a file that mail programs open."""
    from notify.mail import Mail
    from reports.schedule import Schedule, due

    channel = plan.channels[0]
    assert isinstance(channel, Mail)
    with app.store() as store:
        mail = due(plan, _now(app))
        message = Schedule(store, (plan,), limits_of(app)).prepare(plan, mail, app.now_ms())
    file.write_bytes(channel.as_bytes(message))
    say(f"{plain(file)}: {plan.name}, {mail.period}; nothing was sent.")


def send(app: App, plan: "Plan") -> None:
    """Send the latest mail now."""
    from reports.schedule import Schedule, due

    with app.store() as store:
        mail = due(plan, _now(app))
        schedule = Schedule(store, (plan,), limits_of(app))
        sent = asyncio.run(schedule.send(plan, mail, app.now_ms(), again=True))
    if sent < len(plan.channels):
        raise click.ClickException(
            f"{len(plan.channels) - sent} of {len(plan.channels)} addresses were not reached; "
            "`callward notify test` says what is wrong with the mail server."
        )
    say(f"Sent {plan.name}, {mail.period}, to {sent}.")


def _now(app: App) -> datetime:
    return datetime.fromtimestamp(app.now_ms() / 1000, UTC)
