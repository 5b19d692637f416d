"""The whole file, as the tables of its parts."""

from pathlib import Path

from pydantic import (
    Field,
    model_validator,
)

from settings.clinic import Callbacks, Clinic, Location, Pbx, Tracking
from settings.kinds import Strict
from settings.notices import Alerts, Notify, TextBack
from settings.patients import Patients
from settings.platforms import Appointments, Conversions
from settings.public import Requests
from settings.reports import Reports
from settings.web import Web


class StoreSettings(Strict):
    """`[store]`: where everything is kept."""

    url: str = Field(default="callward.db", min_length=1, description="a file beside the settings, or postgresql://…")


class Retention(Strict):
    """`[retention]`: how long things are kept."""

    journal_days: int = Field(default=30, ge=1, description="days that the AMI journal is kept")
    visits_days: int = Field(
        default=400, ge=1, description="days until a visit to the web site loses its click ids and its visitor"
    )


class Settings(Strict):
    """The whole file. `folder` is where it lies: relative paths start there."""

    folder: Path
    clinic: Clinic
    pbx: list[Pbx] = Field(min_length=1)
    location: list[Location] = Field(default=[])
    store: StoreSettings = StoreSettings()
    callbacks: Callbacks = Callbacks()
    tracking: Tracking = Tracking()
    notify: Notify = Notify()
    alerts: Alerts = Alerts()
    text_back: TextBack = TextBack()
    patients: Patients = Patients()
    appointments: Appointments = Appointments()
    conversions: Conversions = Conversions()
    retention: Retention = Retention()
    reports: Reports = Reports()
    web: Web = Web()
    requests: Requests = Requests()

    @model_validator(mode="after")
    def _texts_have_a_way(self) -> "Settings":
        if self.text_back.enabled and self.notify.sms is None:
            raise ValueError("[text_back] is enabled, but there is no [notify.sms]; add it")
        return self

    @model_validator(mode="after")
    def _requests_have_a_door(self) -> "Settings":
        if self.requests.enabled and not self.web.public.enabled:
            raise ValueError("[requests] is enabled, but [web.public] is not; the form needs it")
        names = {location.name for location in self.location}
        for site, location in self.web.public.locations.items():
            if location not in names:
                raise ValueError(f'[web.public] locations: {site} is at "{location}", which is no [[location]]')
        return self

    @property
    def store_url(self) -> str:
        """Return the store's URL: a PostgreSQL one as written, else an absolute file path."""
        url = self.store.url
        return url if "://" in url else str((self.folder / url).resolve())

    @property
    def journal_folder(self) -> Path:
        """Return the folder of the AMI journal."""
        return self.folder / "journal"
