"""Read, evaluate and publish the checks that come due between two reads of the index, fairly between projects.

The due index does not hold projects, so due checks are read first. Up to 100 are read by one BatchGet, which also
replaces the first read of their evaluation. If more are due, their projects are looked up first; then 100 checks at a
time are read, taking from the projects in turn. Each project has its own queue, and none gets all workers. Before
checks are evaluated, the sweep records them (`store.in_flight`). Start at `Round.run`; see docs/adr/0016.
"""

import heapq
from collections import Counter, defaultdict, deque
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import partial

from chalicelib import log
from chalicelib.domain.check import Check
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.ids import Code
from chalicelib.services.transaction import Ports
from chalicelib.store import batch_get
from chalicelib.store.batch_get import BATCH
from chalicelib.store.registry import in_flight
from chalicelib.sweep.batch import Gathering, publish_digests
from chalicelib.sweep.fair_queue import FairQueue
from chalicelib.sweep.ingress import Door
from chalicelib.sweep.process import ALLOWANCE, Due, Evaluated, Judge, Read, Work, due_again, evaluate, publish, read
from chalicelib.sweep.workers import Then, Workers

READ_AHEAD = 10_000  # at most so many checks have their project looked up in advance
AT_LEAST = 10  # checks that a round evaluates, or fails to read, even if its time is up
POLL_S = 0.05  # how often the CPU limit of evaluations is enforced
# The sweep's own queues; no project has such an id.
READING, LOOKING_UP, CHECKING_INGRESS = "read", "look up", "check ingress"


class Round:
    """One round. It takes checks from the heap `coming`, and adds those that are due again.

    `gathered` holds, by project, the alerts that earlier rounds collected, and keeps those that this round leaves.
    """

    def __init__(
        self,
        work: Work,
        workers: Workers,
        coming: list[Due],
        *,
        until: datetime,
        gathered: defaultdict[str, Gathering],
    ) -> None:
        self._work = work
        self._workers = workers
        self._coming = coming
        self._until = until
        self._now = until
        self._unassigned: deque[Sequence[Due]] = deque()  # batches of 100 whose projects must be looked up
        self._unread: deque[Sequence[Due]] = deque()  # batches to read without looking up projects
        self._waiting: FairQueue[Due] = FairQueue()
        self._projects: dict[Due, str] = {}  # of the checks that wait or are being read
        self._evaluating: FairQueue[Read] = FairQueue()
        self._ingress_known: FairQueue[Read] = (
            FairQueue()
        )  # evaluated once, and again now that the door has been looked at
        self._publishing: FairQueue[tuple[Evaluated, Ports]] = FairQueue()
        self._awaiting_ingress: list[Read] = []  # rest on silence, and the door must be looked at first
        self._is_checking_ingress = self._is_reading = self._is_looking_up = False
        self._pending: Counter[str] = Counter()  # by project: checks not yet evaluated
        self._gathered = gathered
        self._carried = {project for project, gathering in gathered.items() if gathering.evaluated}
        self._in_flight: set[Due] = set()
        self._tried = 0  # checks evaluated, and those that could not be read

    def run(self) -> None:
        """Evaluate each check at its instant until the end of the round.

        A round that begins late still evaluates at least a few of the checks that are due.
        """
        while True:
            self._now = self._work.clock.now()
            self._admit()
            self._start()
            if self._workers.is_busy:
                self._workers.finish(POLL_S)
                self._work.cpu.enforce()
            elif self._is_over or not self._coming or ready_at(self._coming) > self._until:
                break
            else:
                wait(self._work, ready_at(self._coming))
        wait(self._work, self._until)

    @property
    def _is_over(self) -> bool:
        return self._now > self._until and self._tried >= AT_LEAST

    def _admit(self) -> None:
        """Queue the checks that are due. When time is up, drop those not yet evaluated: they stay due."""
        if self._is_over:
            self._drop_rest()
            return
        most = BATCH if self._now > self._until else READ_AHEAD - len(self._waiting)
        arrived: list[Due] = []
        while self._coming and ready_at(self._coming) <= self._now and len(arrived) < most:
            due = heapq.heappop(self._coming)
            if any(due in flight.entries for flight in self._work.abandoned):
                self._work.suspects.append(due)
            else:
                arrived.append(due)
        if len(arrived) <= BATCH:
            self._unread.extend([arrived] if arrived else [])
        else:
            self._unassigned.extend(arrived[start : start + BATCH] for start in range(0, len(arrived), BATCH))

    def _drop_rest(self) -> None:
        self._unassigned.clear()
        self._unread.clear()
        while (waiting := self._waiting.pop()) is not None:
            self._pending[self._projects.pop(waiting[1])] -= 1
        while (entry := self._evaluating.pop()) is not None:
            self._pending[entry[0]] -= 1
            self._in_flight.discard(entry[1].due)

    def _start(self) -> None:
        """Start jobs while workers are free; alerts before evaluations."""
        self._start_ingress_check()
        self._start_reading()
        for project, gathering in self._gathered.items():
            if gathering.evaluated and self._is_ready_to_publish(project, gathering):
                self._workers.start(project, partial(self._publish_digests, project, gathering.taken(), self._now))
        while (entry := self._publishing.pop(is_allowed=self._workers.has_room)) is not None:
            project, (evaluated, ports) = entry
            self._workers.start(project, partial(self._publish, evaluated, ports, self._now))
        while (proved := self._ingress_known.pop(is_allowed=self._workers.has_room)) is not None:
            judge = self._work.door.judge_by_what_is_known
            self._workers.start(proved[0], partial(self._evaluate, proved[1], judge, self._now))
        while (found := self._evaluating.pop(is_allowed=self._workers.has_room)) is not None:
            self._tried += 1
            self._work.done.lag_s = max(self._work.done.lag_s, (self._now - found[1].due[0]).total_seconds())
            self._workers.start(found[0], partial(self._evaluate, found[1], self._work.door.judge, self._now))

    def _is_ready_to_publish(self, project: str, gathering: Gathering) -> bool:
        """Whether no more checks of this project are expected now, or alerts were collected for long enough."""
        may_come = self._pending[project] > 0 or self._unassigned or self._is_looking_up
        if project in self._carried:
            may_come = may_come or self._unread or self._is_reading
        if not may_come and not self._is_over:
            return True
        together = self._work.ports.together
        return gathering.is_ripe(now=self._now, at_least=0 if together is None else together.at_least)

    def _start_reading(self) -> None:
        """Start one read at a time, because each writes the in-flight row. Projects are looked up concurrently."""
        if self._unassigned and not self._is_looking_up:
            self._is_looking_up = True
            self._workers.start(LOOKING_UP, partial(self._look_up, self._unassigned.popleft()))
        if self._is_reading or len(self._evaluating) >= BATCH:
            return
        batch = self._unread.popleft() if self._unread else self._next_batch()
        if batch:
            self._is_reading = self._work.has_written = True
            self._in_flight.update(batch)
            self._workers.start(READING, partial(self._read, batch, frozenset(self._in_flight), self._now))

    def _next_batch(self) -> Sequence[Due]:
        """The next 100 waiting checks, taking from the projects in turn."""
        batch: list[Due] = []
        while len(batch) < BATCH and (entry := self._waiting.pop()) is not None:
            batch.append(entry[1])
        return batch

    def _start_ingress_check(self) -> None:
        if not self._awaiting_ingress or self._is_checking_ingress:
            return
        silent, self._awaiting_ingress = self._awaiting_ingress, []
        if self._work.door.is_known(now=self._now):
            self._after_ingress_check(silent, is_known=True)
        else:
            self._is_checking_ingress = True
            self._workers.start(CHECKING_INGRESS, partial(self._check_ingress, silent, self._now))

    def _look_up(self, batch: Sequence[Due]) -> Then:
        try:
            projects = batch_get.projects(
                self._work.ports.tables, [each[1] for each in batch], sleep=self._work.ports.sleep
            )
        except Unavailable as error:
            log.event("unavailable", why=str(error))
            projects = {}
        except Exception:  # noqa: BLE001  # the boundary between a batch and the rest of the sweep
            log.crash("projects_unread")
            projects = {}
        return partial(self._after_lookup, batch, projects)

    def _after_lookup(self, batch: Sequence[Due], projects: dict[Code, str]) -> None:
        self._is_looking_up = False
        self._tried += len(batch) - len(projects)
        for due in batch:
            if due[1] in projects:
                project = self._projects[due] = projects[due[1]]
                self._pending[project] += 1
                self._waiting.add(project, due)

    def _read(self, batch: Sequence[Due], in_flight_now: Collection[Due], now: datetime) -> Then:
        try:
            in_flight.write(self._work.id, in_flight_now, now=now)
        except Unavailable as error:  # the row matters only if this sweep is killed
            log.event("in_flight_not_written", why=str(error))
        except Exception:  # noqa: BLE001  # the same
            log.crash("in_flight_not_written")
        try:
            found = read(self._work, batch, now=now)
        except Unavailable as error:
            log.event("unavailable", why=str(error))
            found = []
        except Exception:  # noqa: BLE001  # the boundary between a batch and the rest of the sweep
            log.crash("batch_unread")
            found = []
        return partial(self._after_read, batch, found)

    def _after_read(self, batch: Sequence[Due], found: Iterable[Read]) -> None:
        self._is_reading = False
        for due in batch:
            if due in self._projects:
                self._pending[self._projects.pop(due)] -= 1
        left = set(batch)
        for each in found:
            if each.setbacks:
                self._work.suspects.append(each.due)
                continue
            left.discard(each.due)
            self._pending[each.project] += 1
            self._evaluating.add(each.project, each)
        self._tried += len(left)
        self._in_flight -= left

    def _evaluate(self, due: Read, judge: Judge, now: datetime) -> Then:
        """Evaluate a check, and publish its alerts unless they may join a digest."""
        evaluated = evaluate(self._work, due, judge, now=now)
        if evaluated is None:
            return partial(self._after_evaluation, due)
        if not evaluated.is_proved:
            publish(self._work, evaluated, self._work.ports, now=now)  # alerts from before
            return partial(self._await_ingress_check, due)
        check = evaluated.check
        if (check.alerts or check.records) and self._use_digests(due.project):
            return partial(self._gather, evaluated)
        published = publish(self._work, evaluated, self._work.ports, now=now)
        return partial(self._after_evaluation, due, published)

    def _use_digests(self, project: str) -> bool:
        """Whether this project's alerts may form digests: enough checks are due, or some are collected already."""
        together = self._work.ports.together
        return together is not None and (project in self._gathered or self._pending[project] >= together.at_least)

    def _after_evaluation(self, due: Read, check: Check | None = None) -> None:
        """Count a check as evaluated."""
        self._pending[due.project] -= 1
        self._finish(due, check)

    def _finish(self, due: Read, check: Check | None) -> None:
        self._in_flight.discard(due.due)
        if check is None:
            return
        self._work.done.looked_at += 1
        again = due_again(self._work, check, now=self._now)
        # one that stays due at the same instant waits for the next look: it would be evaluated without end
        if again is not None and again[0] > due.due[0]:
            heapq.heappush(self._coming, again)

    def _await_ingress_check(self, due: Read) -> None:
        self._awaiting_ingress.append(due)

    def _check_ingress(self, silent: Sequence[Read], now: datetime) -> Then:
        is_known = check_ingress(self._work.door, silent, now=now)
        return partial(self._after_ingress_check, silent, is_known=is_known)

    def _after_ingress_check(self, silent: Sequence[Read], *, is_known: bool) -> None:
        """Evaluate the checks that rest on silence; leave them due if the ingress state is unknown."""
        self._is_checking_ingress = False
        for each in silent:
            if is_known:
                self._ingress_known.add(each.project, each)
            else:
                self._after_evaluation(each)

    def _gather(self, evaluated: Evaluated) -> None:
        self._pending[evaluated.read.project] -= 1
        self._in_flight.discard(evaluated.read.due)  # its verdict is written: it is due at another instant
        self._gathered[evaluated.read.project].add(evaluated, now=self._now)

    def _publish_digests(self, project: str, evaluated: Sequence[Evaluated], now: datetime) -> Then:
        ports = publish_digests(self._work, evaluated, now=now)
        return partial(self._after_digests, project, evaluated, ports)

    def _after_digests(self, project: str, evaluated: Sequence[Evaluated], ports: Ports | None) -> None:
        for each in evaluated:
            if ports is None:
                self._finish(each.read, None)
            else:
                self._publishing.add(project, (each, ports))

    def _publish(self, evaluated: Evaluated, ports: Ports, now: datetime) -> Then:
        return partial(self._finish, evaluated.read, publish(self._work, evaluated, ports, now=now))


def check_ingress(door: Door, silent: Sequence[Read], *, now: datetime) -> bool:
    """Run the ingress check for checks that rest on silence. Takes seconds at most; False if the result is unknown."""
    return door.prove(since=min(each.due[0] for each in silent), now=now)


def ready_at(coming: Sequence[Due]) -> datetime:
    """When the first check of a heap may be evaluated."""
    return coming[0][0] + ALLOWANCE


def wait(work: Work, until: datetime) -> None:
    """Wait for an instant."""
    left_s = (until - work.clock.now()).total_seconds()
    if left_s > 0:
        work.clock.sleep(left_s)
