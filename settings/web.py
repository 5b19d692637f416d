"""`[web]`: the console, and how browsers reach it."""

from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from settings.kinds import Strict, is_this_machine
from settings.public import Public


class Web(Strict):
    """`[web]`: the pages for people. They never leave this machine unencrypted."""

    host: str = Field(default="127.0.0.1", min_length=1, description="where the console listens")
    port: int = Field(default=8480, ge=1, le=65535, description="its port")
    public_url: str = Field(
        default="", description="how browsers reach it through a proxy, like https://callward.clinic.example"
    )
    certificate: Path | None = Field(default=None, description="its certificate (PEM), when no proxy has one")
    key: Path | None = Field(default=None, description="the certificate's private key")
    trusted_proxies: list[str] = Field(
        default=[], description="addresses of proxies whose X-Forwarded-For is believed"
    )
    session_hours: int = Field(default=12, ge=1, le=168, description="hours after which people sign in again")
    api_per_minute: int = Field(
        default=600, ge=1, le=1_000_000, description="requests that one token of the API may make in a minute"
    )
    patient_link: str = Field(
        default="", description="a patient in the clinic's own system, like https://his.example/patients/{ref}"
    )

    public: Public = Public()

    heard_of_us: list[str] = Field(
        default=[], max_length=13,
        description="your own answers to How did you hear of us?, instead of the shipped ones",
    )

    @field_validator("heard_of_us")
    @classmethod
    def _answers(cls, answers: list[str]) -> list[str]:
        for answer in answers:
            if not answer.strip() or not answer.isprintable() or len(answer) > 60:
                raise ValueError(f'"{answer[:60]}" is no answer; write a few words, like "Radio Wawa"')
        return [answer.strip() for answer in answers]

    @field_validator("public_url")
    @classmethod
    def _reachable(cls, url: str) -> str:
        if not url:
            return url
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/") or parts.query:
            raise ValueError(f'"{url}" is not an address without a path; write one like "https://callward.example"')
        if parts.scheme == "http" and not is_this_machine(parts.hostname):
            raise ValueError(f'"{url}" sends passwords in the clear; write https and let a proxy encrypt it')
        return url.rstrip("/")

    @field_validator("trusted_proxies")
    @classmethod
    def _addresses(cls, proxies: list[str]) -> list[str]:
        for proxy in proxies:
            try:
                ip_address(proxy)
            except ValueError:
                raise ValueError(f'"{proxy}" is not an address; write one like "127.0.0.1"') from None
        return proxies

    @field_validator("patient_link")
    @classmethod
    def _link(cls, link: str) -> str:
        if link and (urlsplit(link).scheme not in ("http", "https") or "{ref}" not in link):
            raise ValueError(f'"{link}" leads to no patient; write one like "https://his.example/patients/{{ref}}"')
        return link

    @model_validator(mode="after")
    def _private_on_the_wire(self) -> "Web":
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key belong together; set both or none")
        if not is_this_machine(self.host) and self.certificate is None and not self.trusted_proxies:
            raise ValueError(
                f"{self.host} is not this machine; set certificate and key, or name the proxy that encrypts it in "
                "trusted_proxies"
            )
        return self
