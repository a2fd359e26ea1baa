"""Which part of a job's output the tail keeps."""

from overdue.exec.output import Tail


def test_the_tail_is_the_end_of_the_output() -> None:
    tail = Tail(10)
    for number in range(1000):
        tail.add(f"{number} ".encode())

    assert tail.last(10) == b"7 998 999 "
    assert tail.last(4) == b"999 "


def test_output_below_the_limit_is_kept_whole() -> None:
    tail = Tail(10)
    tail.add(b"abc")

    assert tail.last(10) == b"abc"
    assert Tail(10).last(10) == b""
