"""One project never gets all threads."""

import threading

import pytest

from chalicelib.sweep.workers import Then, Workers


def test_a_project_that_blocks_its_threads_leaves_some_to_others() -> None:
    go_on, ended = threading.Event(), list[str]()

    def blocked() -> Then:
        go_on.wait(20)
        return lambda: ended.append("busy")

    with Workers(4, most_per_project=3) as workers:
        started = 0
        while workers.has_room("busy"):
            workers.start("busy", blocked)
            started += 1
        assert started == 3
        assert workers.has_room("quiet")
        workers.start("quiet", lambda: lambda: ended.append("quiet"))
        assert not workers.has_room("another")
        workers.finish(20)
        assert ended == ["quiet"]
        go_on.set()
        while workers.is_busy:
            workers.finish(20)

    assert ended == ["quiet", *["busy"] * 3]


def test_what_a_job_raises_reaches_the_caller() -> None:
    def fail() -> Then:
        raise ZeroDivisionError

    with Workers(1, most_per_project=1) as workers:
        workers.start("", fail)
        with pytest.raises(ZeroDivisionError):
            workers.finish(20)
