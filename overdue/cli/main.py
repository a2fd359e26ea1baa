"""The command line. A command parses, calls, shows; what it does stands in its own room under `commands`.

stdout has the result, stderr the rest. Exit 0: done, 1: refused or failed, 2: wrong usage. Only the command that is
asked for is loaded: a job's monitoring must not take longer to start than the job.
"""

import errno
import os
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from importlib import import_module
from io import TextIOWrapper
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chalicelib.domain.errors import OverdueError

if TYPE_CHECKING:
    from overdue.local.run import Ready

ROOMS = {  # command → room and name
    "apply": "overdue.cli.files.apply:apply",
    "canary": "overdue.cli.stage.canary:canary",
    "channels": "overdue.cli.stage.channels:channels",
    "checks": "overdue.cli.checks.checks:checks",
    "completion": "overdue.cli.offline.completion:completion",
    "cost": "overdue.cli.stage.cost:cost",
    "deploy": "overdue.cli.stage.deploy:deploy",
    "destroy": "overdue.cli.stage.destroy:destroy",
    "doctor": "overdue.cli.stage.doctor:doctor",
    "escalations": "overdue.cli.checks.escalations:escalations",
    "exec": "overdue.cli.jobs.execute:execute",
    "export": "overdue.cli.files.export:export",
    "flips": "overdue.cli.checks.records:flips",
    "import": "overdue.cli.files.imports:imports",
    "keys": "overdue.cli.stage.keys:keys",
    "logs": "overdue.cli.stage.logs:logs",
    "open": "overdue.cli.stage.open:open_pages",
    "ping": "overdue.cli.jobs.ping:ping",
    "pings": "overdue.cli.checks.records:pings",
    "probe": "overdue.cli.offline.probe:probe",
    "projects": "overdue.cli.stage.projects:projects",
    "schedule": "overdue.cli.offline.schedule:schedule",
    "status": "overdue.cli.checks.status:status",
    "status-pages": "overdue.cli.stage.status_pages:status_pages",
}


NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)  # a pipe that is closed is click's business


class Commands(click.Group):
    """Loads a command when it is asked for, and shows what a person can act on as one line, never as a traceback."""

    def main(self, *arguments: Any, **given: Any) -> Any:
        """Run as a program. Where its result cannot be written, one line says so."""
        _bear_any_character()
        try:
            return super().main(*arguments, **given)
        except OSError as error:
            if error.errno not in NO_ROOM:
                raise
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else the end of Python tries once more
            click.echo(f"Error: the result could not be written: {os.strerror(error.errno).lower()}", err=True)
            sys.exit(1)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Refuse what is no text, before any command has to bear it: no name, URL or key holds such bytes."""
        for before, word in pairwise(["", *_ours(args)]):
            if not _is_text(word):
                where = f" behind {before}" if before.startswith("-") and before != "--" else ""
                raise click.UsageError(f'the argument "{_shown(word)}"{where} is not valid UTF-8: write it so', ctx)
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All of them, loaded or not."""
        return sorted({*super().list_commands(ctx), *ROOMS})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name; its room is loaded now."""
        if cmd_name not in ROOMS:
            return super().get_command(ctx, cmd_name)
        room, _, name = ROOMS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(room), name)
        return command

    def invoke(self, ctx: click.Context) -> object:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except OverdueError as error:
            from chalicelib.alerts.charset import inert  # here because `exec` does without: 25 ms

            raise click.ClickException(inert(str(error))) from error


def _ours(args: Sequence[str]) -> Sequence[str]:
    """Without the words of a job, which may be any bytes."""
    return args[: args.index("--")] if args[:1] == ["exec"] and "--" in args else args


def _is_text(word: str) -> bool:
    """Bytes that are no UTF-8 come as lone surrogates."""
    try:
        word.encode()
    except UnicodeEncodeError:
        return False
    return True


def _shown(word: str) -> str:
    return word.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="overdue")
def main() -> None:
    """Know when a job did not do its work: it pings a URL when it is done, and you hear when it does not.

    Whom a command talks to, and with which keys, is said by options, by OVERDUE_URL, OVERDUE_API_KEY and
    OVERDUE_PING_KEY, or by a settings file with a table for each stage, ~/.config/overdue/config.toml or
    $OVERDUE_CONFIG; where `overdue local` runs, nothing need be said.

    Example: overdue checks list
    """


def _log_troubles() -> None:
    """Warnings and tracebacks to stderr; that all is well is no news in a terminal."""
    import logging

    handler = logging.StreamHandler(sys.stderr)
    handler.setLevel(logging.WARNING)
    logging.basicConfig(format="%(message)s", handlers=[handler])


@main.command()
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
@click.option("--dynamodb", "dynamodb_url", metavar="URL", help="Keep data in this DynamoDB instead of in memory.")
@click.option(
    "--keep",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Keep data in this folder, for the next start. Needs Node 20 and once: make dynalite",
)
@click.option("--speed", default=1.0, show_default=True, help="60 lets an hour pass in a minute.")
@click.option(
    "--ready-file",
    "ready_path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write addresses and keys as JSON to this file once the server is ready.",
)
@click.option("--conformance", is_flag=True, help="With the channels and the second project of tests/conformance.")
def local(
    port: int, dynamodb_url: str | None, keep: Path | None, speed: float, ready_path: Path | None, conformance: bool
) -> None:
    """Run all of Overdue on this machine: pings, sweep, and an inbox that shows each alert.

    Nothing is sent to anybody, and without --keep nothing is kept after the end. Other commands find it by
    themselves: while it runs, .overdue/local.json in this directory holds its address and its keys.

    Example: overdue local --port 0 --speed 60
    """
    from overdue.local.clock import Clock
    from overdue.local.discovery import FILE, announced, clear_ready_file, ready_file

    if ready_path is not None and not ready_path.parent.is_dir():
        raise click.BadParameter(f"there is no folder {ready_path.parent}", param_hint="--ready-file")
    if keep is not None and dynamodb_url is not None:
        raise click.UsageError("--keep and --dynamodb name two places for the same data: leave one out")
    if keep is not None and speed != 1:
        raise click.UsageError(f"--keep is for real time: at --speed {speed:g}, the next start would be in the past")
    clock = Clock(speed)
    if ready_path is not None:
        clear_ready_file(ready_path)

    # What was asked for can be done: only now comes the engine, which takes two seconds to load.
    import threading

    from rich.console import Console

    from overdue.local.ending import exit_on_signals
    from overdue.local.inbox.terminal import tell
    from overdue.local.run import running

    console = Console()
    _log_troubles()
    stop = threading.Event()
    exit_on_signals(stop)
    with (
        running(
            port=port,
            clock=clock,
            dynamodb_url=dynamodb_url,
            on_alert=lambda alert: tell(alert, console=console),
            conformance=conformance,
            keep=keep,
        ) as ready,
        # `running` has set it, as a deployment would
        announced(
            ready,
            dynamodb=os.environ["OVERDUE_DYNAMODB_URL"],
            access_key=os.environ["AWS_ACCESS_KEY_ID"],
            directory=Path.cwd(),
        ) as announcement,
        nullcontext() if ready_path is None else ready_file(ready_path, ready),
    ):
        console.print(_greeting(ready, speed=speed), highlight=False, soft_wrap=True)
        if announcement is None:
            click.echo(f"{FILE} cannot be written here, so other commands need to be told where this runs.", err=True)
        sys.stdout.flush()
        while not stop.wait(1.0):  # on some platforms, a wait without a timeout does not notice signals
            pass
    console.print("\nStopped.")


def _greeting(ready: "Ready", *, speed: float) -> str:
    """What to do first, with lines to copy."""
    wait_s = 120 / speed
    wait = "two minutes" if speed == 1 else f"{wait_s:.2g} seconds"
    pace = "" if speed == 1 else f" The service's clock runs {speed:g} times as fast."
    return f"""Overdue is running at {ready.base}. Ctrl-C ends it.{pace}

See your checks in the browser; this link signs in once, `overdue open` makes others:

  {ready.open}

A first check waits for its first ping. Copy this line:

  curl -fsS {ready.ping}/{ready.check}

From then on it expects one every minute, with a minute of grace. Stop pinging, and {wait} later its alert
is here and at {ready.inbox}

A job may also make its own check, by its name:

  curl -fsS "{ready.ping}/{ready.ping_key}/my-job?create=1&period=1h"
"""


def _bear_any_character() -> None:
    """Let a terminal that knows only ASCII show a question mark, not end a command at an accent."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


@main.command()
@click.option("--stay", is_flag=True, help="Run on afterwards, until Ctrl-C, to look around in the pages.")
def demo(stay: bool) -> None:
    """Watch six jobs on a fast clock, by real curl, and the alerts that they cause. Takes half a minute.

    Prints a link to its pages. Exits 0 only if exactly the right alerts arrive.

    Example: overdue demo --stay
    """
    from rich.console import Console

    from overdue.local.demo import play

    _log_troubles()
    if not play(Console(), stay=stay):
        raise click.ClickException("the wrong alerts arrived, see above")
