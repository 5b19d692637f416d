"""From settings to the values that the parts work with. The parts themselves never see the settings."""

from collections.abc import Iterable, Mapping
from datetime import date, time
from zoneinfo import ZoneInfo

import settings as s
from callbacks.facts import Rules
from callbacks.hours import Hours, Spans, holidays_of, no_holidays
from callbacks.situation import Context
from filling import Archive
from intake import Clinic
from listener import Ears
from pbx.endpoints import Endpoints
from pbx.link import LinkConfig
from pbx.telling import Teller


def clinic_of(settings: s.Settings, *, live: bool = False) -> Clinic:
    """Return what intake needs to know. `live` says whether what happens now may be told to people."""
    return Clinic(
        zone=settings.clinic.zone,
        callbacks=callbacks_of(settings, live=live),
        menu_ms=settings.callbacks.menu_s * 1000,
        first_time_days=settings.tracking.first_time_days,
    )


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


def _spans(exceptions: Mapping[date, Iterable[tuple[time, time]]]) -> dict[date, Spans]:
    return {day: tuple(spans) for day, spans in exceptions.items()}
