"""A ping is taken: decide, write, record, and let out the alert if the check flipped.

The same for a request to a ping URL, for a probe's finding and for a signal of AWS itself. What the ping means to the
check, whoever brings it tells.
"""

from collections.abc import Callable

from chalicelib import log
from chalicelib.domain.alerts import Kind
from chalicelib.domain.check import Check, Outcome, Verdict
from chalicelib.domain.errors import NotFound, Unavailable
from chalicelib.domain.ids import Code, short
from chalicelib.domain.limits.item_size import MOST_RECORDS
from chalicelib.domain.ping import Ping, Signal
from chalicelib.domain.receive import receive
from chalicelib.domain.runs.runs import closed, duration
from chalicelib.services.transaction import Ports, Written, change, deliver
from chalicelib.store.history import StoredPing, put_ping


def take(ports: Ports, code: Code, ping: Ping, hear: Callable[[Check], Signal]) -> None:
    """Let a check take a ping. `hear` tells its signal, and may be asked again when another change has come between.

    Raises NotFound, Unavailable, and what `hear` raises: nothing was recorded then, or nothing that a repeat could
    harm.
    """
    signal = Signal.IGN

    def decide(check: Check) -> Outcome:
        nonlocal signal
        signal = hear(check)
        if len(check.records) >= MOST_RECORDS:
            raise Unavailable("the history cannot be written at the moment: try again in a few seconds")
        return receive(check, ping, signal)

    written = change(ports, code, decide)
    _log_what_was_dropped(written, signal)
    put_ping(ports.tables, code, _stored(ping, signal, written))
    ports.tally.add("Pings")
    if isinstance(written.outcome, Verdict):
        try:
            deliver(ports, written.check, now=ping.at)
        except (NotFound, Unavailable) as error:
            log.event("left_to_the_sweep", check=short(code), why=str(error))


def _stored(ping: Ping, signal: Signal, written: Written) -> StoredPing:
    run = closed(written.outcome.before, written.outcome.after)
    ends_its_own = signal in (Signal.SUCCESS, Signal.FAIL) and run is not None and run.rid == ping.rid
    took = duration(run, until=ping.at) if ends_its_own else None
    took = took if ping.took is None else ping.took
    return StoredPing(written.check.n_pings, ping, signal, took, written.outcome.run_end)


def _log_what_was_dropped(written: Written, signal: Signal) -> None:
    """Log runs and alerts that were dropped for lack of room: a ping itself ends at most one run and no "up" alert."""
    before, after = written.outcome.before, written.outcome.after
    if before.runs is not after.runs:
        still_open = {run.rid for run in after.runs}
        gone = sum(run.rid not in still_open for run in before.runs)
        dropped = gone - 1 if signal in (Signal.SUCCESS, Signal.FAIL) else gone
        if dropped > 0:
            log.event("run_dropped", check=short(before.code), open=len(after.runs), dropped=dropped)
    if before.alerts is not after.alerts:
        kept = {alert.id for alert in after.alerts}
        if any(alert.kind is Kind.UP and alert.id not in kept for alert in before.alerts):
            log.event("alerts_dropped", check=short(before.code), waiting=len(after.alerts))
