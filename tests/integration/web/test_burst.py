"""A hundred workers ping one check at once: none is refused, none is lost."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest

from chalicelib.domain.check import Status
from chalicelib.domain.schedule.occurrences import Every
from tests.integration.conftest import Answer, Deployment

WORKERS = 100


def at_once(ping: Callable[[int], Answer]) -> list[Answer]:
    """The answers to as many pings, each by a thread of its own that waits for all others."""
    together = Barrier(WORKERS)

    def worker(number: int) -> Answer:
        together.wait()
        return ping(number)

    with ThreadPoolExecutor(WORKERS) as workers:
        return list(workers.map(worker, range(WORKERS)))


@pytest.mark.parametrize(
    ("grace_s", "apart_ms"),
    [
        pytest.param(60, 0, id="few of them move due_at, at one instant"),
        pytest.param(5, 10, id="each of them moves due_at, one after the other"),
    ],
)
def test_a_hundred_workers_at_once_are_all_heard(deployment: Deployment, grace_s: int, apart_ms: int) -> None:
    code = deployment.add(schedule=Every(timedelta(seconds=60)), grace=timedelta(seconds=grace_s))
    deployment.ping(code, at=deployment.now - timedelta(seconds=60))

    answers = at_once(lambda i: deployment.ping(code, at=deployment.now + timedelta(milliseconds=apart_ms * i)))

    assert Counter(answer.status for answer in answers) == {200: WORKERS}
    check = deployment.check(code)
    assert (check.n_pings, check.status) == (WORKERS + 1, Status.UP)
    assert sorted(stored.number for stored in deployment.pings(code)) == list(range(1, WORKERS + 2))
    newest = deployment.now + timedelta(milliseconds=apart_ms * (WORKERS - 1))
    assert (check.last_ping, check.last_success) == (newest, newest)
