"""Charts become pictures in a process of its own.

The drawing program holds the interpreter's lock for a second and more, which beside a live console nobody may, and a
drawing that goes wrong may end its whole process. So a server draws next door: one process, started when it is first
needed, which ends by itself when nothing was drawn for a while. A command draws where it stands.
"""

import json
import os
import select
import subprocess
import sys
import threading
from base64 import b64decode, b64encode
from typing import Any

from reports import ReportsError

IDLE_S = 120
"""So long after the last drawing the process next door ends."""
PATIENCE_S = 60
_PROGRAM = "from reports.drawing import serve; serve()"


def svg(spec: dict[str, Any]) -> str:
    """Return a Vega-Lite chart as SVG. Raises ReportsError: it could not be drawn."""
    return _made({"what": "svg", "spec": spec}).decode()


def png(spec: dict[str, Any], scale: float) -> bytes:
    """Return a Vega-Lite chart as PNG. Raises ReportsError: it could not be drawn."""
    return _made({"what": "png", "spec": spec, "scale": scale})


def bundle(snippet: str) -> str:
    """Return a JavaScript module: Vega, Vega-Lite and Vega-Embed of the installed package, then `snippet`.

    It takes some seconds. Raises ReportsError: it could not be made.
    """
    return _made({"what": "bundle", "snippet": snippet}).decode()


def serve() -> None:
    """Draw what the other side asks for, one line of JSON each, until it is silent for long or gone."""
    while select.select([sys.stdin], [], [], IDLE_S)[0] and (line := sys.stdin.readline()):
        try:
            answer = {"made": b64encode(_draw(json.loads(line))).decode()}
        except Exception as error:  # the other side says it in a sentence
            answer = {"wrong": str(error).splitlines()[0][:200] if str(error) else type(error).__name__}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _made(wanted: dict[str, Any]) -> bytes:
    # Only a server works in threads beside the main one.
    if threading.current_thread() is threading.main_thread() and wanted["what"] != "bundle":
        return _draw(wanted)
    return _NEXT_DOOR.ask(wanted)


def _draw(wanted: dict[str, Any]) -> bytes:
    import vl_convert

    if wanted["what"] == "bundle":
        return str(vl_convert.javascript_bundle(wanted["snippet"])).encode()
    if wanted["what"] == "png":
        return bytes(vl_convert.vegalite_to_png(wanted["spec"], scale=wanted["scale"]))
    return str(vl_convert.vegalite_to_svg(wanted["spec"])).encode()


class _NextDoor:
    """The process that draws. One drawing at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None

    def ask(self, wanted: dict[str, Any]) -> bytes:
        """Return what was drawn. Raises ReportsError."""
        line = json.dumps(wanted) + "\n"
        with self._lock:
            # It may have ended of idleness between two drawings, even while this one is written: once more, then.
            answer = self._asked(line) or self._asked(line)
        if answer is None or "wrong" in answer:
            raise ReportsError("the chart could not be drawn (%(why)s); the table has the same figures.",
                               why=(answer or {}).get("wrong", "no answer"))
        return b64decode(answer["made"])

    def _asked(self, line: str) -> dict[str, Any] | None:
        process = self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(line)
            process.stdin.flush()
            if select.select([process.stdout], [], [], PATIENCE_S)[0] and (said := process.stdout.readline()):
                found: dict[str, Any] = json.loads(said)
                return found
        except (OSError, ValueError):
            pass
        process.kill()
        process.wait()
        self._process = None
        return None

    def _running(self) -> "subprocess.Popen[str]":
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(  # noqa: S603  # our own interpreter, our own words
                [sys.executable, "-c", _PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL, text=True, encoding="utf-8",
                env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
            )  # fmt: skip
        return self._process


_NEXT_DOOR = _NextDoor()
