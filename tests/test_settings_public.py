"""`[web.public]` and `[requests]`: what is refused, with the way out."""

import shutil
from pathlib import Path

import pytest

from commands.door import door_config_of, limits_of
from settings import Settings, SettingsError, load
from tests.listening import CLINIC

DOOR = """
[web.public]
enabled = true
public_url = "https://calls.clinic.example"
domains = ["clinic.example", "www.clinic.example"]
trusted_proxies = ["127.0.0.1"]
"""


def read(folder: Path, more: str) -> Settings:
    file = folder / "clinic.toml"
    shutil.copy(CLINIC, file)
    with file.open("a", encoding="utf-8") as out:
        out.write(more)
    return load(file)


def test_a_door_is_closed_until_it_is_opened(tmp_path: Path) -> None:
    assert not read(tmp_path, "").web.public.enabled
    settings = read(tmp_path, DOOR + "[requests]\nenabled = true\nper_number = 3\n[tracking]\nvisit_idle_minutes = 7\n")
    door = door_config_of(settings)
    assert door.sites == ("clinic.example", "www.clinic.example")
    assert door.hosts == {"clinic.example"}
    assert (door.terms.idle_ms, door.terms.grace_ms) == (7 * 60_000, 20 * 60_000)
    assert door.form is not None
    assert door.form.limits == limits_of(settings)
    assert door.form.limits.per_number == 3


@pytest.mark.parametrize(("more", "said"), [
    (DOOR.replace('["clinic.example", "www.clinic.example"]', "[]"), "domains is empty"),
    (DOOR.replace('"clinic.example"', '"https://clinic.example"'), "write its name alone and small"),
    (DOOR.replace("https://calls", "http://calls"), "write https"),
    (DOOR.replace('public_url = "https://calls.clinic.example"', ""), "public_url is missing"),
    (DOOR.replace('["127.0.0.1"]', "[]"), "all visitors would look like one"),
    (DOOR + 'host = "0.0.0.0"\n', ""),
    (DOOR.replace('trusted_proxies = ["127.0.0.1"]', 'host = "0.0.0.0"'), "set certificate and key"),
    (DOOR + 'certificate = "a.pem"\n', "certificate and key belong together"),
    (DOOR + '[web.public.locations]\n"clinic.example" = "Nowhere"\n', "which is no [[location]]"),
    (DOOR + '[web.public.locations]\n"other.example" = "Nowhere"\n', "none of the domains"),
    ("[requests]\nenabled = true\n", "the form needs it"),
    (DOOR + "[requests]\nenabled = true\nring_at_once = true\n", "needs phone"),
    (DOOR + '[requests]\nprivacy_url = "ftp://x"\n', "is not a page"),
])  # fmt: skip
def test_what_would_not_work_is_refused_with_the_way_out(tmp_path: Path, more: str, said: str) -> None:
    if not said:
        assert read(tmp_path, more).web.public.host == "0.0.0.0"
        return
    with pytest.raises(SettingsError) as refused:
        read(tmp_path, more)
    assert said in str(refused.value)
