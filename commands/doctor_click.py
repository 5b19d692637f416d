"""What `callward doctor` says of click-to-call, of pausing, and of the folders with recordings and messages."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from commands.common import App
from commands.findings import Finding

if TYPE_CHECKING:
    from settings import Pbx

TOO_MUCH = {"Command": "command", "Redirect": "call", "UpdateConfig": "config", "CoreShowChannels": "reporting"}
"""An action that only a write class allows which nobody needs in order to ring and to pause."""


def examine_click(app: App, pbx: "Pbx") -> Iterator[Finding]:
    """Log in as the console does when somebody clicks; raises commands.ami.AmiError, settings.SettingsError."""
    from commands.ami import Login, Session
    from settings import reveal

    if pbx.click is None:
        return
    folder, name = app.settings.folder, pbx.click.username
    secret = reveal(pbx.click.secret, folder)
    ca = folder / pbx.tls_ca if pbx.tls_ca else None
    with Session(Login(pbx.host, pbx.port, name, secret, pbx.tls, ca)) as ami:
        allowed = set(ami.ask("ListCommands"))
    if "Originate" not in allowed:
        yield Finding("click", "fail", f"{name} may not ring for the console; add `write = originate` in manager.conf.")
    if "QueuePause" not in allowed:
        yield Finding("click", "warn", f"{name} may not pause anybody; add agent to `write =`, or let people use their "
                      "phones.")
    much = [right for action, right in TOO_MUCH.items() if action in allowed]
    for right in much:
        yield Finding("click", "warn", f"{name} has `write = {right}`, which no click needs; take it away.")
    if "Originate" in allowed and not much:
        yield Finding("click", "ok", f"{name} may ring a phone of {pbx.name}, and can do no harm beyond that.")


def examine_sound(app: App, pbx: "Pbx") -> Iterator[Finding]:
    """Look whether the folders of recordings and messages can be read."""
    for what, path in (("recordings", pbx.recordings), ("voicemail", pbx.voicemail)):
        if path is not None:
            yield _folder(what, app.settings.folder / path)


def _folder(what: str, path: Path) -> Finding:
    if not path.is_dir():
        return Finding("sound", "fail", f"{path} is no folder; correct [[pbx]] {what}, or mount it.")
    if not os.access(path, os.R_OK | os.X_OK):
        return Finding("sound", "fail", f"{path} cannot be read by this user; add it to the group of Asterisk's files.")
    return Finding("sound", "ok", f"{path} can be read.")
