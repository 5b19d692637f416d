"""The settings of what is sent: who, by what way, and what is refused before anything is."""

from pathlib import Path

import pytest

from settings import load
from tests.test_settings import GOOD, problems, write

SECRET = 'secret = { env = "X" }\n'
MAIL = '[notify.mail]\nhost = "mail.example"\nsender = "a@clinic.example"\n'
SMS = '[notify.sms]\nurl = "https://sms.example/send"\nbody = \'{"to": "{number}", "text": "{text}"}\'\n'
HOOK = '[[notify.webhook]]\nname = "crm"\nurl = "https://crm.example/hook"\n' + SECRET


def test_nothing_is_sent_unless_somebody_says_so(tmp_path: Path) -> None:
    settings = load(write(tmp_path, GOOD))
    assert (settings.notify.mail, settings.notify.sms, settings.notify.webhook) == (None, None, [])
    assert not settings.text_back.enabled


def test_everything_can_be_said(tmp_path: Path) -> None:
    text = '[notify]\ndesk = ["a@b.example"]\nadmin = ["+48501000501"]\n' + MAIL + SMS + HOOK
    text += '[[notify.escalate]]\nafter_minutes = 30\nto = ["boss@b.example"]\n[text_back]\nenabled = true\n'
    settings = load(write(tmp_path, GOOD + text + 'templates = { pl = "{clinic} {time} {link}" }\n'))
    assert settings.notify.escalate[0].after_minutes == 30
    assert settings.notify.webhook[0].events == ["*"]


@pytest.mark.parametrize(("text", "said"), [
    ('[notify]\ndesk = ["anna"]\n', '[notify] desk #1: "anna" is neither a mail address nor a number like'),
    ('[notify]\ndesk = ["a@b.example"]\n', "[notify]: mail addresses are named, but there is no [notify.mail]"),
    ('[notify]\nadmin = ["+48501000501"]\n', "[notify]: numbers are named, but there is no [notify.sms]; add it."),
    (HOOK + HOOK, "[notify]: two [[notify.webhook]] have one name; give each a name of its own."),
    (HOOK.replace("https", "http"), "[[notify.webhook]] #1: http is for your own networks only; write https"),
    (HOOK.replace("https://crm", "ftp://crm"), '[[notify.webhook]] #1 url: "ftp://crm.example" is no address to send'),
    (HOOK + 'private = ["inside"]\n', '[[notify.webhook]] #1 private #1: "inside" is not a network; write'),
    (HOOK.replace(SECRET, ""), "[[notify.webhook]] #1 secret is missing; add it."),
    (HOOK + "event = []\n", '[[notify.webhook]] #1 event is not a setting; did you mean "events"?'),
    (SMS.replace("{text}", ""), "[notify] sms: the body holds no {text}, or neither {number} nor {digits}"),
    (SMS.replace('"{text}"', "{text}"), "[notify] sms: the body is not JSON"),
    (SMS + 'headers = { A = "{secret}" }\n', "[notify] sms: {secret} stands for the secret; set it."),
    ("[text_back]\nenabled = true\n", "callward.toml: [text_back] is enabled, but there is no [notify.sms]; add it."),
    ('[text_back]\ntemplates = { en = "{name}" }\n', "[text_back] templates: there is no {name}; write {clinic}"),
    ('[text_back]\nhours = "22:00-07:00"\n', '[text_back] hours: "22:00-07:00" is not a span of hours'),
    ("[alerts]\nunanswered_percent = 101\n", "[alerts] unanswered_percent: 101 should be less than or equal to 100."),
])
def test_what_cannot_work_is_refused_with_the_way_out(tmp_path: Path, text: str, said: str) -> None:
    (line,) = problems(tmp_path, GOOD + text)
    assert line.startswith(said), line


@pytest.mark.parametrize("text", [HOOK.replace('{ env = "X" }', '"open"'), SMS + 'secret = "open"\n'])
def test_a_secret_in_a_file_that_others_can_read_is_refused(tmp_path: Path, text: str) -> None:
    (line,) = problems(tmp_path, GOOD + text)
    assert line.startswith("holds a secret and others can read it; run `chmod 600")
    load(write(tmp_path, GOOD + text, 0o600))


def test_an_address_of_ones_own_network_may_be_asked_without_tls(tmp_path: Path) -> None:
    text = SMS.replace("https://sms.example", "http://10.0.0.5") + 'private = ["10.0.0.5"]\n'
    settings = load(write(tmp_path, GOOD + text))
    assert settings.notify.sms is not None
