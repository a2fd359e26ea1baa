"""A command as a child process that is hard to tell from the bare command.

Input is inherited, signals are handed on, a script without #! gets a shell. Start at `run`. What becomes of output is
decided in `output`; what is told to Overdue, and when, is `job`'s business.

Where nobody sits at a terminal, the child leads a process group of its own, and the signals that come to us go to
that whole group. At a terminal it stays in ours: the keys (Ctrl-C, Ctrl-Z) reach it without us, and only what a
terminal does not send is handed on.
"""

import errno
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import FrameType
from typing import Self

from overdue.exec.output import Copied, Tail, copied, hold_closed, write

HANDED_ON = ("SIGTERM", "SIGHUP", "SIGINT", "SIGQUIT", "SIGUSR1", "SIGUSR2")
FROM_THE_TERMINAL = ("SIGINT", "SIGQUIT")

REPEAT_S = 2.0  # timeout(1) sends its signal to us, and at once to its whole group, to which we belong

NOT_FOUND = 127  # as a shell says it
NOT_EXECUTABLE = 126
SHELL = "/bin/sh"


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended: its exit status, or 128 + n when signal n killed it.

    `trouble` is why it could not be started, or what became of its output; empty: nothing is to be said.
    """

    status: int
    trouble: str = ""


class Heard:
    """Tells a signal that somebody sends from one that repeats it: the same, within 2 s of the one that counted."""

    def __init__(self) -> None:
        self._counted: dict[int, float] = {}  # signal → when, on the steady clock

    def is_news(self, number: int, *, at_s: float) -> bool:
        """Whether this one counts. A flood of repeats counts once every 2 s."""
        counted_s = self._counted.get(number)
        if counted_s is not None and at_s - counted_s < REPEAT_S:
            return False
        self._counted[number] = at_s
        return True


class Signals:
    """The signals that come to us while this context is entered, handed on to the child that is attached.

    One that comes too early waits for it. What was ignored when we were started (nohup) stays so, for us and for the
    child. `on_signal` is called for each that repeats none. For the main thread.
    """

    def __init__(self, on_signal: Callable[[], None]) -> None:
        self.at_terminal = _is_at_terminal()
        self.came_late = False  # one came after the end of the child
        self._heard = Heard()
        self._on_signal = on_signal
        self._child: int | None = None
        self._is_over = False
        self._waiting: list[int] = []
        self._before: dict[int, object] = {}

    def __enter__(self) -> Self:
        for number in (getattr(signal, name) for name in HANDED_ON):
            self._before[number] = signal.getsignal(number)
            if self._before[number] is not signal.SIG_IGN:
                signal.signal(number, self._handle)
        return self

    def __exit__(self, *_: object) -> None:
        for number, before in self._before.items():
            signal.signal(number, before or signal.SIG_DFL)  # type: ignore[arg-type]  # getsignal gave it

    def attach(self, pid: int) -> None:
        """Whose signals they are from now on."""
        self._child = pid
        while self._waiting:
            self._hand_on(self._waiting.pop(0))

    def detach(self) -> None:
        """The child has ended."""
        self._child = None
        self._is_over = True

    def _handle(self, number: int, _: FrameType | None) -> None:
        if self._heard.is_news(number, at_s=time.monotonic()):
            self.came_late = self._is_over
            self._on_signal()
        if not (self.at_terminal and signal.Signals(number).name in FROM_THE_TERMINAL):
            self._hand_on(number)

    def _hand_on(self, number: int) -> None:
        if self._child is None:
            self._waiting.append(number)
            return
        send = os.kill if self.at_terminal else os.killpg
        with suppress(ProcessLookupError, PermissionError):
            send(self._child, number)


def run(command: Sequence[str], *, signals: Signals, tail: Tail, on_start: Callable[[], None]) -> Ended:
    """Run a command to its end. `on_start` is called once it runs, or could not be started."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # where our parent ignores it, nobody learns an exit status
    out, err = copied(tail, closed=hold_closed())
    streams = [stream for stream in dict.fromkeys((out, err)) if stream is not None]
    try:
        process = _start(command, out=out, err=err, in_our_group=signals.at_terminal)
    except OSError as error:
        _hand_over(streams)
        on_start()
        return _not_started(command[0], error)
    signals.attach(process.pid)
    _hand_over(streams)
    on_start()
    status = process.wait()
    signals.detach()
    for stream in streams:
        stream.finish(gives_up=lambda: signals.came_late)
    return _ended(128 - status if status < 0 else status, [stream.error for stream in streams if stream.error])


def _start(
    command: Sequence[str], *, out: Copied | None, err: Copied | None, in_our_group: bool
) -> "subprocess.Popen[bytes]":
    try:
        return subprocess.Popen(  # noqa: S603  # the operator's own command
            command,
            stdout=out.child_end if out else None,
            stderr=err.child_end if err else None,
            close_fds=False,  # what was handed to us, such as a lock, is handed on
            process_group=None if in_our_group else 0,
        )
    except OSError as error:
        if error.errno != errno.ENOEXEC or command[0] == SHELL:
            raise
    script = shutil.which(command[0]) or command[0]  # without #!: a shell for it, as from a shell (execvp(3))
    return _start([SHELL, script, *command[1:]], out=out, err=err, in_our_group=in_our_group)


def _hand_over(streams: Sequence[Copied]) -> None:
    for stream in streams:
        stream.hand_over()


def _ended(status: int, errors: Sequence[OSError]) -> Ended:
    """Output that was lost is a failure, as it would have been for the command itself."""
    fatal = [error for error in errors if not isinstance(error, BrokenPipeError)]
    if fatal:
        return Ended(status or 1, f"the job's output could not be written: {(fatal[0].strerror or '').lower()}")
    return Ended(status or (128 + signal.SIGPIPE if errors else 0))


def _not_started(name: str, error: OSError) -> Ended:
    if isinstance(error, FileNotFoundError) and os.path.exists(name):  # noqa: PTH110  # which never raises
        return Ended(NOT_EXECUTABLE, f"{name}: cannot be executed: its interpreter, after #!, is not there")
    if isinstance(error, FileNotFoundError):
        return Ended(NOT_FOUND, f"{name}: command not found")
    return Ended(NOT_EXECUTABLE, f"{name}: cannot be executed: {(error.strerror or str(error)).lower()}")


def _is_at_terminal() -> bool:
    """Whether the keys of a terminal reach us."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)


def say(text: str) -> None:
    """A line of our own on stderr."""
    with suppress(OSError):
        write(2, f"overdue: {text}\n".encode("utf-8", "replace"))
