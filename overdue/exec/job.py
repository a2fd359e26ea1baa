"""Run a job for `overdue exec` and send its start and end pings.

The job comes first: it starts before any ping is sent, and no failure of the monitoring changes its output or exit
status. After the job ends, `exec` waits at most 5 seconds for the end ping, then prints one warning on stderr.
Start at `run`. `child` runs the command; `overdue.client.pinging` sends a ping.
"""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import uuid4

from chalicelib.domain.errors import OverdueError
from overdue.client.pinging import Target, deliver, ping_url
from overdue.exec import child
from overdue.exec.child import Signals
from overdue.exec.output import Tail

PATIENCE_S = 5.0  # longest wait for the end ping after the job has ended
START_PATIENCE_S = 10.0  # longest time for the start ping, while the job runs
SLICE_S = 0.1  # longest delay until a signal ends the wait
TAIL_BYTES = 10_000


def run(command: Sequence[str], target: Target | None) -> int:
    """Run the job to its end and return its exit status.

    As in a shell: 128 + n if signal n killed it, 127 if the command was not found, 126 if it cannot be executed.
    Without a target the job runs unmonitored.
    """
    tail = Tail(TAIL_BYTES)
    report = None if target is None else Report(target, rid=str(uuid4()))
    with Signals(lambda: report.hurry() if report else None) as signals:
        ended = child.run(command, signals=signals, tail=tail, on_start=lambda: report.start() if report else None)
        if ended.problem:
            child.say(ended.problem)
        if report is not None:
            report.finish(ended.status, tail=tail, problem=ended.problem)
            if report.warning:
                child.say(report.warning)
    return ended.status


def action_of(status: int) -> str:
    """The action of the ping that reports an exit status; empty for success."""
    return str(status) if status else ""


def body_of(tail: Tail, problem: str, *, limit_bytes: int) -> bytes:
    """The body of the end ping: the end of the output, then `problem`.

    At most `limit_bytes`: the server would keep the beginning of a longer body and drop the end.
    """
    body = tail.last(limit_bytes)
    if problem:
        body += (b"\n" if body and not body.endswith(b"\n") else b"") + problem.encode("utf-8", "replace")
    return body[-limit_bytes:]


@dataclass(slots=True)
class Report:
    """The start and end pings of one run, sent from a thread: name resolution has no timeout."""

    target: Target
    rid: str
    warning: str | None = None  # set by `finish` if a ping failed
    _limit_bytes: int = TAIL_BYTES
    _job_ended: threading.Event = field(default_factory=threading.Event)
    _is_sent: threading.Event = field(default_factory=threading.Event)  # set once both pings were sent or have failed
    _is_hurried: bool = False
    _end: tuple[str, Tail, str] | None = None
    _failures: list[str] = field(default_factory=list)
    _ends_by_s: float = 0.0

    def start(self) -> None:
        """Start the thread that sends the pings."""
        try:
            threading.Thread(target=self._tell, name="pings", daemon=True).start()
        except RuntimeError as error:  # no more threads
            self._failures.append(f"monitoring failed ({error})")
            self._is_sent.set()

    def hurry(self) -> None:
        """Stop waiting for the end ping, because a signal arrived. Has no effect while the job runs."""
        self._is_hurried = self._job_ended.is_set()  # only this: the handler may have interrupted `_is_sent.wait`

    def finish(self, status: int, *, tail: Tail, problem: str) -> None:
        """Send the end ping and wait for it, at most `PATIENCE_S` or until a signal arrives."""
        self._end = (action_of(status), tail, problem)
        self._ends_by_s = time.monotonic() + PATIENCE_S
        self._job_ended.set()
        while not self._is_sent.wait(SLICE_S) and not self._is_hurried and time.monotonic() < self._ends_by_s:
            pass
        if not self._is_sent.is_set():
            why = "a signal arrived" if self._is_hurried else f"timed out after {PATIENCE_S:.0f} s"
            self._failures.append(f"end ping not confirmed ({why})")
        if self._failures:
            self.warning = f"{'; '.join(self._failures)}. The job itself was not affected."

    def _tell(self) -> None:
        try:
            self._tell_start()
            self._job_ended.wait()
            self._tell_end()
        except Exception as error:  # noqa: BLE001  # a bug of ours must not affect the job
            self._failures.append(f"monitoring failed ({error!r})")
        finally:
            self._is_sent.set()

    def _tell_start(self) -> None:
        try:
            answer = deliver(
                ping_url(self.target, "start", rid=self.rid),
                body=b"",
                until_s=time.monotonic() + START_PATIENCE_S,
                wait=self._job_ended.wait,
            )
            limit = answer.headers.get("ping-body-limit", "")
            if limit.isascii() and limit.isdigit():
                self._limit_bytes = min(int(limit[:9]), TAIL_BYTES)
        except OverdueError as error:
            self._failures.append(f"start ping failed ({error})")

    def _tell_end(self) -> None:
        assert self._end is not None, "finish has set it"
        action, tail, problem = self._end
        try:
            deliver(
                ping_url(self.target, action, rid=self.rid),
                body=body_of(tail, problem, limit_bytes=self._limit_bytes),
                until_s=self._ends_by_s,
                wait=self._is_sent.wait,
            )
        except OverdueError as error:
            self._end_was_not_told(str(error))

    def _end_was_not_told(self, why: str) -> None:
        """Record why the end ping failed. If the start ping failed for the same reason, report both as one."""
        if self._failures == [f"start ping failed ({why})"]:
            self._failures = [f"start and end pings failed ({why})"]
        else:
            self._failures.append(f"end ping failed ({why})")
