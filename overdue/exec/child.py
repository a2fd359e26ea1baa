"""Run a command as a child process that behaves like the bare command.

The child inherits stdin and receives our signals; a script without a `#!` line runs in a shell, as it does when typed.
Start at `run`. `output` copies what the child writes; `job` decides which pings are sent and when.

Without a terminal, the child leads a process group of its own, and signals are forwarded to the whole group. At a
terminal it stays in our group: Ctrl-C and Ctrl-Z reach it directly, so we forward only signals that no key sends.
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

REPEAT_S = 2.0  # timeout(1) signals us and then its whole process group, which includes us

NOT_FOUND = 127  # the exit statuses of a shell
NOT_EXECUTABLE = 126
SHELL = "/bin/sh"


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended: its exit status, or 128 + n if signal n killed it.

    `problem` says why it could not be started or that its output could not be written; empty: neither happened.
    """

    status: int
    problem: str = ""


class Heard:
    """Filter out repeated signals: the same signal within 2 s of the last one that counted."""

    def __init__(self) -> None:
        self._counted: dict[int, float] = {}  # signal number → monotonic time

    def is_news(self, number: int, *, at_s: float) -> bool:
        """Whether this signal counts. A continuous stream of the same signal counts once every 2 s."""
        counted_s = self._counted.get(number)
        if counted_s is not None and at_s - counted_s < REPEAT_S:
            return False
        self._counted[number] = at_s
        return True


class Signals:
    """Context manager that forwards the signals we receive to the attached child. Enter it in the main thread.

    Signals that arrive before a child is attached are forwarded on `attach`. A signal that was ignored when we started
    (nohup) stays ignored, for us and for the child. `on_signal` is called for each signal that is not a repeat.
    """

    def __init__(self, on_signal: Callable[[], None]) -> None:
        self.at_terminal = _is_at_terminal()
        self.came_late = False  # True: a signal arrived after the child ended
        self._deduplicator = Heard()
        self._on_signal = on_signal
        self._child: int | None = None
        self._is_over = False
        self._waiting: list[int] = []
        self._old_handlers: dict[int, object] = {}

    def __enter__(self) -> Self:
        for number in (getattr(signal, name) for name in HANDED_ON):
            self._old_handlers[number] = signal.getsignal(number)
            if self._old_handlers[number] is not signal.SIG_IGN:
                signal.signal(number, self._handle)
        return self

    def __exit__(self, *_: object) -> None:
        for number, before in self._old_handlers.items():
            signal.signal(number, before or signal.SIG_DFL)  # type: ignore[arg-type]  # a value from getsignal

    def attach(self, pid: int) -> None:
        """Forward signals to this child from now on, starting with those that are waiting."""
        self._child = pid
        while self._waiting:
            self._hand_on(self._waiting.pop(0))

    def detach(self) -> None:
        """Stop forwarding: the child has ended."""
        self._child = None
        self._is_over = True

    def _handle(self, number: int, _: FrameType | None) -> None:
        if self._deduplicator.is_news(number, at_s=time.monotonic()):
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
    """Run a command to its end. `on_start` is called once, after the command has started or failed to start."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # if our parent ignores SIGCHLD, wait() gets no exit status
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
            close_fds=False,  # the child inherits open files from our caller, such as a lock
            process_group=None if in_our_group else 0,
        )
    except OSError as error:
        if error.errno != errno.ENOEXEC or command[0] == SHELL:
            raise
    script = shutil.which(command[0]) or command[0]  # no #! line: run it in a shell, as execvp(3) does
    return _start([SHELL, script, *command[1:]], out=out, err=err, in_our_group=in_our_group)


def _hand_over(streams: Sequence[Copied]) -> None:
    for stream in streams:
        stream.hand_over()


def _ended(status: int, errors: Sequence[OSError]) -> Ended:
    """The result of a command that ran. Lost output makes it a failure, as it would for the bare command."""
    fatal = [error for error in errors if not isinstance(error, BrokenPipeError)]
    if fatal:
        return Ended(status or 1, f"the job's output could not be written: {(fatal[0].strerror or '').lower()}")
    return Ended(status or (128 + signal.SIGPIPE if errors else 0))


def _not_started(name: str, error: OSError) -> Ended:
    if isinstance(error, FileNotFoundError) and os.path.exists(name):  # noqa: PTH110  # Path.exists may raise
        return Ended(NOT_EXECUTABLE, f"{name}: cannot be executed: the interpreter in its #! line was not found")
    if isinstance(error, FileNotFoundError):
        return Ended(NOT_FOUND, f"{name}: command not found")
    return Ended(NOT_EXECUTABLE, f"{name}: cannot be executed: {(error.strerror or str(error)).lower()}")


def _is_at_terminal() -> bool:
    """Whether we run in the foreground of a terminal, so that its keys send us signals."""
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
    """Print a line of Overdue's own on stderr, marked with `overdue:`; never fails."""
    with suppress(OSError):
        write(2, f"overdue: {text}\n".encode("utf-8", "replace"))
