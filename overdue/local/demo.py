"""The story in half a minute: six jobs, each a real `curl`, on a clock that runs 60 times as fast.

Each job is made by its own first ping (`?create=1`), as a newcomer would. Start at `play`.
"""

import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from chalicelib.domain.errors import OverdueError
from overdue.local.clock import Clock
from overdue.local.ending import exit_on_signals
from overdue.local.inbox.sns_message import ReceivedAlert
from overdue.local.run import running

SPEED = 60.0  # a minute of the service passes in a second
WAIT_S = 40.0  # at most, for the alerts that must come
QUIET_S = 4.0  # afterwards, for alerts that must not

Told = tuple[str, str, str]  # the check's name, the alert's kind, its reason

EXPECTED: dict[Told, str] = {
    ("invoice-mailer", "down", "failed"): "it said so itself: exit status 75",
    ("search-reindex", "down", "overrun"): "it started, and is still running at its limit",
    ("ledger-export", "down", "missed"): "it came once, and never again",
    ("orders-consumer", "down", "stalled"): "it is alive, and processes nothing",
    ("fx-rates", "down", "failed"): "it failed",
    ("fx-rates", "up", "failed"): "and recovered",
}


@dataclass(frozen=True, slots=True)
class Curl:
    """The one line that a job needs."""

    base: str  # with the ping key

    def __call__(self, path: str, *, body: str = "", **query: str) -> None:
        """Send a ping. Raises OverdueError when curl is missing or the ping is refused."""
        url = f"{self.base}/{path}?" + "&".join(f"{name}={value}" for name, value in query.items())
        command = ["curl", "-fsS", "-m", "10", "--retry", "3", "-o", "/dev/null", "--noproxy", "*"]
        if body:
            command += ["--data-binary", body]
        try:
            subprocess.run([*command, url], check=True, timeout=60)  # noqa: S603  # our own arguments
        except FileNotFoundError as error:
            raise OverdueError("the demo needs curl: install it, or use `overdue local` by hand") from error
        except subprocess.CalledProcessError as error:
            raise OverdueError(f"curl could not ping (its exit status is {error.returncode})") from error


def play(console: Console, *, stay: bool) -> bool:
    """Tell the story; return whether exactly the right alerts arrived. `stay`: run on, until Ctrl-C."""
    told = _Told(console)
    clock = Clock(SPEED)
    with running(port=0, clock=clock, dynamodb_url=None, on_alert=told.hear) as ready:
        console.print("Six jobs, one line of curl each; a minute of the service passes in a second.")
        console.print("Watch them in the browser while this runs; the link signs in once:\n")
        console.print(f"  {ready.open}\n", highlight=False, soft_wrap=True)
        curl = Curl(f"{ready.ping}/{ready.ping_key}")
        for job in JOBS:
            console.print(f"  {job.__doc__}", highlight=False)
            job(curl)
        console.print("\nWaiting for their alerts:")
        with _repeated(lambda: _carry_on(curl)):
            told.wait(WAIT_S)
            told.stay_quiet(QUIET_S)
            console.print(told.table())
            is_right = told.is_right()
            if stay:
                console.print(f"\nIt runs on, its alerts stand at {ready.inbox}. Ctrl-C ends it.", highlight=False)
                stop = threading.Event()
                exit_on_signals(stop)
                while not stop.wait(1.0):  # on some platforms, a wait without a timeout does not notice signals
                    pass
    if not stay:
        console.print("\nIts pages are gone now. To look around in them: overdue demo --stay", highlight=False)
    return is_right


def _succeeds(curl: Curl) -> None:
    """nightly-backup succeeds, again and again: nobody shall hear of it"""
    curl("nightly-backup", create="1", period="10m", grace="10m")


def _fails(curl: Curl) -> None:
    """invoice-mailer exits with 75"""
    curl("invoice-mailer/75", body="smtplib.SMTPServerDisconnected: Connection unexpectedly closed", create="1")


def _hangs(curl: Curl) -> None:
    """search-reindex starts, and hangs: it may run for 4 minutes"""
    curl("search-reindex/start", create="1", max_runtime="4m")
    curl("search-reindex/log", body="shard 7/12: waiting for lock index_writer")


def _goes_missing(curl: Curl) -> None:
    """ledger-export succeeds once, and is due again in 4 minutes, with 2 of grace"""
    curl("ledger-export", create="1", period="4m", grace="2m")


def _stalls(curl: Curl) -> None:
    """orders-consumer is alive, but processes 0 items of at least 500 in 5 minutes"""
    curl("orders-consumer", create="1", period="10m", grace="10m", min_count="500", count_window="5m", count="0")


def _recovers(curl: Curl) -> None:
    """fx-rates fails, and succeeds the next time"""
    curl("fx-rates/1", body="HTTP 502 from rates.example.com", create="1")
    curl("fx-rates")


JOBS: tuple[Callable[[Curl], None], ...] = (_succeeds, _fails, _hangs, _goes_missing, _stalls, _recovers)


def _carry_on(curl: Curl) -> None:
    """What goes on: the job that works, and the worker that is alive."""
    curl("nightly-backup")
    curl("orders-consumer", count="0")


class _repeated:  # noqa: N801  # reads as a statement
    """Do something every second, in a thread, while the block runs."""

    def __init__(self, act: Callable[[], None]) -> None:
        self._act = act
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="jobs")

    def _run(self) -> None:
        while not self._stop.wait(1.0):
            self._act()

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()


class _Told:
    """What people have been told so far, against what they must be told."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._came: Counter[Told] = Counter()
        self._changed = threading.Condition()

    def hear(self, alert: ReceivedAlert) -> None:
        """An alert has arrived."""
        told = (str(alert.message["check"]["name"]), str(alert.kind), str(alert.message["reason"]))
        mark = "[green]✓[/green]" if told in EXPECTED else "[red]✗[/red]"
        with self._changed:
            self._console.print(f"  {mark} {alert.sent_at:%H:%M:%S}  {alert.subject}", highlight=False)
            self._came[told] += 1
            self._changed.notify_all()

    def wait(self, most_s: float) -> None:
        """Wait until all that must come has come; say what is awaited every five seconds."""
        end = time.monotonic() + most_s
        with self._changed:
            while (missing := EXPECTED.keys() - self._came.keys()) and time.monotonic() < end:
                if not self._changed.wait(5.0):
                    names = ", ".join(sorted(f"{name} {kind}" for name, kind, _ in missing))
                    self._console.print(f"  … still waiting for {names}", highlight=False)

    def stay_quiet(self, for_s: float) -> None:
        """Wait for what must not come."""
        self._console.print("  … and for a while, whether any comes that should not", highlight=False)
        time.sleep(for_s)

    def table(self) -> Table:
        """What should have come and what did."""
        table = Table("job", "alert", "why", "came", box=None, pad_edge=False)
        for told, why in EXPECTED.items():
            table.add_row(told[0], told[1], why, _times(self._came[told], 1))
        table.add_row("nightly-backup", "none", "it works", _times(self._of("nightly-backup"), 0))
        for told in self._unexpected():
            table.add_row(told[0], told[1], told[2], _times(self._came[told], 0))
        return table

    def _of(self, name: str) -> int:
        return sum(times for told, times in self._came.items() if told[0] == name)

    def _unexpected(self) -> Iterator[Told]:
        return (told for told in self._came if told not in EXPECTED and told[0] != "nightly-backup")

    def is_right(self) -> bool:
        """Whether each alert came once, and no other."""
        return self._came == Counter(EXPECTED.keys())


def _times(came: int, wanted: int) -> str:
    colour = "green" if came == wanted else "red"
    return f"[{colour}]{came} of {wanted}[/{colour}]"
