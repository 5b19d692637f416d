"""`callward doctor` on click-to-call and on the folders of sound."""

from pathlib import Path

import pytest

from commands.common import App
from commands.doctor_click import examine_click, examine_sound
from tests.commands.scripted_ami import scripted

SETTINGS = """
[clinic]
name = "K"
country = "PL"
timezone = "Europe/Warsaw"

[[pbx]]
port = {port}
username = "listener"
secret = {{ env = "S" }}
trunks = ["trunk-alfa"]
phones = ["10X"]
recordings = "no such"
voicemail = "."

[pbx.click]
username = "click"
secret = {{ env = "S" }}
"""
RING, PAUSE = "Originate: Ring.  (Priv: originate,all)", "QueuePause: Pause.  (Priv: agent,all)"


@pytest.mark.parametrize(("allowed", "found"), [
    ((RING, PAUSE), [("ok", "click may ring a phone of main, and can do no harm beyond that.")]),
    ((RING,), [("warn", "click may not pause anybody; add agent to `write =`, or let people use their phones."),
               ("ok", "click may ring a phone of main, and can do no harm beyond that.")]),
    ((RING, PAUSE, "Command: Run.  (Priv: command,all)"),
     [("warn", "click has `write = command`, which no click needs; take it away.")]),
    ((PAUSE,), [("fail", "click may not ring for the console; add `write = originate` in manager.conf.")]),
])  # fmt: skip
def test_the_user_of_clicks_may_ring_and_pause_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, allowed: tuple[str, ...], found: list[tuple[str, str]]
) -> None:
    monkeypatch.setenv("S", "lab-secret")
    with scripted({"ListCommands": "\r\n".join(("Response: Success", *allowed))}) as exchange:
        (tmp_path / "callward.toml").write_text(SETTINGS.format(port=exchange.port))
        app = App(tmp_path / "callward.toml")
        assert [(one.state, one.text) for one in examine_click(app, app.settings.pbx[0])] == found
        assert [(one.state, one.text.partition(" ")[0]) for one in examine_sound(app, app.settings.pbx[0])] == [
            ("fail", f"{tmp_path}/no"), ("ok", f"{tmp_path}")]
