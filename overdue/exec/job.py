"""What `overdue exec` does: run a job as if it stood alone, and tell Overdue how it went.

The job comes first. It starts before anything is sent; no answer, and no lack of one, changes its output or its exit
status. Its end waits for the monitoring for 5 seconds at most, and then says once on stderr what went wrong.
Start at `run`. How the command runs is `child`'s business, how a ping is sent `pinging`'s.
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

PATIENCE_S = 5.0  # from the end of the job to ours, at most
START_PATIENCE_S = 10.0  # while the job runs, which waits for nothing
SLICE_S = 0.1  # how soon a signal ends the waiting
TAIL_BYTES = 10_000


def run(command: Sequence[str], target: Target | None) -> int:
    """Run the job to its end; its exit status, 128 + n when signal n killed it, 127 and 126 as a shell has them.

    Without a target the job only runs.
    """
    tail = Tail(TAIL_BYTES)
    report = None if target is None else Report(target, rid=str(uuid4()))
    with Signals(lambda: report.hurry() if report else None) as signals:
        ended = child.run(command, signals=signals, tail=tail, on_start=lambda: report.start() if report else None)
        if ended.trouble:
            child.say(ended.trouble)
        if report is not None:
            report.finish(ended.status, tail=tail, trouble=ended.trouble)
            if report.warning:
                child.say(report.warning)
    return ended.status


def action_of(status: int) -> str:
    """How a ping says an exit status: success in no word."""
    return str(status) if status else ""


def body_of(tail: Tail, trouble: str, *, limit_bytes: int) -> bytes:
    """The end of the output and of what became of it, as much as the server stores, which keeps the beginning."""
    said = tail.last(limit_bytes)
    if trouble:
        said += (b"\n" if said and not said.endswith(b"\n") else b"") + trouble.encode("utf-8", "replace")
    return said[-limit_bytes:]


@dataclass(slots=True)
class Report:
    """The two pings of a run, in a thread of their own: name resolution knows no time-out."""

    target: Target
    rid: str
    warning: str | None = None  # set at the end, once
    _limit_bytes: int = TAIL_BYTES
    _job_ended: threading.Event = field(default_factory=threading.Event)
    _told: threading.Event = field(default_factory=threading.Event)
    _is_hurried: bool = False
    _end: tuple[str, Tail, str] | None = None
    _troubles: list[str] = field(default_factory=list)
    _ends_by_s: float = 0.0

    def start(self) -> None:
        """Begin to tell, while the job runs."""
        try:
            threading.Thread(target=self._tell, name="pings", daemon=True).start()
        except RuntimeError as error:  # no more threads
            self._troubles.append(str(error))
            self._told.set()

    def hurry(self) -> None:
        """A signal came that repeats none: once the job has ended, nothing is waited for."""
        self._is_hurried = self._job_ended.is_set()  # no more than this: the handler may have broken into `_told.wait`

    def finish(self, status: int, *, tail: Tail, trouble: str) -> None:
        """The job has ended: wait until that is told, or for as long as our patience lasts."""
        self._end = (action_of(status), tail, trouble)
        self._ends_by_s = time.monotonic() + PATIENCE_S
        self._job_ended.set()
        while not self._told.wait(SLICE_S) and not self._is_hurried and time.monotonic() < self._ends_by_s:
            pass
        if not self._told.is_set():
            why = "a signal came before Overdue confirmed its end" if self._is_hurried else "it took too long"
            self._troubles.append(why)
        if self._troubles:
            self.warning = f"the job was not affected, but its monitoring was: {'; '.join(self._troubles)}"

    def _tell(self) -> None:
        try:
            self._tell_start()
            self._job_ended.wait()
            self._tell_end()
        except Exception as error:  # noqa: BLE001  # ours to mend, and none of the job's business
            self._troubles.append(repr(error))
        finally:
            self._told.set()

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
            self._troubles.append(f"no start was told ({error})")

    def _tell_end(self) -> None:
        assert self._end is not None, "finish has set it"
        action, tail, trouble = self._end
        try:
            deliver(
                ping_url(self.target, action, rid=self.rid),
                body=body_of(tail, trouble, limit_bytes=self._limit_bytes),
                until_s=self._ends_by_s,
                wait=self._told.wait,
            )
        except OverdueError as error:
            self._end_was_not_told(str(error))

    def _end_was_not_told(self, why: str) -> None:
        """The same complaint about both is told once."""
        if self._troubles == [f"no start was told ({why})"]:
            self._troubles = [f"neither its start nor its end was told ({why})"]
        else:
            self._troubles.append(f"no end was told ({why})")
