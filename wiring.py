"""From settings to the values that the parts work with. The parts themselves never see the settings."""

import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, time
from hashlib import sha256
from zoneinfo import ZoneInfo

import settings as s
from callbacks.alerts import Thresholds
from callbacks.facts import Rules
from callbacks.hours import Hours, Spans, holidays_of, no_holidays
from callbacks.reminders import Level, usual_levels
from callbacks.situation import Context
from callbacks.text_back import TextRules
from filling import Archive
from intake import Clinic
from listener import Ears
from notify import Channel
from notify.edge import Edge, networks
from notify.mail import Mail, MailServer
from notify.sms import Gateway, Sms
from notify.webhook import Webhook
from patients.fhir import Server as FhirServer
from pbx.endpoints import Endpoints
from pbx.link import LinkConfig
from pbx.telephones import Line
from pbx.telling import Teller
from reports.privacy import Privacy
from tracking import qualities
from tracking.appointments_pull import Sources as AppointmentSources
from tracking.conversions import ga4, google, yandex
from tracking.conversions import rules as conversions
from tracking.conversions.ledger import Target
from tracking.conversions.target import target_by
from tracking.leasing import Terms
from tracking.moments import Clock


def clinic_of(settings: s.Settings, *, live: bool = False) -> Clinic:
    """Return what intake needs to know. `live` says whether what happens now may be told to people."""
    return Clinic(
        zone=settings.clinic.zone,
        callbacks=callbacks_of(settings, live=live),
        menu_ms=settings.callbacks.menu_s * 1000,
        first_time_days=settings.tracking.first_time_days,
        returning_days=settings.tracking.returning_days,
        visitors=terms_of(settings),
    )


def terms_of(settings: s.Settings) -> Terms:
    """Return how numbers are lent to visitors of the web site."""
    table = settings.tracking
    return Terms(table.visit_idle_minutes * 60_000, table.visit_grace_minutes * 60_000, table.release_after_call)


def callbacks_of(settings: s.Settings, *, live: bool = False) -> Context:
    """Return what the callback rules need to know."""
    clinic, rules = settings.clinic, settings.callbacks
    shut = holidays_of(clinic.country) if clinic.holidays else no_holidays
    ring = tuple(rules.ring_hours)
    hours = {"": Hours(clinic.zone, clinic.hours.spans(), _spans(clinic.exceptions), shut, ring)}
    for location in settings.location:
        exceptions = {**_spans(clinic.exceptions), **_spans(location.exceptions)}
        hours[location.name] = Hours(clinic.zone, location.hours.spans(), exceptions, shut, ring)
    return Context(
        rules=Rules(
            due_minutes=rules.due_minutes,
            retry_minutes=rules.retry_minutes,
            attempts=rules.attempts,
            attempt_days=rules.attempt_days,
            expire_days=rules.expire_days,
            reached_s=rules.reached_s,
            sure_s=rules.sure_s,
            claim_minutes=rules.claim_minutes,
            countries=tuple(rules.countries),
        ),
        hours=hours,
        region=clinic.country,
        live=live,
    )


def qualities_of(settings: s.Settings) -> qualities.Rules:
    """Return when a call is a target call."""
    rules = settings.tracking
    return qualities.Rules(rules.target_s, frozenset(rules.target_not), rules.unique_days)


def ears_of(settings: s.Settings, pbx: s.Pbx) -> Ears:
    """Return how to listen to one PBX.

    Raises:
        settings.SettingsError: its secret cannot be read.
    """
    link = LinkConfig(
        pbx.name, pbx.host, pbx.port, pbx.username, s.reveal(pbx.secret, settings.folder), pbx.tls,
        settings.folder / pbx.tls_ca if pbx.tls_ca is not None else None,
    )
    return Ears(link, endpoints_of(pbx), teller_of(settings, pbx), settings.journal_folder,
                settings.retention.journal_days)


def lines_of(settings: s.Settings) -> list[Line]:
    """Return the exchanges at which the console may ring and pause. Raises settings.SettingsError."""
    return [
        Line(
            LinkConfig(
                pbx.name, pbx.host, pbx.port, pbx.click.username, s.reveal(pbx.click.secret, settings.folder), pbx.tls,
                settings.folder / pbx.tls_ca if pbx.tls_ca is not None else None, events="off",
            ),
            endpoints_of(pbx), pbx.click.technology, pbx.click.context, pbx.click.presents,
        )
        for pbx in settings.pbx if pbx.click is not None
    ]  # fmt: skip


def archive_of(settings: s.Settings, pbx: s.Pbx) -> Archive:
    """Return where one PBX keeps its own records. Relative paths start at the settings' folder."""

    def at(source: str | None) -> str | None:
        return source if source is None or "://" in source else str(settings.folder / source)

    zone = ZoneInfo(pbx.timezone) if pbx.timezone is not None else settings.clinic.zone
    return Archive(pbx.name, endpoints_of(pbx), teller_of(settings, pbx), zone, at(pbx.cel), at(pbx.cdr),
                   at(pbx.queue_log))


def endpoints_of(pbx: s.Pbx) -> Endpoints:
    """Return the PBX's map of trunks, phones and peers."""
    return Endpoints.of(pbx.trunks, pbx.phones, pbx.peers)


def teller_of(settings: s.Settings, pbx: s.Pbx) -> Teller:
    """Return how numbers of this PBX are read."""
    return Teller(settings.clinic.country, tuple(pbx.prefixes.items()))


@dataclass(frozen=True, slots=True)
class People:
    """How the clinic's people are told things: one channel for each address and number."""

    desk: tuple[Channel, ...]
    levels: tuple[Level, ...]
    manager: tuple[Channel, ...]
    admin: tuple[Channel, ...]

    @property
    def everybody(self) -> tuple[Channel, ...]:
        """Return every channel once."""
        escalated = (channel for level in self.levels for channel in level.channels)
        return _once((*self.desk, *escalated, *self.manager, *self.admin))

    @property
    def summary(self) -> tuple[Channel, ...]:
        """Return who gets the summary."""
        return _once((*self.desk, *self.manager))

    @property
    def alerts(self) -> dict[str, tuple[Channel, ...]]:
        """Return who gets alerts. Where nobody is named for them, the others are told rather than nobody."""
        return {
            "manager": self.manager or self.admin or self.desk,
            "admin": self.admin or self.manager or self.desk,
        }


def people_of(settings: s.Settings) -> People:
    """Return who is told, and how.

    Raises:
        settings.SettingsError: the mail server's or the gateway's secret cannot be read.
    """
    notify = settings.notify
    server, gateway = mail_server_of(settings), gateway_of(settings)

    def channel(who: str) -> Channel:
        # A ledger of what was sent must not hold addresses.
        mark = sha256(who.encode()).hexdigest()[:10]
        if "@" in who:
            assert server is not None, "the settings name no address without a mail server"
            return Mail(replace(server, recipients=(who,)), f"mail:{mark}")
        assert gateway is not None, "the settings name no number without a gateway"
        return Sms(gateway, who, f"sms:{mark}")

    def channels(who: Iterable[str]) -> tuple[Channel, ...]:
        return tuple(channel(one) for one in dict.fromkeys(who))

    desk = channels([*(notify.mail.recipients if notify.mail else ()), *notify.desk])
    named = tuple(Level(level.after_minutes, channels(level.to)) for level in notify.escalate)
    levels = (Level(0, desk), *named) if named else usual_levels(desk)
    return People(desk, levels, channels(notify.manager), channels(notify.admin))


def mail_server_of(settings: s.Settings) -> MailServer | None:
    """Return where mail is handed in. Raises settings.SettingsError."""
    mail = settings.notify.mail
    if mail is None:
        return None
    password = s.reveal(mail.secret, settings.folder) if mail.secret is not None else None
    return MailServer(mail.host, mail.sender, (), mail.port, mail.security, mail.username, password)


def gateway_of(settings: s.Settings) -> Gateway | None:
    """Return how texts are sent. Raises settings.SettingsError."""
    sms = settings.notify.sms
    if sms is None:
        return None
    return Gateway(
        url=sms.url, edge=Edge("[notify.sms]", networks(sms.private)), method=sms.method, headers=sms.headers,
        content_type=sms.content_type, body=sms.body, statuses=tuple(sms.success_status),
        contains=sms.success_contains,
        secret=s.reveal(sms.secret, settings.folder) if sms.secret is not None else "",
        countries=tuple(settings.callbacks.countries) or (settings.clinic.country,),
    )


def webhooks_of(settings: s.Settings) -> list[Webhook]:
    """Return the webhooks. Raises settings.SettingsError."""
    return [
        Webhook(
            hook.name, hook.url, Edge(f"[[notify.webhook]] {hook.name}", networks(hook.private)),
            s.reveal(hook.secret, settings.folder), tuple(hook.events), hook.numbers,
        )
        for hook in settings.notify.webhook
    ]  # fmt: skip


def texts_of(settings: s.Settings) -> TextRules:
    """Return the rules of texts to missed callers."""
    texts, clinic = settings.text_back, settings.clinic
    return TextRules(
        clinic=clinic.name, zone=clinic.zone, countries=tuple(settings.callbacks.countries) or (clinic.country,),
        languages=tuple(clinic.languages), templates={str(key): words for key, words in texts.templates.items()},
        link=texts.link, delay_s=texts.delay_s,
        hours=tuple(texts.hours), daily_limit=texts.daily_limit, max_age_minutes=settings.notify.max_age_minutes,
    )


def privacy_of(settings: s.Settings) -> Privacy:
    """Return which small numbers of people reports keep from who may see no single call."""
    return Privacy(settings.reports.hidden_below, tuple(dict.fromkeys(settings.reports.sensitive)))


def thresholds_of(settings: s.Settings) -> Thresholds:
    """Return when something is trouble."""
    return Thresholds(**{**settings.alerts.model_dump(), "queues": tuple(settings.alerts.queues)})


def appointment_clock(settings: s.Settings) -> Clock:
    """Return the zones that times of appointments are read in."""
    hours = callbacks_of(settings).hours
    return Clock(settings.clinic.zone, {name: own.zone for name, own in hours.items() if name})


def patients_server_of(settings: s.Settings) -> FhirServer | None:
    """Return the server that tells of patients, that of the appointments when there is no other; None without one.

    Raises:
        settings.SettingsError: the token or the certificate cannot be read.
    """
    if settings.patients.fhir_url is None:
        return appointment_sources_of(settings).server
    return _fhir_server(settings, settings.patients, "[patients]")


def _fhir_server(settings: s.Settings, table: s.Patients | s.Appointments, where: str) -> FhirServer | None:
    """Return the server that a table of the settings names, None when it names none. Raises settings.SettingsError."""
    if table.fhir_url is None:
        return None
    token = None if table.fhir_token is None else s.reveal(table.fhir_token, settings.folder)
    trust = None
    if table.fhir_ca is not None:
        try:
            trust = ssl.create_default_context(cafile=str(settings.folder / table.fhir_ca))
        except (OSError, ssl.SSLError):
            raise s.SettingsError(
                f"{where} fhir_ca: {table.fhir_ca} is no certificate that can be read; write the path of a PEM file."
            ) from None
    return FhirServer(table.fhir_url, token, trust=trust)


def appointment_sources_of(settings: s.Settings) -> AppointmentSources:
    """Return where appointments come from by themselves. Raises settings.SettingsError: the token cannot be read."""
    table, server = settings.appointments, _fhir_server(settings, settings.appointments, "[appointments]")
    return AppointmentSources(
        appointment_clock(settings), settings.clinic.country,
        settings.folder / table.folder if table.folder is not None else None, table.complete, server,
    )  # fmt: skip


def conversion_terms_of(settings: s.Settings) -> conversions.Terms:
    """Return what platforms are told of, and under which names."""
    table = settings.conversions
    return conversions.Terms(
        tuple(table.goals), {"booked": table.booked_name, "call": table.call_name}, table.calls, table.values,
        table.min_confidence, table.click_days, table.yandex_days,
    )  # fmt: skip


def google_form_of(settings: s.Settings) -> google.Form:
    """Return how Google's files are written."""
    table = settings.conversions
    zone = ZoneInfo(table.timezone) if table.timezone is not None else settings.clinic.zone
    return google.Form(zone, table.ad_user_data, table.ad_personalization)


def ga4_of(settings: s.Settings) -> tuple[ga4.Form, Edge] | None:
    """Return how GA4 is told, and the way there; None when it is not. Raises settings.SettingsError."""
    table = settings.conversions.ga4
    if table is None:
        return None
    form = ga4.Form(table.measurement_id, s.reveal(table.secret, settings.folder), table.event, table.url)
    return form, Edge("[conversions.ga4]", networks(table.private))


def yandex_of(settings: s.Settings) -> tuple[yandex.Form, Edge] | None:
    """Return how Yandex is told, and the way there; None when it is not. Raises settings.SettingsError."""
    table = settings.conversions.yandex
    if table is None:
        return None
    form = yandex.Form(table.counter, s.reveal(table.secret, settings.folder), table.goal, table.url)
    return form, Edge("[conversions.yandex]", networks(table.private), timeout_s=60.0)


def conversion_target_of(settings: s.Settings) -> Target:
    """Return the rule of target calls, as platforms are told of them."""
    return target_by(qualities_of(settings))


def _once(channels: Iterable[Channel]) -> tuple[Channel, ...]:
    return tuple({channel.name: channel for channel in channels}.values())


def _spans(exceptions: Mapping[date, Iterable[tuple[time, time]]]) -> dict[date, Spans]:
    return {day: tuple(spans) for day, spans in exceptions.items()}
