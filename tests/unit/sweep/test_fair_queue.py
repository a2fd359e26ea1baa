"""Projects take turns, however many checks one of them has."""

from chalicelib.sweep.fair_queue import FairQueue


def drained(queue: FairQueue[int]) -> list[tuple[str, int]]:
    found = []
    while (entry := queue.pop()) is not None:
        found.append(entry)
    return found


def test_projects_take_turns_and_each_keeps_its_order() -> None:
    queue = FairQueue[int]()
    for number in range(3):
        queue.add("busy", number)
    queue.add("quiet", 10)

    assert len(queue) == 4
    assert drained(queue) == [("busy", 0), ("quiet", 10), ("busy", 1), ("busy", 2)]
    assert len(queue) == 0


def test_a_project_that_may_not_go_keeps_its_turn() -> None:
    queue = FairQueue[int]()
    queue.add("busy", 0)
    queue.add("quiet", 10)

    assert queue.pop(is_allowed=lambda project: project == "quiet") == ("quiet", 10)
    assert queue.pop(is_allowed=lambda _: False) is None
    assert drained(queue) == [("busy", 0)]
