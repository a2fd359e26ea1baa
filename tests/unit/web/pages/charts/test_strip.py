"""A strip: what it draws where, and says in words."""

import pytest

from chalicelib.domain.check import Run
from chalicelib.domain.runs.recent_runs import Ended
from chalicelib.web.pages.charts.strip import outcomes, strip, strip_of
from tests.browser.story import recent
from tests.builders import a_check, minutes, utc


@pytest.mark.parametrize(
    ("outcome", "drawn"),
    [
        ("ok", '<path class="ok" d="M206 17V9"/>'),
        ("late", '<path class="late" d="M206 17V9M206 6V3"/>'),
        ("failed", '<path class="failed" d="M206 17V1"/>'),
        ("missed", '<path class="missed" d="M204.5 16.5v-15h3v15z"/>'),
        ("overrun", '<path class="overrun" d="M206 17V2M203 2h6"/>'),
        ("too-short", '<path class="too-short" d="M206 17v-4"/>'),
        ("stalled", '<path class="stalled" d="M203 12h6M203 16h6"/>'),
        ("unknown", '<path class="unknown" d="M204.5 16.5v-8h3v8z"/>'),
        ("running", '<path class="running" d="M204.5 16.5v-8h3v8z"/>'),
    ],
)
def test_each_outcome_has_a_shape_of_its_own_at_the_newest_place(outcome: str, drawn: str) -> None:
    assert drawn in strip((outcome,))


def test_the_newest_stands_right_and_what_has_not_been_is_a_tick() -> None:
    found = strip(("failed", "ok"))
    assert '<path class="none" d="M3 17v-2M10 17v-2' in found
    assert found.endswith('M192 17v-2"/><path class="ok" d="M206 17V9"/><path class="failed" d="M199 17V1"/></svg>')


@pytest.mark.parametrize(
    ("ended", "title"),
    [
        ((), "No runs yet"),
        (("ok",), "The only run so far: succeeded"),
        (("ok",) * 30, "Last 30 runs: 30 succeeded"),
        (("ok", "ok", "failed", "missed"), "Last 4 runs: 2 succeeded, 1 failed, 1 missed; last one missed"),
        (("late", "ok", "ok"), "Last 3 runs: 2 succeeded, 1 late but in time; last 2 succeeded"),
    ],
)
def test_the_title_says_the_same_in_words(ended: tuple[str, ...], title: str) -> None:
    assert f"<title>{title}</title>" in strip(ended)


def test_open_runs_stand_behind_those_that_have_ended() -> None:
    check = a_check(
        last_success=utc("2026-03-01T12:00Z"),
        recent=recent([1] * 30, at_29=Ended.FAILED),
        runs=(Run(rid="", at=utc("2026-03-01T12:30Z")),),
    )
    assert outcomes(check)[-3:] == ("ok", "failed", "running")
    assert len(outcomes(check)) == 30


def test_a_throughput_check_has_windows_not_runs() -> None:
    check = a_check(min_count=500, count_window=minutes(30), recent=recent([1, 1], at_1=Ended.STALLED))
    assert "<title>Last 2 windows of 30 min: 1 succeeded, 1 stalled; last one stalled</title>" in strip_of(check)
