"""Sparkline, progress and ribbon: numbers in, geometry and words out."""

from datetime import timedelta
from xml.etree import ElementTree

import pytest

from chalicelib.domain.alerts import Reason
from chalicelib.domain.check import Run, Status
from chalicelib.domain.runs.recent_runs import Ended
from chalicelib.domain.text.time_format import WallClock
from chalicelib.web.pages.charts.progress_bar import progress
from chalicelib.web.pages.charts.ribbon import Due, RibbonOutage, ribbon
from chalicelib.web.pages.charts.sparkline import Took, spark_of, sparkline
from tests.browser import story
from tests.browser.story import at, recent
from tests.builders import a_check, hours, minutes, seconds, utc

CLOCK = WallClock(tz=story.ZONE, now=story.NOW)


def test_a_line_begins_at_zero_unless_all_values_are_far_from_it() -> None:
    drawn = sparkline([10, 100, 50, 30, 80], band=(20, 90), limit=None, is_out=False, title="t")
    assert drawn == (
        '<svg class="spark" role="img" width="92" height="20"><title>t</title>'
        '<rect class="band" y="4" width="92" height="12"/>'
        '<polyline class="line" points="77,17 80,2 83,10 86,14 89,5"/>'
        '<circle class="dot" cx="89" cy="5" r="2.25"/></svg>'
    )
    assert 'points="77,16 80,2 83,9 86,13 89,5"' in sparkline(
        [90, 100, 95, 92, 98], band=None, limit=None, is_out=False, title="t"
    )


def test_beyond_its_limit_the_last_value_is_marked() -> None:
    drawn = sparkline([52, 52, 52, 52, 162], band=(46, 58), limit=90, is_out=True, title="t")
    assert '<path class="limit" d="M0 10H92"/>' in drawn
    assert '<circle class="dot out" cx="89" cy="2" r="2.25"/>' in drawn


@pytest.mark.parametrize("values", [[0.0] * 5, [7.0] * 30, [1.0] * 40])
def test_a_line_without_change_is_drawn_within_its_height(values: list[float]) -> None:
    drawn = sparkline(values, band=None, limit=None, is_out=False, title="t")
    line = ElementTree.fromstring(drawn).find("polyline")
    assert line is not None
    points = [point.split(",") for point in line.attrib["points"].split()]
    assert len(points) == min(len(values), 30)
    assert all(0 <= int(y) <= 20 and 2 <= int(x) <= 89 for x, y in points)


def test_under_five_durations_nothing_is_drawn() -> None:
    check = a_check(recent=recent([8, 8, 8, 8]))
    assert spark_of(check, now=story.NOW) == Took("8 s", None)


def test_a_check_that_never_says_when_it_starts_is_not_timed() -> None:
    assert spark_of(a_check(), now=story.NOW).words == "no runs yet"
    assert spark_of(a_check(recent=recent([0], at_0=Ended.MISSED)), now=story.NOW).words == "not timed"


def test_the_open_run_beyond_its_limit_is_the_last_of_the_durations() -> None:
    check = a_check(
        status=Status.DOWN,
        reason=Reason.OVERRUN,
        since=at("04:00"),
        max_runtime=minutes(90),
        runs=(Run(rid="", at=at("02:30"), overran=True),),
        recent=recent([52 * 60] * 10),
    )
    found = spark_of(check, now=story.NOW)
    assert found.words == "2 h 42 min"
    assert (
        "<title>Duration of the last 11 runs: the open run has taken 2 h 42 min, usual 52 min, limit 1 h 30 min</title>"
        in str(found.line)
    )


def test_a_bar_shows_how_far_a_run_is() -> None:
    assert progress(minutes(12), limit=hours(1), usual=(minutes(22), minutes(27))) == (
        '<svg class="progress" role="img" width="132" height="10">'
        "<title>12 min so far; usual 22 to 27 min; limit 1 h</title>"
        '<rect class="track" x=".5" y="2.5" width="131" height="5"/>'
        '<rect class="band" x="47.1" y="3" width="10.7" height="4"/>'
        '<rect class="so-far" x="1" y="3" width="25.7" height="4"/><path class="limit" d="M128.4 0v10"/></svg>'
    )


def test_beyond_the_limit_the_bar_is_as_long_as_the_run() -> None:
    drawn = progress(minutes(162), limit=minutes(90), usual=None)
    assert "not enough runs yet for a usual duration" in drawn
    assert '<rect class="over" x="71.3" width="57.1" height="10"/><path class="limit" d="M71.3 0v10"/>' in drawn


@pytest.mark.parametrize("limit", [timedelta(), minutes(1)])
def test_a_run_that_has_just_begun_has_a_bar_too(limit: timedelta) -> None:
    ElementTree.fromstring(progress(timedelta(), limit=limit, usual=None))


DOWN = [RibbonOutage("postgres-backup", at("02:30")), RibbonOutage("search-reindex", at("04:00"))]
DUE = [Due("thumbnail-sweeper", at("05:05")), Due("search-reindex", at("08:30"))]


def test_the_ribbon_places_instants_six_hours_to_both_sides_of_now() -> None:
    drawn = str(ribbon(DOWN, [RibbonOutage("fx-rates", at("03:58"), at("04:36"))], DUE, often=5, clock=CLOCK))
    assert drawn.startswith(
        '<svg role="img" height="72"><title>Six hours back and six ahead. Down since: postgres-backup 02:30, '
        "search-reindex 04:00. Ended: fx-rates, down from 03:58 to 04:36. Expected next: thumbnail-sweeper "
        "(7 min late), search-reindex 08:30. 5 checks come every 15 min or more often.</title>"
    )
    assert '<line class="since" x1="27.4%" x2="50%" y1="8" y2="8"/>' in drawn
    assert '<text class="end" x="27.4%" y="12" dx="-9">postgres-backup</text>' in drawn
    assert '<line class="soon" x1="50.5%" x2="50.5%" y1="2" y2="14"/>' in drawn
    assert '<text x="77.4%" y="28" dx="7">search-reindex</text>' in drawn
    assert '<text x="50%" y="44" dx="7">5 more every 15 min or more often</text>' in drawn
    assert [text.text for text in ElementTree.fromstring(drawn).findall("g[@class='mid scale']/text")] == [
        "00:00", "02:00", "04:00", "07:00", "09:00", "11:00", "05:12",
    ]  # fmt: skip


def test_one_lane_is_no_picture() -> None:
    assert ribbon(DOWN[:1], [], DUE[:1], often=0, clock=CLOCK) is None


def test_what_has_long_been_down_begins_at_the_edge_with_its_name_inside() -> None:
    drawn = str(ribbon([RibbonOutage("old", at("2026-10-20T00:00")), *DOWN], [], [], often=0, clock=CLOCK))
    assert '<line class="since" x1="0%" x2="50%" y1="8" y2="8"/><text class="inside" x="0%" y="12" dx="9">old' in drawn
    assert "Down since</text>" not in drawn


def test_a_name_on_the_ribbon_does_nothing() -> None:
    bad = '"><script>alert(1)</script>'
    drawn = str(ribbon([RibbonOutage(bad, at("04:00"))], [], [Due(bad, at("06:00"))] * 2, often=0, clock=CLOCK))
    assert "<script" not in drawn
    ElementTree.fromstring(drawn)


@pytest.mark.parametrize("now", ["2026-10-25T00:30Z", "2026-03-29T00:30Z"])
def test_the_scale_holds_while_clocks_change(now: str) -> None:
    clock = WallClock(tz=story.ZONE, now=utc(now))
    two = [Due("a", clock.now + hours(1)), Due("b", clock.now + seconds(7_300))]
    ElementTree.fromstring(str(ribbon([], [], two, often=0, clock=clock)))


def test_the_ribbon_in_a_zone_of_half_hours_marks_its_own_full_hours() -> None:
    clock = WallClock(tz="Asia/Kolkata", now=utc("2026-03-01T12:00Z"))
    two = [Due("a", clock.now + hours(1)), Due("b", clock.now + hours(2))]
    drawn = str(ribbon([], [], two, often=0, clock=clock))
    assert ">16:00</text>" in drawn
    assert ">17:30</text>" in drawn  # now
