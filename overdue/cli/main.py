"""The command line: the table of commands, and what is the same for all of them.

stdout has the result, stderr the rest. Exit status 0: done, 1: refused or failed, 2: wrong usage. Only the command
that runs is imported: a job's monitoring must not take longer to start than the job.
"""

import errno
import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from itertools import pairwise
from typing import Any

import click

from chalicelib.domain.errors import OverdueError
from chalicelib.domain.text.inert import inert
from overdue.cli.lazy import table

COMMANDS = {
    "apply": "overdue.cli.files.apply:apply",
    "canary": "overdue.cli.command_groups:canary",
    "channels": "overdue.cli.command_groups:channels",
    "checks": "overdue.cli.command_groups:checks",
    "completion": "overdue.cli.offline.completion:completion",
    "cost": "overdue.cli.stage.cost:cost",
    "demo": "overdue.cli.offline.local:demo",
    "deploy": "overdue.cli.stage.deploy:deploy",
    "destroy": "overdue.cli.stage.destroy:destroy",
    "doctor": "overdue.cli.stage.doctor:doctor",
    "escalations": "overdue.cli.command_groups:escalations",
    "exec": "overdue.cli.jobs.execute:execute",
    "export": "overdue.cli.files.export:export",
    "flips": "overdue.cli.checks.records:flips",
    "import": "overdue.cli.command_groups:imports",
    "keys": "overdue.cli.command_groups:keys",
    "local": "overdue.cli.offline.local:local",
    "logs": "overdue.cli.stage.logs:logs",
    "open": "overdue.cli.stage.open:open_pages",
    "ping": "overdue.cli.jobs.ping:ping",
    "pings": "overdue.cli.checks.records:pings",
    "probe": "overdue.cli.offline.probe:probe",
    "projects": "overdue.cli.command_groups:projects",
    "schedule": "overdue.cli.offline.schedule:schedule",
    "status": "overdue.cli.checks.status:status",
    "status-pages": "overdue.cli.command_groups:status_pages",
}
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)  # a pipe that is closed is click's business


class Commands(click.Group):
    """Runs a command, and shows what a person can act on as one line, never as a traceback."""

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

    def invoke(self, ctx: click.Context) -> object:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except OverdueError as error:
            raise click.ClickException(inert(str(error))) from error


def _bear_any_character() -> None:
    """Let a terminal that knows only ASCII show a question mark, not end a command at an accent."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


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


@click.group(cls=Commands, commands=table(COMMANDS), context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="overdue")
def main() -> None:
    """Find out when a scheduled job didn't run: it pings a URL when it is done, and you get an alert when it doesn't.

    Options decide which deployment a command uses, and with which keys; then OVERDUE_URL, OVERDUE_API_KEY and
    OVERDUE_PING_KEY; then a settings file with a table for each stage, ~/.config/overdue/config.toml or
    $OVERDUE_CONFIG. A server started by `overdue local` needs none of these.

    Example: overdue checks list
    """
