"""`callward.toml`: read, check, and say everything that is wrong at once, with file, key and the way out.

Read by the listener, the web application and the command line only; they pass plain values on.
"""

from settings.clinic import Callbacks, Clinic, Location, Pbx, Tracking
from settings.file import Settings
from settings.kinds import Secret, SettingsError, Spans, Week, is_this_machine
from settings.loading import load, reveal
from settings.notices import Alerts, Mail, Notify, Sms, TextBack, Webhook
from settings.patients import Patients
from settings.platforms import Appointments, Conversions, Ga4, Yandex
from settings.public import Public, Requests
from settings.reports import Reports
from settings.web import Web

__all__ = [
    "Alerts", "Appointments", "Callbacks", "Clinic", "Conversions", "Ga4", "Location", "Mail", "Notify",
    "Patients", "Pbx", "Public", "Reports", "Requests", "Secret", "Settings", "SettingsError", "Sms", "Spans",
    "TextBack", "Tracking", "Web", "Webhook", "Week", "Yandex", "is_this_machine", "load", "reveal",
]  # fmt: skip
