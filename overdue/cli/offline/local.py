"""`overdue local` and `overdue demo`: the whole service on this machine."""

import logging
import os
import sys
import threading
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console

from overdue.local.clock import Clock
from overdue.local.discovery import FILE, announced, clear_ready_file, ready_file
from overdue.local.ending import exit_on_signals
from overdue.local.inbox.alert_panel import tell

if TYPE_CHECKING:
    from overdue.local.run import Ready


def _log_troubles() -> None:
    """Warnings and tracebacks to stderr; that all is well is no news in a terminal."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setLevel(logging.WARNING)
    logging.basicConfig(format="%(message)s", handlers=[handler])


@click.command()
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
    if ready_path is not None and not ready_path.parent.is_dir():
        raise click.BadParameter(f"there is no folder {ready_path.parent}", param_hint="--ready-file")
    if keep is not None and dynamodb_url is not None:
        raise click.UsageError("--keep and --dynamodb name two places for the same data: leave one out")
    if keep is not None and speed != 1:
        raise click.UsageError(f"--keep is for real time: at --speed {speed:g}, the next start would be in the past")
    clock = Clock(speed)
    if ready_path is not None:
        clear_ready_file(ready_path)

    from overdue.local.run import running  # after what was asked for is known to be possible: it imports moto, 2 s

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


@click.command()
@click.option("--stay", is_flag=True, help="Run on afterwards, until Ctrl-C, to look around in the pages.")
def demo(stay: bool) -> None:
    """Watch six jobs on a fast clock, by real curl, and the alerts that they cause. Takes half a minute.

    Prints a link to its pages. Exits 0 only if exactly the right alerts arrive.

    Example: overdue demo --stay
    """
    from overdue.local.demo import play  # imports moto: 2 s

    _log_troubles()
    if not play(Console(), stay=stay):
        raise click.ClickException("the wrong alerts arrived, see above")
