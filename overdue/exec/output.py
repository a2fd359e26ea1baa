"""Copy the output of a child to our own as it is written, byte for byte, and keep the end of it.

Decides what the child notices when our stdout or stderr cannot be written. Start at `copied`; `child` runs the child.

- A stream that is closed when we start is closed for the child as well.
- When the reader of our stream goes away, the child's stream is closed, so that its next write fails as it would
  without us. Earlier output counts as lost only if it exceeds what a pipe holds: less would have fitted into the pipe,
  and the bare command would not have noticed either.
- Any other error, such as a full disk, cannot be passed to the child, since a write to a pipe fails only with EPIPE,
  which kills. The output is dropped, the child continues, and `error` is reported at its end.
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
LEFT_BEHIND_S = 1.0  # after the child's end: how long processes that it left behind may go on writing
PIPE_BYTES = 65_536  # capacity of a pipe on Linux and macOS
MOST_DROPPED_BYTES = 1_048_576  # then the stream is closed: the bare program would have stopped at the write error

_TRIES_MS = 200  # between two checks for the child's end; after it, a silence of this length ends the copying


class Tail:
    """The last `max_bytes` bytes of the output. Thread-safe."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._buffer = bytearray()
        self._lock = threading.Lock()

    def add(self, piece: bytes) -> None:
        """Append output, dropping what no longer fits."""
        with self._lock:
            self._buffer += piece[-self._max_bytes :]
            if len(self._buffer) > 8 * self._max_bytes:  # trim rarely: each trim moves bytes
                del self._buffer[: -self._max_bytes]

    def last(self, max_bytes: int) -> bytes:
        """The last bytes, oldest first: at most `max_bytes`, and at most what the tail keeps."""
        with self._lock:
            return bytes(self._buffer[-min(max_bytes, self._max_bytes) :])


class Copied:
    """One stream of a child, copied by a thread until `finish`. Raises OSError if no pipe or thread can be created.

    If our stream is a terminal, the child gets a pseudo-terminal, so that it shows colors and flushes every line.
    """

    def __init__(self, ours: int, tail: Tail) -> None:
        self.error: OSError | None = None  # the first error, after which output was lost
        self._ours = ours
        self._tail = tail
        self._read_bytes = 0
        self._dropped_bytes = 0
        self._unread_bytes: int | None = None  # written by the ended child and not read yet; None: it still runs
        self._until_s = 0.0
        self._is_over = threading.Event()
        self._is_terminal = os.isatty(ours)
        self._source, self.child_end = _terminal(like=ours) if self._is_terminal else os.pipe()
        self._poll = select.poll()
        self._poll.register(self._source, select.POLLIN)
        self._poll.register(ours, 0)  # reports when the reader goes away
        self._thread = threading.Thread(target=self._copy, name=f"output-{ours}", daemon=True)
        try:
            self._thread.start()
        except RuntimeError as error:
            os.close(self._source)
            os.close(self.child_end)
            raise OSError(errno.EAGAIN, str(error)) from error

    def hand_over(self) -> None:
        """Close our copy of the child's end, once the child has inherited it or failed to start."""
        os.close(self.child_end)

    def finish(self, *, gives_up: Callable[[], bool]) -> None:
        """Copy the rest after the child has ended, until `gives_up()` is true, and close the stream.

        A process left behind by the child gets EPIPE at its next write.
        """
        self._is_over.set()
        while self._thread.is_alive() and not gives_up():
            self._thread.join(_TRIES_MS / 1000)
        if self._thread.is_alive():
            self.error = self.error or InterruptedError(errno.EINTR, "a signal arrived before it was read")

    def _copy(self) -> None:
        try:
            while self._has_more():
                piece = self._read()
                if not piece or not self._passed_on(piece):
                    break
        finally:
            os.close(self._source)

    def _passed_on(self, piece: bytes) -> bool:
        """Write a piece to our stream; False when copying must stop."""
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
        """Wait for output. False once the child has ended and processes left behind are silent or out of time."""
        while True:
            if self._is_over.is_set() and self._is_settled():
                return False
            events = dict(self._poll.poll(_TRIES_MS))
            if events.get(self._ours):
                self._reader_has_gone()
                return False
            if events:
                return True
            if self._unread_bytes is not None:
                return False

    def _is_settled(self) -> bool:
        """Whether the output of the child was read in full and processes left behind have used up their time."""
        if self._unread_bytes is None:
            self._unread_bytes = _waiting_bytes(self._source)
            self._until_s = time.monotonic() + LEFT_BEHIND_S
        return self._unread_bytes <= 0 and time.monotonic() > self._until_s

    def _read(self) -> bytes:
        try:
            piece = os.read(self._source, CHUNK_BYTES)
        except OSError as error:
            if self._is_terminal and error.errno == errno.EIO:  # a terminal's end of file: no writer is left
                return b""
            raise
        self._read_bytes += len(piece)
        if self._unread_bytes is not None:
            self._unread_bytes -= len(piece)
        return piece


def hold_closed() -> frozenset[int]:
    """The numbers of the standard streams that are closed.

    Opens /dev/null on these numbers, so that no pipe gets one of them. The child does not inherit these files.
    """
    closed = frozenset(number for number in (0, 1, 2) if not _is_open(number))
    with suppress(OSError):
        while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
            pass
        os.close(number)
    return closed


def copied(tail: Tail, *, closed: frozenset[int]) -> tuple[Copied | None, Copied | None]:
    """Start copying the child's stdout and stderr.

    None: the child inherits our stream, because it is closed or because no pipe or thread is available. If our stdout
    and stderr are the same file (2>&1), the child gets one stream for both, which keeps the order of its lines.
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
    """Open a pseudo-terminal of the same size that does not change the output: its end to read and the child's end."""
    ours, childs = pty.openpty()
    modes = termios.tcgetattr(childs)
    modes[1] &= ~termios.OPOST
    termios.tcsetattr(childs, termios.TCSANOW, modes)
    with suppress(OSError):
        fcntl.ioctl(childs, termios.TIOCSWINSZ, fcntl.ioctl(like, termios.TIOCGWINSZ, b"\0" * 8))
    return ours, childs


def write(number: int, piece: bytes) -> None:
    """Write all bytes to a file descriptor; block as long as that takes. Raises OSError."""
    view = memoryview(piece)
    while view:
        try:
            view = view[os.write(number, view) :]
        except BlockingIOError:  # the caller made it non-blocking
            writable = select.poll()
            writable.register(number, select.POLLOUT)
            writable.poll()
