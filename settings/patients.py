"""`[patients]`: where patients come from by themselves."""

from pathlib import Path

from pydantic import Field

from settings.kinds import Hidden, Strict, Url


class Patients(Strict):
    """`[patients]`: the server that tells of patients while `callward serve` runs, and with `callward patients pull`.

    Without fhir_url the server of [appointments] is asked, if there is one.
    """

    fhir_url: Url | None = Field(default=None, description="base of a FHIR R4 server, like https://his.example/fhir")
    fhir_token: Hidden | None = Field(default=None, description="its bearer token, written as an AMI secret is")
    fhir_ca: Path | None = Field(default=None, description="certificate to trust, when it is not a public one")
    every_minutes: int = Field(default=60, ge=1, le=1440, description="minutes between two looks")
