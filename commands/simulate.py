"""`callward simulate`: recorded AMI played to clients, as an Asterisk would send it."""

import asyncio
import os
import secrets
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pbx.journal import Run
    from pbx.simulator import Simulator

_ROUND = 1_000_000
"""Ids that one round may use up: no recording has as many channels."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """What to play, and how."""

    runs: "list[Run]"
    port: int
    user: str
    secret: str
    speed: float
    loop: bool
    now: bool
    at_once: bool
    exit: bool


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(path_type=Path))
@click.option("--port", default=5038, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
@click.option("--speed", default=1.0, show_default=True, type=click.FloatRange(min=0),
              help="How many times as fast as recorded; 0: as fast as the clients read.")
@click.option("--user", default="callward", show_default=True, help="The AMI user that may log in.")
@click.option("--secret-env", default="CALLWARD_AMI_SECRET", show_default=True, metavar="NAME",
              help="Environment variable with the user's secret; if it is not set, one is made and printed.")
@click.option("--loop", is_flag=True, help="Play again and again: new calls, at new times, from other numbers.")
@click.option("--now", is_flag=True, help="Move the recorded times to now.")
@click.option("--at-once", is_flag=True, help="Begin before anybody has logged in.")
@click.option("--exit", "exit_", is_flag=True, help="Stop when everything was played.")
def simulate(
    paths: tuple[Path, ...], port: int, speed: float, user: str, secret_env: str, **flags: bool
) -> None:
    """Play recorded AMI to clients, as an Asterisk would.

    PATH is a journal (.jsonl), raw AMI bytes (.raw), either also as .gz, or a folder of them. Answers Originate and
    Hangup too. Listens on this machine only.

    Example:

        callward simulate tests/traces/asterisk22 --port 5038 --speed 10
    """
    from pbx.journal import runs

    secret = os.environ.get(secret_env, "")
    if not secret:
        secret = secrets.token_urlsafe(12)
        click.echo(f"{secret_env} is not set; the secret of user {user} is {secret}")
    plan = _Plan(runs(paths), port, user, secret, speed, flags["loop"], flags["now"], flags["at_once"], flags["exit_"])
    asyncio.run(_serve(plan))


async def _serve(plan: _Plan) -> None:
    """Serve until everything was played (with `exit`), or until the process is told to stop."""
    from pbx.simulator import Simulator, User

    simulator = Simulator({plan.user: User(plan.secret)}, speed=plan.speed)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    try:
        async with simulator.serving(port=plan.port) as port:
            click.echo(f"Asterisk simulated on 127.0.0.1:{port} for user {plan.user}; Ctrl-C stops it.")
            playing = asyncio.create_task(_play(simulator, plan))
            stopping = asyncio.create_task(stop.wait())
            await asyncio.wait([playing, stopping], return_when=asyncio.FIRST_COMPLETED)
            if playing.done():
                playing.result()
                if not plan.exit:
                    click.echo("Everything was played; still answering. Ctrl-C stops.")
                    await stopping
            for task in (playing, stopping):
                task.cancel()
    except OSError as error:
        raise click.ClickException(
            f"port {plan.port} of 127.0.0.1 cannot be used ({error.strerror}); name another with --port."
        ) from None


async def _play(simulator: "Simulator", plan: _Plan) -> None:
    if not plan.at_once:
        click.echo("Waiting for a client to log in.")
        await simulator.wait_for_clients()
    number = 0
    while True:
        for place, run in enumerate(plan.runs, 1):
            turn = f", round {number + 1}" if plan.loop else ""
            click.echo(f"Playing {run.name} ({place} of {len(plan.runs)}{turn})")
            change = _change(run, number) if plan.loop or plan.now else None
            await simulator.replay(run.records(_tell), change)
        number += 1
        if not plan.loop:
            return


def _change(run: "Run", number: int) -> "Callable[[bytes], bytes]":
    """Return what makes this run happen now, and in later rounds to other people."""
    from pbx.journal import framed
    from pbx.shifting import Shift, Shifter, outside_numbers, varied

    first = next((record.at for record in run.records(_ignore)), time.time())
    numbers = outside_numbers(block for _, blocks in framed(run.records(_ignore)) for block in blocks) if number else []
    return Shifter(Shift(round(time.time() - first), number * _ROUND, varied(numbers, number)))


def _tell(sentence: str) -> None:
    click.echo(sentence, err=True)


def _ignore(sentence: str) -> None:
    """Damage is told when the records are played."""
