"""Which log lines are shown, and how, each of them once."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

import pytest

from overdue.aws.logs import Line, followed, in_order
from tests.builders import utc

NOW = utc("2026-11-25T12:00:00Z")
TIME_OF_DAY = "2026-11-25 12:00:00.042Z"


def a_line(message: str | dict[str, object], *, after_s: float = 0.042, identity: str = "1") -> Line:
    text = message if isinstance(message, str) else json.dumps(message)
    at_ms = round((NOW + timedelta(seconds=after_s)).timestamp() * 1000)
    return Line(at_ms=at_ms, id=identity, function="sweep", message=text)


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        (
            {"event": "alert", "level": "info", "request_id": "0f1e2d3c-aaaa", "check": "7f0e8d4c", "kind": "down"},
            f"{TIME_OF_DAY} sweep    alert check=7f0e8d4c kind=down req=0f1e2d3c",
        ),
        (
            {"event": "undelivered", "level": "error", "why": "timed out waiting", "attempts": 2, "reason": None},
            f'{TIME_OF_DAY} sweep    ERROR undelivered why="timed out waiting" attempts=2 reason=null',
        ),
        (
            {"event": "bug", "level": "error", "traceback": 'Traceback:\n  File "x"\nKeyError'},
            f'{TIME_OF_DAY} sweep    ERROR bug\n  Traceback:\n    File "x"\n  KeyError',
        ),
        (
            "2026 r-1 Task timed out after 120.00 seconds\n\n",
            f"{TIME_OF_DAY} sweep    2026 r-1 Task timed out after 120.00 seconds",
        ),
        (
            {"time": "2026", "type": "platform.report", "record": {"requestId": "0f1e2d3c-aaaa", "status": "timeout"}},
            f"{TIME_OF_DAY} sweep    platform.report status=timeout req=0f1e2d3c",
        ),
        ('"text"', f'{TIME_OF_DAY} sweep    "text"'),
        ("\x1b[31mred", f"{TIME_OF_DAY} sweep    red"),
        ({"event": "e", "why": "\x1b[2Jgone"}, f"{TIME_OF_DAY} sweep    e why=gone"),
    ],
    ids=["event", "error", "traceback", "text", "Lambda's own", "other JSON", "colors", "colors in a field"],
)  # fmt: skip
def test_a_line_is_readable_and_cannot_control_the_terminal(message: str | dict[str, object], shown: str) -> None:
    assert a_line(message).readable() == shown


@pytest.mark.parametrize(
    ("message", "is_told"),
    [
        ('{"_aws": {"CloudWatchMetrics": []}, "Pings": 1}', False),
        ("START RequestId: 1 Version: $LATEST", False),
        ("END RequestId: 1", False),
        ("INIT_START Runtime Version: python:3.12", False),
        ("REPORT RequestId: 1 Duration: 1.1 ms", False),
        ("REPORT RequestId: 1 Duration: 1.1 ms\tStatus: timeout", True),
        ('{"type": "platform.start", "record": {"requestId": "1", "version": "$LATEST"}}', False),
        ('{"type": "platform.report", "record": {"requestId": "1", "status": "success"}}', False),
        ('{"type": "platform.report", "record": {"requestId": "1", "status": "timeout"}}', True),
        ('{"event": "swept"}', True),
        ("Traceback (most recent call last):", True),
        ("[1]", True),
    ],
)
def test_metrics_and_lambdas_own_lines_are_hidden_unless_they_report_a_failure(message: str, is_told: bool) -> None:
    assert a_line(message).is_told is is_told


def test_the_json_document_has_the_time_and_the_event_or_the_text() -> None:
    assert a_line({"event": "swept", "looked_at": 3}).document() == {
        "at": "2026-11-25T12:00:00.042+00:00",
        "function": "sweep",
        "event": "swept",
        "looked_at": 3,
    }
    assert a_line("hello\n").document()["text"] == "hello"


def test_a_filter_matches_the_written_and_the_shown_line() -> None:
    line = a_line({"event": "alert", "level": "warning", "kind": "down"})

    assert line.holds("kind=DOWN")
    assert line.holds('"kind": "down"')
    assert line.holds("WARNING alert")
    assert not line.holds("reminder")


def test_lines_of_all_functions_are_merged_by_time() -> None:
    lines = [a_line("c", after_s=2), a_line("b", after_s=1, identity="2"), a_line("a", after_s=1, identity="1")]

    assert [line.message for line in in_order(lines)] == ["a", "b", "c"]


@dataclass
class Log:
    """A log whose lines become visible over time, and the clock of its reader."""

    at: datetime
    coming: list[tuple[float, Line]]  # (seconds until the line is visible, line)
    reads: list[datetime]  # the start of each read

    def now(self) -> datetime:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)

    def __call__(self, since: datetime) -> Iterable[Line]:
        self.reads.append(since)
        visible = [line for after_s, line in self.coming if NOW + timedelta(seconds=after_s) <= self.at]
        return [line for line in visible if line.at_ms >= since.timestamp() * 1000]


def test_following_shows_each_line_once_including_late_ones() -> None:
    log = Log(
        NOW,
        [
            (-60, a_line("old", after_s=-300, identity="0")),
            (0, a_line("one", after_s=-1, identity="1")),
            (3, a_line("two", after_s=2, identity="3")),
            (50, a_line("late", after_s=1, identity="2")),
            (200, a_line("three", after_s=199, identity="4")),
        ],
        [],
    )

    shown = [line.message for line in islice(followed(log, log, since=NOW - timedelta(minutes=10)), 5)]

    assert shown == ["old", "one", "two", "late", "three"]
    assert log.reads[0] == NOW - timedelta(minutes=10)
    assert log.reads[1] == NOW - timedelta(seconds=60)
    assert len(log.reads) == 101  # every two seconds until 200


def test_following_forgets_lines_that_cannot_appear_again() -> None:
    from overdue.aws.logs import Seen

    seen = Seen(NOW - timedelta(hours=1))
    seen.fresh([a_line("old", after_s=-900, identity="1"), a_line("new", after_s=-5, identity="2")], now=NOW)

    assert [*seen._ids] == ["2"]
