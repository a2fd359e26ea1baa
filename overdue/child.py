"""A command as a child process that is hard to tell from the bare command.

Input is inherited, output is copied byte by byte as it comes, each stream by itself, signals are handed on. Start
at `run`. What is told to Overdue, and when, is `job`'s business.

Where nobody sits at a terminal, the child leads a process group of its own, and the signals that come to us go to
that whole group. At a terminal it stays in ours: the keys (Ctrl-C, Ctrl-Z) reach it without us, and only what a
terminal does not send is handed on.
"""

import errno
import os
import select
import signal
import subprocess
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import FrameType
from typing import Self

CHUNK_BYTES = 65_536
LEFT_BEHIND_S = 0.2  # for output of what the command has left running: that may never end
HANDED_ON = ("SIGTERM", "SIGHUP", "SIGINT", "SIGQUIT", "SIGUSR1", "SIGUSR2")
FROM_THE_TERMINAL = ("SIGINT", "SIGQUIT")

NOT_FOUND = 127  # as a shell says it
NOT_EXECUTABLE = 126


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended: its exit status, or 128 + n when signal n killed it, and why it could not be started."""

    status: int
    trouble: str = ""


class Tail:
    """The end of what was written, by several threads."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._kept = bytearray()
        self._lock = threading.Lock()

    def add(self, piece: bytes) -> None:
        """Keep the end of it."""
        with self._lock:
            self._kept += piece[-self._most :]
            if len(self._kept) > 8 * self._most:  # rarely, so that each byte is moved once
                del self._kept[: -self._most]

    def last(self, most_bytes: int) -> bytes:
        """The last bytes, in the order in which they came."""
        with self._lock:
            return bytes(self._kept[-min(most_bytes, self._most) :])


class Signals:
    """The signals that come to us while this context is entered, handed on to the child that is attached.

    One that comes too early waits for it. What was ignored when we were started (nohup) stays so, for us and for the
    child. `on_signal` is called for each. For the main thread.
    """

    def __init__(self, on_signal: Callable[[], None]) -> None:
        self.at_terminal = _is_at_terminal()
        self._on_signal = on_signal
        self._child: int | None = None
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

    def attach(self, pid: int | None) -> None:
        """Whose signals they are from now on; None: nobody's."""
        self._child = pid
        while self._child is not None and self._waiting:
            self._hand_on(self._waiting.pop(0))

    def _handle(self, number: int, _: FrameType | None) -> None:
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
    _fill_standard_streams()
    out, err = _Copied(1, tail), _Copied(2, tail)
    try:
        process = subprocess.Popen(  # noqa: S603  # the operator's own command
            command,
            stdout=out.child_end,
            stderr=err.child_end,
            close_fds=False,  # what was handed to us, such as a lock, is handed on
            process_group=None if signals.at_terminal else 0,
        )
    except OSError as error:
        on_start()
        out.abandon()
        err.abandon()
        return _not_started(command[0], error)
    signals.attach(process.pid)
    out.start()
    err.start()
    on_start()
    status = process.wait()
    signals.attach(None)
    out.finish()
    err.finish()
    return Ended(128 - status if status < 0 else status)


def _fill_standard_streams() -> None:
    """Where one of the three is closed, a pipe of ours would take its number."""
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(number, True)
    os.close(number)


def _not_started(name: str, error: OSError) -> Ended:
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


class _Copied:
    """One stream of the child: what it writes goes to ours, and its end into the tail.

    Where ours is a terminal, the child gets one too, so that it shows colours and does not hold lines back.
    """

    def __init__(self, ours: int, tail: Tail) -> None:
        self._ours = ours
        self._tail = tail
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._copy, name=f"output-{ours}", daemon=True)
        self._is_terminal = _isatty(ours)
        self._source, self.child_end = _terminal(like=ours) if self._is_terminal else os.pipe()

    def start(self) -> None:
        """Copy from now on."""
        os.close(self.child_end)
        self._thread.start()

    def finish(self) -> None:
        """The child has ended: copy what is left. What still holds the stream afterwards writes in vain."""
        self._is_over.set()
        self._thread.join()

    def abandon(self) -> None:
        """There is no child."""
        os.close(self.child_end)
        os.close(self._source)

    def _copy(self) -> None:
        try:
            while self._has_more():
                piece = self._read()
                if not piece:
                    break
                self._tail.add(piece)
                _write(self._ours, piece)
        except OSError:  # nobody reads us any more: the child shall see it as it would without us
            pass
        finally:
            os.close(self._source)

    def _has_more(self) -> bool:
        """Wait for output. None is to come when the child has ended and what it left behind is silent."""
        while not select.select([self._source], [], [], LEFT_BEHIND_S)[0]:
            if self._is_over.is_set():
                return False
        return True

    def _read(self) -> bytes:
        try:
            return os.read(self._source, CHUNK_BYTES)
        except OSError as error:
            if self._is_terminal and error.errno == errno.EIO:  # so a terminal says that nobody writes to it
                return b""
            raise


def _isatty(number: int) -> bool:
    try:
        return os.isatty(number)
    except OSError:
        return False


def _terminal(*, like: int) -> tuple[int, int]:
    """A pseudo-terminal of the same size that changes no byte."""
    import fcntl  # these are here because most jobs run without a terminal
    import pty
    import termios

    ours, childs = pty.openpty()
    modes = termios.tcgetattr(childs)
    modes[1] &= ~termios.OPOST
    termios.tcsetattr(childs, termios.TCSANOW, modes)
    with suppress(OSError):
        fcntl.ioctl(childs, termios.TIOCSWINSZ, fcntl.ioctl(like, termios.TIOCGWINSZ, b"\0" * 8))
    return ours, childs


def _write(number: int, piece: bytes) -> None:
    view = memoryview(piece)
    while view:
        try:
            view = view[os.write(number, view) :]
        except BlockingIOError:  # somebody has made it non-blocking
            select.select([], [number], [])


def say(text: str) -> None:
    """A line of our own on stderr."""
    with suppress(OSError):
        _write(2, f"overdue: {text}\n".encode("utf-8", "replace"))
