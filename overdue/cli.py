"""The command line. A command parses, calls, shows; what it does stands in its own room.

stdout has the result, stderr the rest. Exit 0: done, 1: refused or failed, 2: wrong usage.
"""

import logging
import signal
import sys
import threading
from pathlib import Path

import click
from rich.console import Console

from chalicelib.domain.errors import OverdueError


class Commands(click.Group):
    """Shows what a person can act on as one line, never as a traceback."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except OverdueError as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="overdue")
def main() -> None:
    """Know when a job did not do its work: it pings a URL when it is done, and you hear when it does not."""


def _log_troubles() -> None:
    """Warnings and tracebacks to stderr; that all is well is no news in a terminal."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setLevel(logging.WARNING)
    logging.basicConfig(format="%(message)s", handlers=[handler])


@main.command()
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
@click.option("--dynamodb", "dynamodb_url", metavar="URL", help="Keep data in this DynamoDB instead of in memory.")
@click.option("--speed", default=1.0, show_default=True, help="60 lets an hour pass in a minute.")
@click.option("--ready-file", type=click.Path(dir_okay=False, path_type=Path), help="Written once it serves: JSON.")
def local(port: int, dynamodb_url: str | None, speed: float, ready_file: Path | None) -> None:
    """Run all of Overdue on this machine: pings, sweep, and an inbox that shows each alert.

    Nothing is sent to anybody, and nothing is kept after the end.

    Example: overdue local --port 0 --speed 60
    """
    from overdue.local.clock import Clock
    from overdue.local.letter import tell
    from overdue.local.run import running, write_ready_file

    console = Console()
    _log_troubles()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    clock = Clock(speed)
    with running(
        port=port, clock=clock, dynamodb_url=dynamodb_url, on_alert=lambda alert: tell(alert, console=console)
    ) as ready:
        console.print(f"Overdue is running at {ready.base}. Ctrl-C ends it.\n", highlight=False)
        console.print("A first check waits for its first ping. Copy this line:\n")
        console.print(f"  curl -fsS {ready.ping}/{ready.check}\n", highlight=False, soft_wrap=True)
        console.print(
            "From then on it expects one every minute, with a minute of grace. Stop pinging, and two minutes later\n"
            f"its alert is here and at {ready.inbox}"
            + ("" if speed == 1 else f"\nThe service’s clock runs {speed:g} times as fast."),
            highlight=False,
            soft_wrap=True,
        )
        sys.stdout.flush()
        if ready_file is not None:
            write_ready_file(ready_file, ready)
        try:
            while not stop.wait(1.0):  # a wait without end would not see the signal on every platform
                pass
        finally:
            if ready_file is not None:
                ready_file.unlink(missing_ok=True)
    console.print("\nStopped.")


@main.command()
def demo() -> None:
    """Watch six jobs on a fast clock, by real curl, and the alerts that they cause. Takes half a minute.

    Exits 0 only if exactly the right alerts arrive.

    Example: overdue demo
    """
    from overdue.demo import play

    _log_troubles()
    if not play(Console()):
        raise click.ClickException("the wrong alerts arrived, see above")
