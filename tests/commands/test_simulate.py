"""`callward simulate`, as a person runs it: a process of its own that an AMI client can log in to."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from click.testing import CliRunner

from cli import main
from pbx.events import name_of
from tests.pbx.ami import SECRET, TRACES, Conversation

ABANDONED = TRACES / "asterisk22" / "queue_abandon"
ROOT = Path(__file__).parents[2]


@contextmanager
def simulated(*words: str) -> Iterator[tuple["subprocess.Popen[str]", int]]:
    """Run `callward simulate` on a free port; yield the process and the port; end it as Ctrl-C would."""
    command = [sys.executable, "-m", "callward", "simulate", *words, "--port", "0", "--user", "tracker"]
    env = {**os.environ, "CALLWARD_AMI_SECRET": SECRET, "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        assert process.stdout is not None
        found = re.search(r"on 127\.0\.0\.1:(\d+)", process.stdout.readline())
        assert found
        yield process, int(found[1])
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0


async def test_it_waits_for_a_client_and_then_plays_everything() -> None:
    with simulated(str(ABANDONED), "--speed", "0") as (_, port):
        async with Conversation(port) as client:
            await client.log_in()
            assert (await client.hear("Event: QueueCallerAbandon")).get("Queue") == "reception"
            assert [name_of(block) for block in client.heard].count(b"Newchannel") > 1
            assert (await client.ask("Action: CoreStatus")).get("Response") == "Success"


async def test_in_a_loop_every_round_is_other_calls_of_other_people() -> None:
    with simulated(str(ABANDONED), "--speed", "0", "--loop") as (_, port):
        async with Conversation(port) as client:
            await client.log_in()
            rounds = [await client.hear("Event: QueueCallerAbandon") for _ in range(3)]
    assert len({event.get("Uniqueid") for event in rounds}) == 3
    assert len({event.get("CallerIDNum") for event in rounds}) == 3
    assert len({event.get("CallerIDNum")[:4] for event in rounds}) == 1


def test_with_exit_it_ends_when_everything_was_played() -> None:
    words = ["simulate", str(ABANDONED), "--port", "0", "--speed", "0", "--at-once", "--exit"]
    result = CliRunner().invoke(main, words, env={"CALLWARD_AMI_SECRET": ""})
    assert result.exit_code == 0, result.output
    assert "CALLWARD_AMI_SECRET is not set; the secret of user callward is" in result.output
    assert "(1 of 1)" in result.output


def test_a_folder_without_journals_is_explained_in_one_sentence(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["simulate", str(tmp_path)])
    assert result.exit_code == 1
    assert "there is no journal in this folder" in result.output


def test_a_port_in_use_is_explained_in_one_sentence() -> None:
    with simulated(str(ABANDONED)) as (_, port):
        command = [sys.executable, "-m", "callward", "simulate", str(ABANDONED), "--port", str(port)]
        second = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert second.returncode == 1
    assert f"port {port} of 127.0.0.1 cannot be used" in second.stderr
