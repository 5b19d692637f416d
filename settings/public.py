"""What the Internet may see: `[web.public]` (the public door) and `[requests]` ("call me back")."""

import re
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, field_validator, model_validator

from settings.kinds import Strict, is_this_machine


def _domain(text: str) -> str:
    host = text.partition(":")[0]
    if not re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+|localhost", host) or not re.fullmatch(r"[^:]+(:\d{1,5})?", text):
        raise ValueError(f'"{text}" is not a site; write its name alone and small, like "www.clinic.example"')
    return text


def _proxy(text: str) -> str:
    try:
        ip_address(text)
    except ValueError:
        raise ValueError(f'"{text}" is not an address; write one like "127.0.0.1"') from None
    return text


Domain = Annotated[str, AfterValidator(_domain)]
Proxy = Annotated[str, AfterValidator(_proxy)]
Words = dict[Literal["en", "pl", "ru", "es"], str]


class Public(Strict):
    """`[web.public]`: a second listener, for the Internet: the number script and the form, nothing else."""

    enabled: bool = Field(default=False, description="open it")
    host: str = Field(default="127.0.0.1", min_length=1, description="where it listens; a proxy stands before it")
    port: int = Field(default=8481, ge=1, le=65535, description="its port")
    public_url: str = Field(default="", description="how browsers reach it, like https://calls.clinic.example")
    certificate: Path | None = Field(default=None, description="its certificate (PEM), when no proxy has one")
    key: Path | None = Field(default=None, description="the certificate's private key")
    trusted_proxies: list[Proxy] = Field(
        default=[], description="addresses of proxies whose X-Forwarded-For is believed"
    )
    domains: list[Domain] = Field(default=[], description="the clinic's sites, the only ones that are answered")
    locations: dict[Domain, str] = Field(default={}, description="site to location, where a site is one location's")
    leases_per_network: int = Field(default=30, ge=1, description="numbers a day for one network (/24, /48)")
    flood_per_minute: int = Field(
        default=120, ge=1, description="more new visitors a minute are a flood; then each source has its number"
    )
    flood_minutes: int = Field(default=10, ge=1, description="how long a flood is answered so")

    @field_validator("public_url")
    @classmethod
    def _reachable(cls, url: str) -> str:
        if not url:
            return url
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/") or parts.query:
            raise ValueError(f'"{url}" is not an address without a path; write one like "https://calls.clinic.example"')
        if parts.scheme == "http" and not is_this_machine(parts.hostname):
            raise ValueError(f'"{url}" is not encrypted, and pages by https do not load it; write https')
        return url.rstrip("/")

    @model_validator(mode="after")
    def _complete(self) -> "Public":
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key belong together; set both or none")
        if not self.enabled:
            return self
        if not self.domains:
            raise ValueError("domains is empty, so no page would be answered; name the clinic's sites")
        if not self.public_url:
            raise ValueError("public_url is missing; pages must know where the script is")
        if not is_this_machine(self.host) and self.certificate is None and not self.trusted_proxies:
            raise ValueError(
                f"{self.host} is not this machine; set certificate and key, or name the proxy that encrypts it in "
                "trusted_proxies"
            )
        is_here = is_this_machine(urlsplit(self.public_url).hostname or "")
        if self.certificate is None and not self.trusted_proxies and not is_here:
            raise ValueError(
                "trusted_proxies is empty, so all visitors would look like one, the proxy; name its address, like "
                '"127.0.0.1"'
            )
        unknown = sorted(set(self.locations) - set(self.domains))
        if unknown:
            raise ValueError(f'locations names "{unknown[0]}", which is none of the domains; add it there')
        return self


class Requests(Strict):
    """`[requests]`: "call me back" on the clinic's site."""

    enabled: bool = Field(default=False, description="take requests; needs [web.public]")
    per_number: int = Field(default=2, ge=1, description="requests a day for one number")
    per_network: int = Field(default=10, ge=1, description="requests a day from one network (/24, /48)")
    per_day: int = Field(default=100, ge=1, description="requests a day for the clinic")
    burst: int = Field(default=15, ge=2, description="so many in burst_minutes switch the form off, and tell the admin")
    burst_minutes: int = Field(default=10, ge=1, description="the minutes of a burst")
    off_minutes: int = Field(default=60, ge=1, description="how long it stays off, unless `callward requests on`")
    consent: Words = Field(default={}, description="what patients agree to, by language: your lawyer's words")
    privacy_url: str = Field(default="", description="your privacy notice, linked beside the consent")
    ring_at_once: bool = Field(default=False, description="in working hours: ring `phone`, then the patient, at once")
    phone: str = Field(default="", description="the extension that rings first, like 101")

    @field_validator("privacy_url")
    @classmethod
    def _https(cls, url: str) -> str:
        if url and (urlsplit(url).scheme != "https" or not urlsplit(url).hostname):
            raise ValueError(f'"{url}" is not a page; write one like "https://clinic.example/privacy"')
        return url

    @model_validator(mode="after")
    def _has_a_phone(self) -> "Requests":
        if self.ring_at_once and not re.fullmatch(r"[A-Za-z0-9_-]{1,32}", self.phone):
            raise ValueError("ring_at_once needs phone, the extension that rings first")
        return self
