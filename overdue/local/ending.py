"""End a local service on Ctrl-C, whatever its threads are doing.

A sweep, probe or webhook that hangs would keep the process alive for seconds or minutes. Stopping them loses nothing:
their work is still due or pending in the tables. Start at `exit_on_signals`.
"""

import os
import signal
import sys
import threading

GRACE_S = 2.0  # for threads that can end by themselves

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def exit_on_signals(stop: threading.Event) -> None:
    """Set `stop` on Ctrl-C or SIGTERM, and end the process 2 seconds later. A second signal ends it immediately.

    Call it from the main thread.
    """

    def end(*_: object) -> None:
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        exit_soon()
        stop.set()

    for number in _SIGNALS:
        signal.signal(number, end)


def exit_soon() -> None:
    """End the process in 2 seconds, unless it ends by itself before that."""
    timer = threading.Timer(GRACE_S, _cut_off)
    timer.daemon = True
    timer.start()


def _cut_off() -> None:
    sys.stdout.flush()
    sys.stderr.write("Stopped; what was still running has been cut off.\n")
    sys.stderr.flush()
    os._exit(0)
