"""The command line. Commands live in `commands/`, one module each, and are imported only when used.

Exit status: 0 done, 1 it could not be done (one sentence says why), 2 the command was not understood.
"""

import importlib
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import click

from callward import __version__
from commands.common import App, expected, sentence

COMMANDS = {
    "init": "Make a clinic's settings and store.",
    "listen": "Listen to the exchange and write down every call.",
    "serve": "Listen, serve the console, and tell people what is due.",
    "web": "Serve the console alone.",
    "replay": "Turn recorded AMI into calls.",
    "backfill": "Fill in calls from Asterisk's CEL, CDR and queue_log.",
    "verify": "Prove that no call was lost, and that each is told right.",
    "simulate": "Play recorded AMI to clients, as an Asterisk would.",
    "demo": "Show the product at work, without a PBX.",
    "doctor": "Check the installation, and say how to mend it.",
    "calls": "Look at calls, and note what they were about.",
    "topics": "List what calls may be about, and add the clinic's own.",
    "callbacks": "Ring back the callers who were not answered.",
    "requests": "Follow who asked on the web site to be rung back.",
    "notify": "Try out and follow what is sent.",
    "patients": "Import and find patients.",
    "appointments": "Import and list appointments, and say which call made each.",
    "journey": "Tell a patient's way from the first touch to the visit, and after.",
    "conversions": "Tell ad platforms which clicks became calls and visits.",
    "numbers": "Tracked numbers: which campaign each belongs to, from when to when.",
    "campaigns": "Campaigns: their names, promises and costs.",
    "report": "Print figures about calls, each with its formula.",
    "dialplan": "Generate and check the dialplan of the tracked numbers.",
    "users": "Say who may use the console.",
    "tokens": "Say which programs may use the API at /api/v1.",
    "pbx": "Ask the exchange, or make it ring, with your own login.",
}
"""Every command with its line of help, in the order a clinic meets them: the list needs no import."""


class Commands(click.Group):
    """A group that imports a command when it is used, and explains failures in one sentence."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command; None for an unknown name."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"commands.{cmd_name}")
        command: click.Command = getattr(module, cmd_name, None) or module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; a misspelt name is answered with the likeliest one."""
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            near = get_close_matches(name, COMMANDS, 1)
            hint = f'did you mean "{near[0]}"?' if near else "run `callward --help` for the list."
            raise click.UsageError(f'There is no command "{name}"; {hint}')
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def main(self, args: Sequence[str] | None = None, *rest: Any, standalone_mode: bool = True, **extra: Any) -> Any:
        """Run, turn failures into one sentence on stderr, and exit."""
        run: Any = super().main
        if not standalone_mode:
            return run(args, *rest, standalone_mode=False, **extra)
        try:
            status = run(args, *rest, standalone_mode=False, **extra)
        except click.exceptions.NoArgsIsHelpError as error:
            error.show()
            status = error.exit_code
        except click.UsageError as error:
            status = _fail(_usage(error), error.exit_code)
        except click.ClickException as error:
            status = _fail(error.format_message(), error.exit_code)
        except click.Abort:
            status = _fail("Stopped.", 130)
        except Exception as error:
            if not expected(error):
                raise
            status = _fail(sentence(error), 1)
        sys.exit(status if isinstance(status, int) else 0)


def _usage(error: click.UsageError) -> str:
    """Return the error and, unless it says so itself, where the help is."""
    message = error.format_message()
    if error.ctx is None or "--help" in message or "did you mean" in message.lower():
        return message
    return f"{message.removesuffix('.')}; see `{error.ctx.command_path} --help`."


def _fail(message: str, status: int) -> int:
    click.echo(message.encode("utf-8", "backslashreplace").decode(), err=True)
    return status


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("callward.toml"),
    envvar="CALLWARD_CONFIG",
    show_default=True,
    show_envvar=True,
    help="The clinic's settings.",
)
@click.version_option(__version__, prog_name="callward", message="%(prog)s %(version)s")
@click.pass_context
def main(ctx: click.Context, config: Path) -> None:
    """Callward stands beside a clinic's Asterisk and sees to it that no caller is forgotten.

    It writes down every call, says who rang and which campaign made them ring, and keeps the queue of callers to ring
    back.

    \b
    Example:
      callward demo
    """
    ctx.obj = App(config)


if __name__ == "__main__":
    main(prog_name="callward")
