"""A timeline: durations in, geometry and words out."""

import re
from xml.etree import ElementTree

import pytest

from chalicelib.domain.text.time_format import WallClock
from chalicelib.web.pages.charts.timeline import Bar, Scale, brief, timeline
from tests.browser import story
from tests.browser.story import at
from tests.builders import hours, minutes

CLOCK = WallClock(tz=story.ZONE, now=story.NOW)
MINUTE, HOUR = 60.0, 3600.0


def drawn(bars: list[Bar], scale: Scale, title: str = "t") -> str:
    return str(timeline(bars, scale, title=title, clock=CLOCK))


def bars(*minutes_taken: float, outcome: str = "ok") -> list[Bar]:
    first = at("2026-10-20T02:30")
    return [Bar(outcome, took * MINUTE, first + hours(6 * place)) for place, took in enumerate(minutes_taken)]


def test_the_highest_value_of_the_design_is_drawn_where_the_design_has_it() -> None:
    stuck = Bar("overrun", 162 * MINUTE, at("02:30"), is_beyond=True)
    scale = Scale(said=brief, band=(46 * MINUTE, 58 * MINUTE), limit=90 * MINUTE)
    text = drawn([*bars(52), stuck], scale)
    assert '<rect class="band" width="100%" y="132.6" height="11.9"/>' in text
    assert '<line class="limit" x2="100%" y1="101" y2="101"/>' in text
    assert '<line class="open" x1="75%" x2="75%" y1="190" y2="101"/>' in text
    assert '<line class="over" x1="75%" x2="75%" y1="101" y2="29.8"/>' in text
    assert '<use href="#g-over" x="75%" y="29.8"/>' in text
    assert '<text class="strong" x="75%" y="33.8" dx="-10" text-anchor="end">02:30, still open</text>' in text
    assert re.findall(r"<text[^>]*>([^<]+)</text>", text.split('class="labels"')[1]) == [
        "limit 1 h 30", "usual 52 min", "3 h", "2 h", "0", "October",
    ]  # fmt: skip


def test_a_limit_far_above_all_values_does_not_flatten_them() -> None:
    scale = Scale(said=brief, limit=HOUR)
    assert 'class="limit"' not in drawn(bars(1, 2, 3), scale)
    assert 'class="limit"' in drawn(bars(1, 2, 20), scale)


def test_each_outcome_has_its_shape() -> None:
    kinds = ("ok", "late", "failed", "too-short", "stalled", "missed", "unreported", "running", "overrun")
    text = drawn([Bar(kind, 60.0, at("02:00") + minutes(place)) for place, kind in enumerate(kinds)], Scale(said=brief))
    assert re.findall(r'href="#(g-\w+)"', text) == [
        "g-late", "g-failed", "g-short", "g-stalled", "g-missed", "g-unreported", "g-over",
    ]  # fmt: skip
    assert re.findall(r'<line class="(ok|bad|open|over)"', text) == ["ok", "ok", "bad", "bad", "bad", "open", "open"]


def test_what_took_no_time_or_an_unknown_one_is_seen_all_the_same() -> None:
    text = drawn([Bar("ok", 0.0, at("02:00")), Bar("failed", None, at("03:00"))], Scale(said=brief))
    assert text.count('y1="190" y2="188"') == 2


@pytest.mark.parametrize(
    "values", [[0.0], [0.0004, 0.001], [1.0] * 60, [86_400.0 * 40, 1.0], [1e15, 3.0], [float(n) for n in range(90)]]
)
@pytest.mark.parametrize("is_floor", [False, True])
def test_every_bar_stays_within_the_plot(values: list[float], is_floor: bool) -> None:
    given = [Bar("ok", value, at("02:00") + minutes(place)) for place, value in enumerate(values)]
    text = drawn(given, Scale(said=str, limit=5.0, is_floor=is_floor))
    heights = [float(y) for y in re.findall(r'<line class="ok"[^>]* y2="([\d.]+)"', text)]
    assert len(heights) == min(len(values), 60)
    assert all(11.9 <= y <= 188 for y in heights)
    assert 1 <= text.split("</g>")[0].count("<line x2") <= 6


def test_the_title_is_text_and_nothing_else() -> None:
    text = drawn(bars(1), Scale(said=brief), title='<b>"&')
    [plot, _] = ElementTree.fromstring(f"<p>{text}</p>")
    assert plot.findtext("title") == '<b>"&'


def test_days_are_named_where_they_begin_and_hours_where_all_is_within_two_days() -> None:
    by_day = drawn(bars(*[50.0] * 13), Scale(said=brief))
    assert re.findall(r'y="208" dx="1">([^<]+)<', by_day) == ["21", "22", "23"]
    by_hour = drawn([Bar("ok", 1.0, at("04:58") + minutes(place)) for place in range(5)], Scale(said=brief))
    assert re.findall(r'y="208" dx="1">([^<]+)<', by_hour) == ["05:00"]


def test_an_only_run_has_its_date_below_it() -> None:
    text = drawn(bars(52), Scale(said=brief))
    assert '<text x="50%" y="208" text-anchor="middle">20 Oct 02:30</text>' in text
    assert "October" not in text


def test_runs_of_one_hour_say_when_the_first_was() -> None:
    text = drawn([Bar("ok", 1.0, at("04:12") + minutes(place)) for place in range(5)], Scale(said=brief))
    assert re.findall(r'y="208" dx="1">([^<]+)<', text) == ["24 Oct 04:12"]
    assert "October" not in text


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0.142, "142 ms"),
        (52.0, "52 s"),
        (534.0, "8.9 min"),
        (3120.0, "52 min"),
        (5400.0, "1 h 30"),
        (7200.0, "2 h"),
        (259_200.0, "3 days"),
    ],
)
def test_a_label_has_few_letters(seconds: float, expected: str) -> None:
    assert brief(seconds) == expected
