"""The output of a child: copied byte by byte to ours as it comes, its end kept in a tail.

Decides what the child notices when ours cannot be written. Start at `copied`; how the child runs is `child`'s business.

A stream that is closed when we start is closed for the child, too. When the reader of ours goes, the child's is
closed, so that its next write fails as it would without us; what it wrote before counts as lost only when a pipe could
not have held it, since then it would have waited, and have noticed. Any other error, such as a full disk, cannot be
handed on, since a pipe knows only the one that kills: what cannot be written is dropped, the child goes on, and `error`
is told at its end.
"""

import errno
import fcntl
import os
import pty
import select
import sys
import termios
import threading
import time
from collections.abc import Callable
from contextlib import suppress

CHUNK_BYTES = 65_536
SILENCE_S = 0.2  # after the child's end: what it has left running may have a last word,
LEFT_BEHIND_S = 1.0  # and may as well never stop
PIPE_BYTES = 65_536  # what one holds, on Linux and macOS
MOST_DROPPED_BYTES = 1_048_576  # a program that writes more for nobody would have ended at the error

_TRIES_MS = 200


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


class Copied:
    """One stream of a child, copied from now on until `finish`. Raises OSError when there can be no pipe or thread.

    Where ours is a terminal, the child gets one too, so that it shows colours and does not hold lines back.
    """

    def __init__(self, ours: int, tail: Tail) -> None:
        self.error: OSError | None = None  # the first; then something was lost
        self._ours = ours
        self._tail = tail
        self._read_bytes = 0
        self._dropped_bytes = 0
        self._owed_bytes: int | None = None  # by a child that has ended; None: not known yet
        self._until_s = 0.0
        self._is_over = threading.Event()
        self._is_terminal = os.isatty(ours)
        self._source, self.child_end = _terminal(like=ours) if self._is_terminal else os.pipe()
        self._poll = select.poll()
        self._poll.register(self._source, select.POLLIN)
        self._poll.register(ours, 0)  # whether its reader has gone
        self._thread = threading.Thread(target=self._copy, name=f"output-{ours}", daemon=True)
        try:
            self._thread.start()
        except RuntimeError as error:
            os.close(self._source)
            os.close(self.child_end)
            raise OSError(errno.EAGAIN, str(error)) from error

    def hand_over(self) -> None:
        """The child has its end now, or never will."""
        os.close(self.child_end)

    def finish(self, *, gives_up: Callable[[], bool]) -> None:
        """The child has ended: copy what is left. What still holds the stream afterwards writes in vain."""
        self._is_over.set()
        while self._thread.is_alive() and not gives_up():
            self._thread.join(_TRIES_MS / 1000)
        if self._thread.is_alive():
            self.error = self.error or InterruptedError(errno.EINTR, "a signal came before anybody had read it")

    def _copy(self) -> None:
        try:
            while self._has_more():
                piece = self._read()
                if not piece or not self._passed_on(piece):
                    break
        finally:
            os.close(self._source)

    def _passed_on(self, piece: bytes) -> bool:
        """Whether it makes sense to go on."""
        self._tail.add(piece)
        try:
            write(self._ours, piece)
        except BrokenPipeError:
            self._reader_has_gone()
            return False
        except OSError as error:
            self.error = self.error or error
            self._dropped_bytes += len(piece)
        return self._dropped_bytes <= MOST_DROPPED_BYTES

    def _reader_has_gone(self) -> None:
        if self._read_bytes + _waiting_bytes(self._source) > PIPE_BYTES:
            self.error = self.error or BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))

    def _has_more(self) -> bool:
        """Wait for output. None is to come when the child has ended, and what it left behind is silent or too late."""
        while True:
            if self._is_over.is_set() and self._is_settled():
                return False
            events = dict(self._poll.poll(_TRIES_MS))
            if events.get(self._ours):
                self._reader_has_gone()
                return False
            if events:
                return True
            if self._owed_bytes is not None:
                return False

    def _is_settled(self) -> bool:
        """Whether all that the child itself has written was read, and the others have had their time."""
        if self._owed_bytes is None:
            self._owed_bytes = _waiting_bytes(self._source)
            self._until_s = time.monotonic() + LEFT_BEHIND_S
        return self._owed_bytes <= 0 and time.monotonic() > self._until_s

    def _read(self) -> bytes:
        try:
            piece = os.read(self._source, CHUNK_BYTES)
        except OSError as error:
            if self._is_terminal and error.errno == errno.EIO:  # so a terminal says that nobody writes to it
                return b""
            raise
        self._read_bytes += len(piece)
        if self._owed_bytes is not None:
            self._owed_bytes -= len(piece)
        return piece


def hold_closed() -> frozenset[int]:
    """Which of the three standard streams are closed. A file of ours holds their numbers from now on, which else a pipe
    would take; no child inherits it.
    """
    closed = frozenset(number for number in (0, 1, 2) if not _is_open(number))
    with suppress(OSError):
        while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
            pass
        os.close(number)
    return closed


def copied(tail: Tail, *, closed: frozenset[int]) -> tuple[Copied | None, Copied | None]:
    """The child's stdout and stderr; None: it has ours, because that is closed, or because we lack files or threads.

    Where both of ours are one file (2>&1), both of the child's are one stream: the order of its lines must stay.
    """
    if not closed & {1, 2} and os.path.sameopenfile(1, 2):
        both = _copied(1, tail)
        return both, both
    return tuple(None if number in closed else _copied(number, tail) for number in (1, 2))  # type: ignore[return-value]  # two


def _copied(number: int, tail: Tail) -> Copied | None:
    try:
        return Copied(number, tail)
    except OSError:
        return None


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def _waiting_bytes(source: int) -> int:
    return int.from_bytes(fcntl.ioctl(source, termios.FIONREAD, b"\0" * 4), sys.byteorder)


def _terminal(*, like: int) -> tuple[int, int]:
    """A pseudo-terminal of the same size that changes no byte."""
    ours, childs = pty.openpty()
    modes = termios.tcgetattr(childs)
    modes[1] &= ~termios.OPOST
    termios.tcsetattr(childs, termios.TCSANOW, modes)
    with suppress(OSError):
        fcntl.ioctl(childs, termios.TIOCSWINSZ, fcntl.ioctl(like, termios.TIOCGWINSZ, b"\0" * 8))
    return ours, childs


def write(number: int, piece: bytes) -> None:
    """All of it, however long that takes."""
    view = memoryview(piece)
    while view:
        try:
            view = view[os.write(number, view) :]
        except BlockingIOError:  # somebody has made it non-blocking
            writable = select.poll()
            writable.register(number, select.POLLOUT)
            writable.poll()
