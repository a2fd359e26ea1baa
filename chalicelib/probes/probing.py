"""The prober's minute: ask all that are due, at once, and let each check take what was found as a ping.

A failing probe is repeated once at once before it counts. No rule is known here: whether a failure is an alert, the
check decides, as for any job. Safe to run twice at once: each span of time is claimed by one. A prober that dies in
the midst of its minute has missed some probes once; one that stays dead shows as misses. Start at `probing`; `invoked`
is the function on Lambda.
"""

import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from chalicelib import log
from chalicelib.clock import Clock
from chalicelib.domain.check import Check, Status
from chalicelib.domain.errors import Conflict, NotFound, Unavailable
from chalicelib.domain.ids import short
from chalicelib.domain.ping import Ping, Signal
from chalicelib.domain.sources.probe import Probe, is_due
from chalicelib.probes.address import Network, networks, resolved
from chalicelib.probes.exchange import AGENT, Exchange, ProbeNetwork, exchange
from chalicelib.probes.verdict import Finding, after_another, finding
from chalicelib.runtime import Wiring
from chalicelib.services.record_ping import take
from chalicelib.services.transaction import Ports
from chalicelib.store import batch_get
from chalicelib.store.registry import probes
from chalicelib.store.registry.probes import ProbedCheck

TIME_BOX = timedelta(seconds=50)  # in which a probe may begin; what is left waits for its next turn
ASKING = 400  # at once: 1,000 that do not answer, 10 s and 10 s again, fit into the time box
RECORDING = 8  # at once: as many connections as the client of DynamoDB keeps, and some for others
FORGOTTEN = timedelta(hours=1)  # until a row that is not what its check says counts as wrong, not as new

Ask = Callable[[Probe], Exchange]
Now = Callable[[], datetime]


class Outdated(Exception):
    """The check is not any more what was probed."""


@dataclass(slots=True)
class Probed:
    """What a round did, counted as it goes."""

    due: int = 0
    good: int = 0
    failed: int = 0
    left: int = 0  # for want of time


def out_by(opened: Sequence[Network]) -> Ask:
    """Asks by this machine's own resolver and authorities; of what is inside, only these networks."""
    way = ProbeNetwork(resolve=resolved, opened=opened, tls=_tls())
    return lambda probe: exchange(probe, way)


@cache
def _tls() -> ssl.SSLContext:
    """Reads all authorities: 20 ms, once a process."""
    return ssl.create_default_context()


def invoked(wiring: Wiring, clock: Clock, event: Mapping[str, Any]) -> None:
    """The round of the schedule, up to the instant that it was scheduled for, and its metrics.

    Raises BadInput for inside networks that are none.
    """
    ask = out_by(networks(wiring.settings.probe_inside))
    done = probing(wiring.ports, ask, clock.now, until=datetime.fromisoformat(event["time"]), box=TIME_BOX)
    if done.due:
        wiring.meter.tell({"Probes": done.due, "ProbesLeft": done.left}, at_s=clock.now().timestamp())


def probing(ports: Ports, ask: Ask, now: Now, *, until: datetime, box: timedelta) -> Probed:
    """Do what has come due since the last round, up to an instant; tell what was done.

    A round after an outage asks each once. Raises Unavailable when it cannot be known what is due.
    """
    end_s = time.monotonic() + box.total_seconds()
    done, found = Probed(), probes.round_of_all()
    after = until - timedelta(minutes=1) if found.done_until is None else found.done_until
    due = [row for row in found.rows if is_due(row.code, row.every, made_at=row.made_at, after=after, until=until)]
    if not due or after >= until:
        return done
    try:
        probes.claim(until, instead_of=found.done_until)
    except Conflict:
        return done
    checks = _probed(ports, due, now=now())
    done.due = len(checks)
    if checks:
        _do(ports, ask, now, done, checks, end_s=end_s)
        log.event("probed", **asdict(done))
    return done


def _probed(ports: Ports, due: Sequence[ProbedCheck], *, now: datetime) -> list[Check]:
    """The checks that are to be asked now, those first that have waited longest: what is left once goes first then.

    A paused check is not asked: the answer would end its pause.
    """
    found = {
        check.code: check for check in batch_get.checks(ports.tables, [row.code for row in due], sleep=ports.sleep)
    }
    for row in due:
        probe = found[row.code].config.probe if row.code in found else None
        if row.made_at < now - FORGOTTEN:
            _mend(row, probe, now=now)
    checks = [check for check in found.values() if check.config.probe is not None and check.status is not Status.PAUSED]
    return sorted(checks, key=lambda check: check.last_ping or check.created_at)


def _mend(row: ProbedCheck, probe: Probe | None, *, now: datetime) -> None:
    """Let a row say what its check says: a request may have written the one, and died before the other."""
    if probe is None:
        probes.drop(row)
    elif probe.every != row.every:
        probes.keep(row.code, probe.every, now=now)


def _do(ports: Ports, ask: Ask, now: Now, done: Probed, checks: Sequence[Check], *, end_s: float) -> None:
    """Ask all with many threads, which mostly wait; record with a few, as what they share is one client."""
    ids = log.invocation()
    with (
        ThreadPoolExecutor(RECORDING, initializer=log.within, initargs=(ids,)) as recording,
        ThreadPoolExecutor(min(len(checks), ASKING), initializer=log.within, initargs=(ids,)) as asking,
    ):
        for found in asking.map(lambda check: _one(ports, ask, now, check, recording, end_s=end_s), checks):
            done.left += found is None
            done.good += found is not None and found.is_good
            done.failed += found is not None and not found.is_good


def _one(ports: Ports, ask: Ask, now: Now, check: Check, recording: Executor, *, end_s: float) -> Finding | None:
    """Probe a check, and hand on what was found; None when there was no time for it."""
    probe = check.config.probe
    assert probe is not None, "only such checks are due"
    if time.monotonic() >= end_s:
        return None
    try:
        found = tried(probe, ask, now)
    except Exception:  # noqa: BLE001  # the boundary between a probe and its neighbours
        log.crash("probe_failed", check=short(check.code))
        found = Finding(is_good=False, text="no answer: an error of the prober's own, see its log", took=timedelta(0))
    recording.submit(_record, ports, check, probe, found, at=now())
    return found


def tried(probe: Probe, ask: Ask, now: Now) -> Finding:
    """What a probe finds: a failure only when it fails twice in a row."""
    first = finding(probe, ask(probe), now=now())
    return first if first.is_good else after_another(finding(probe, ask(probe), now=now()), first)


def _record(ports: Ports, check: Check, probe: Probe, found: Finding, *, at: datetime) -> None:
    """Let the check take it, unless it has been edited, paused or deleted meanwhile."""
    signal = Signal.SUCCESS if found.is_good else Signal.FAIL

    def hear(check: Check) -> Signal:
        if check.config.probe != probe or check.status is Status.PAUSED:
            raise Outdated
        return signal

    try:
        take(ports, check.code, as_ping(probe, found, signal, at=at), hear)
    except (NotFound, Outdated):
        return
    except Unavailable as error:
        log.event("unavailable", check=short(check.code), why=str(error))
    except Exception:  # noqa: BLE001  # the boundary between a check and its neighbours
        log.crash("probe_not_recorded", check=short(check.code))


def as_ping(probe: Probe, found: Finding, signal: Signal, *, at: datetime) -> Ping:
    """What was found, as the ping that a job would have sent."""
    return Ping(
        at=at,
        signal=signal,
        body=found.text.encode("utf-8", "replace"),
        method=probe.method,
        scheme="probe",
        ua=AGENT,
        took=found.took,
    )
