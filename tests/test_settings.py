"""`callward.toml`: what is accepted, and how everything that is wrong is said at once."""

from datetime import date, time
from pathlib import Path

import pytest

from settings import Secret, SettingsError, load, reveal

CLINICS = sorted((Path(__file__).parent / "data" / "clinic").glob("*.toml"))

GOOD = """
[clinic]
name = "Przychodnia Testowa"
country = "PL"
timezone = "Europe/Warsaw"

[[pbx]]
username = "callward"
secret = { env = "CALLWARD_AMI_SECRET" }
trunks = ["trunk-alfa"]
phones = ["10X"]
"""


def write(folder: Path, text: str, mode: int = 0o644) -> Path:
    file = folder / "callward.toml"
    file.write_text(text, "utf-8")
    file.chmod(mode)
    return file


def problems(folder: Path, text: str, mode: int = 0o644) -> list[str]:
    """Return what is said of a file that is refused, without the file's path."""
    file = write(folder, text, mode)
    with pytest.raises(SettingsError) as refusal:
        load(file)
    lines = str(refusal.value).splitlines()
    assert all(line.startswith(f"{file}: ") for line in lines), "every line names the file"
    return [line.removeprefix(f"{file}: ") for line in lines]


@pytest.mark.parametrize("file", CLINICS, ids=lambda file: file.name)
def test_the_clinics_of_the_recordings_are_accepted_as_they_stand(file: Path) -> None:
    settings = load(file)
    assert (settings.clinic.country, settings.clinic.timezone) == ("PL", "Europe/Warsaw")
    assert settings.clinic.hours.spans()[5] == ((time(9), time(13)),)
    assert settings.clinic.hours.spans()[6] == ()
    assert settings.pbx[0].trunks == ["trunk-alfa"]


def test_paths_start_at_the_folder_of_the_settings(tmp_path: Path) -> None:
    settings = load(write(tmp_path, GOOD))
    assert settings.store_url == str(tmp_path / "callward.db")
    assert settings.journal_folder == tmp_path / "journal"


def test_a_store_elsewhere_is_taken_as_written(tmp_path: Path) -> None:
    settings = load(write(tmp_path, GOOD + '[store]\nurl = "postgresql://db/callward"\n'))
    assert settings.store_url == "postgresql://db/callward"


def test_a_file_from_a_windows_editor_is_read(tmp_path: Path) -> None:
    assert load(write(tmp_path, "\ufeff" + GOOD.replace("\n", "\r\n"))).clinic.country == "PL"


def test_everything_that_is_wrong_is_said_at_once_with_the_key_and_the_way_out(tmp_path: Path) -> None:
    text = """
[clinic]
nme = "Przychodnia"
country = "pl"
timezone = "Europe/Warsow"
[clinic.hours]
mon = "8-"
[[pbx]]
usrname = "callward"
secret = { env = "A" }
port = 0
trunks = ["trunk-alfa"]
phones = []
[callbaks]
"""
    assert problems(tmp_path, text) == [
        "[clinic] name is missing; add it.",
        '[clinic] country: "pl" is not a country; write its two capital letters, like "PL".',
        '[clinic] timezone: "Europe/Warsow" is not a time zone; write one like "Europe/Warsaw".',
        '[clinic.hours] mon: "8-" is not a span of hours; write it as "08:00-18:00".',
        '[clinic] nme is not a setting; did you mean "name"?',
        "[[pbx]] #1 port: 0 should be greater than or equal to 1.",
        "[[pbx]] #1 username is missing; add it.",
        "[[pbx]] #1 phones: [] should have at least 1 item after validation, not 0.",
        '[[pbx]] #1 usrname is not a setting; did you mean "username"?',
        'callbaks is not a setting; did you mean "callbacks"?',
    ]


def test_an_empty_file_is_told_what_it_lacks(tmp_path: Path) -> None:
    assert problems(tmp_path, "") == ["[clinic] is missing; add it.", "[[pbx]] is missing; add it."]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("hours = 5", "[clinic] hours"),
        ("exceptions = { 2026-13-01 = '' }", "[clinic] exceptions"),
        ("languages = []", "[clinic] languages"),
        ("languages = ['xx']", "[clinic] languages #1"),
    ],
)
def test_a_value_of_the_wrong_kind_names_its_key(tmp_path: Path, line: str, said: str) -> None:
    (problem,) = problems(tmp_path, GOOD.replace('country = "PL"', f'country = "PL"\n{line}'))
    assert problem.startswith(said)


@pytest.mark.parametrize("text", ["12:00-08:00", "08:00-08:00", "08:00", "25:00-26:00", "08:00Z-09:00Z", "a-b"])
def test_hours_that_make_no_span_are_refused(tmp_path: Path, text: str) -> None:
    (problem,) = problems(tmp_path, GOOD + f'[clinic.hours]\nmon = "{text}"\n')
    assert "is not a span of hours" in problem


def test_spans_that_overlap_are_refused(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, GOOD + '[clinic.hours]\nmon = "08:00-12:00, 11:00-14:00"\n')
    assert "overlap" in problem


def test_a_day_may_have_a_break_and_may_end_at_midnight(tmp_path: Path) -> None:
    settings = load(write(tmp_path, GOOD + '[clinic.hours]\nmon = "14:00-24:00, 08:00-12:00"\n'))
    (first, second) = settings.clinic.hours.spans()[0]
    assert first == (time(8), time(12))
    assert second[0] == time(14)
    assert second[1] > time(23, 59)


def test_a_day_that_differs_may_be_closed(tmp_path: Path) -> None:
    settings = load(write(tmp_path, GOOD + '[clinic.exceptions]\n2026-12-24 = ""\n2026-12-31 = "08:00-12:00"\n'))
    assert settings.clinic.exceptions == {date(2026, 12, 24): [], date(2026, 12, 31): [(time(8), time(12))]}


def test_two_exchanges_may_not_share_a_name(tmp_path: Path) -> None:
    second = GOOD[GOOD.index("[[pbx]]") :]
    assert problems(tmp_path, GOOD + second) == ['two [[pbx]] are called "main"; give each a name of its own.']


def test_an_endpoint_is_a_trunk_or_a_phone(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, GOOD.replace('"10X"', '"trunk-alfa"'))
    assert '"trunk-alfa" is also among the trunks' in problem


@pytest.mark.parametrize("host", ["192.168.1.5", "pbx.example.org", "127.evil.example", "10.0.0.1"])
def test_ami_beyond_this_machine_needs_tls(tmp_path: Path, host: str) -> None:
    text = GOOD.replace("[[pbx]]", f'[[pbx]]\nhost = "{host}"')
    (problem,) = problems(tmp_path, text)
    assert problem.startswith(f"[[pbx]] #1 tls: {host} is not this machine; set tls = true")
    assert load(write(tmp_path, text.replace("[[pbx]]", "[[pbx]]\ntls = true"))).pbx[0].host == host


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_ami_on_this_machine_does_not(tmp_path: Path, host: str) -> None:
    assert load(write(tmp_path, GOOD.replace("[[pbx]]", f'[[pbx]]\nhost = "{host}"'))).pbx[0].host == host


def test_mail_without_encryption_stays_on_this_machine(tmp_path: Path) -> None:
    mail = '[notify.mail]\nhost = "mail.example.org"\nsender = "clinic@example.org"\nsecurity = "none"\n'
    (problem,) = problems(tmp_path, GOOD + mail)
    assert problem.startswith("[notify.mail] security: mail.example.org is not this machine")


@pytest.mark.parametrize(
    "text",
    [
        GOOD.replace('{ env = "CALLWARD_AMI_SECRET" }', '"hush-hush"'),
        GOOD + '[store]\nurl = "postgresql://callward:hush-hush@db/callward"\n',
        GOOD + '[notify.mail]\nhost = "localhost"\nsender = "a@example.org"\nsecret = "hush-hush"\n',
    ],
    ids=["ami", "store", "mail"],
)
def test_a_secret_in_a_file_that_others_can_read_is_refused_and_not_repeated(tmp_path: Path, text: str) -> None:
    for mode in (0o644, 0o640, 0o604):
        (problem,) = problems(tmp_path, text, mode)
        assert "chmod 600" in problem
        assert "hush" not in problem
    assert load(write(tmp_path, text, 0o600)).clinic.country == "PL"


def test_a_secret_of_the_wrong_kind_is_not_repeated(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, GOOD.replace('{ env = "CALLWARD_AMI_SECRET" }', "47110815"))
    assert problem == '[[pbx]] #1 secret: write a string or { env = "NAME" }.'


def test_a_secret_is_kept_in_one_place(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, GOOD.replace('{ env = "CALLWARD_AMI_SECRET" }', '{ env = "A", file = "b" }'))
    assert 'write either { env = "NAME" } or { file = "path" }' in problem


def test_a_secret_comes_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = load(write(tmp_path, GOOD)).pbx[0].secret
    monkeypatch.setenv("CALLWARD_AMI_SECRET", "hush-hush")
    assert reveal(secret, tmp_path) == "hush-hush"
    monkeypatch.delenv("CALLWARD_AMI_SECRET")
    with pytest.raises(SettingsError, match="CALLWARD_AMI_SECRET is not set"):
        reveal(secret, tmp_path)


def test_a_secret_comes_from_a_file_of_its_own_that_others_cannot_read(tmp_path: Path) -> None:
    secret = Secret(file=Path("ami.secret"))
    with pytest.raises(SettingsError, match="cannot be read"):
        reveal(secret, tmp_path)
    file = tmp_path / "ami.secret"
    file.write_text("hush-hush\n")
    file.chmod(0o644)
    with pytest.raises(SettingsError, match="chmod 600"):
        reveal(secret, tmp_path)
    file.chmod(0o600)
    assert reveal(secret, tmp_path) == "hush-hush"
    file.write_text("\n")
    with pytest.raises(SettingsError, match="is empty"):
        reveal(secret, tmp_path)


def test_a_file_that_is_not_there_or_not_toml_is_explained(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="there is no such file; run `callward init`"):
        load(tmp_path / "callward.toml")
    with pytest.raises(SettingsError, match="is not TOML"):
        load(write(tmp_path, "[clinic\n"))
    with pytest.raises(SettingsError, match="cannot be read"):
        load(tmp_path)


def test_the_folder_cannot_be_set(tmp_path: Path) -> None:
    assert problems(tmp_path, 'folder = "/etc"\n' + GOOD) == ["folder is not a setting; remove it."]


@pytest.mark.parametrize(("lines", "problem"), [
    ('host = "0.0.0.0"', "[web]: 0.0.0.0 is not this machine; set certificate and key, or name the proxy that encrypts "
                         "it in trusted_proxies."),
    ('certificate = "c.pem"', "[web]: certificate and key belong together; set both or none."),
    ('public_url = "http://callward.example"', '[web] public_url: "http://callward.example" sends passwords in the '
                                               "clear; write https and let a proxy encrypt it."),
    ('public_url = "callward.example"', '[web] public_url: "callward.example" is not an address without a path; write '
                                        'one like "https://callward.example".'),
    ('trusted_proxies = ["proxy"]', '[web] trusted_proxies: "proxy" is not an address; write one like "127.0.0.1".'),
    ('patient_link = "javascript:{ref}"', '[web] patient_link: "javascript:{ref}" leads to no patient; write one like '
                                          '"https://his.example/patients/{ref}".'),
])  # fmt: skip
def test_the_console_is_never_served_in_the_clear(tmp_path: Path, lines: str, problem: str) -> None:
    assert problems(tmp_path, f"{GOOD}[web]\n{lines}\n") == [problem]


@pytest.mark.parametrize("lines", [
    'host = "192.0.2.1"\ncertificate = "c.pem"\nkey = "k.pem"', 'host = "0.0.0.0"\ntrusted_proxies = ["172.17.0.1"]',
    'public_url = "https://callward.example/"', 'public_url = "http://localhost:8480"', 'host = "::1"',
])  # fmt: skip
def test_ways_in_which_the_console_may_be_reached(tmp_path: Path, lines: str) -> None:
    load(write(tmp_path, f"{GOOD}[web]\n{lines}\n"))
