"""What the footer says of the last sweep."""

from datetime import timedelta

import pytest

from chalicelib.domain.text.time_format import WallClock
from chalicelib.store.registry.sweeps import LastSweep
from chalicelib.web.pages.shell.sweep_age import swept_words
from tests.builders import utc

CLOCK = WallClock(tz="Europe/Berlin", now=utc("2026-03-02T04:12:40Z"))


@pytest.mark.parametrize(
    ("ago_s", "behind_s", "said", "is_bad"),
    [
        (40, 0, "Last sweep 05:12:00, on time", False),
        (40, 10, "Last sweep 05:12:00, on time", False),
        (40, 250, "Last sweep 05:12:00, 4 min 10 s behind", True),
        (40, None, "Last sweep 05:12:00: not all checks could be read", True),
        (180, 0, "Last sweep 05:09:40, on time", False),
        (181, 0, "No sweep since 05:09:39: nothing is called missed meanwhile", True),
    ],
)
def test_an_operator_reads_whether_overdue_itself_is_at_work(
    ago_s: int, behind_s: int | None, said: str, *, is_bad: bool
) -> None:
    behind = None if behind_s is None else timedelta(seconds=behind_s)

    words = swept_words(LastSweep(CLOCK.now - timedelta(seconds=ago_s), behind), CLOCK)

    assert words.at is not None
    assert (f"{words.before} {words.at.words}{words.after}", words.is_bad) == (said, is_bad)


def test_before_the_first_sweep_nobody_is_alarmed() -> None:
    words = swept_words(None, CLOCK)

    assert (words.before, words.is_bad) == ("No sweep yet: the first one takes a minute", False)
