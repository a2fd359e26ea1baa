"""What a public status page says of checks and their outages, and what its bars say of 90 days."""

import re
from typing import Any

import pytest

from chalicelib.domain.alerts import Reason
from chalicelib.domain.check import Check, Flip, Status
from chalicelib.domain.text.time_format import WallClock
from chalicelib.store.registry.status_pages import StatusPage
from chalicelib.web.pages.charts.uptime_bars import Day, Days, drawn, midnights, percent
from chalicelib.web.pages.status.status_view import StatusView, status_view
from chalicelib.web.pages.status.system import System, system
from tests.builders import a_check, days, minutes, seconds, utc

NOW = utc("2026-10-24T03:12:40Z")
CLOCK = WallClock(tz="Europe/Berlin", now=NOW)
BEGINS = midnights(NOW, "Europe/Berlin")
PAGE = StatusPage(name="shop", title="Example Shop", project="default", tags=("shop", "behind-the-scenes"))


def at(text: str) -> Any:
    return utc(f"2026-10-{text}+02:00")


def flip(number: int, when: str, old: Status, new: Status) -> Flip:
    return Flip(number=number, at=at(when), old=old, new=new, reason=Reason.FAILED if new is Status.DOWN else None)


def down_and_up(down: str, up: str) -> list[Flip]:
    """The newest first, as the history has them."""
    return [flip(2, up, Status.DOWN, Status.UP), flip(1, down, Status.UP, Status.DOWN)]


def a_job(name: str, status: Status = Status.UP, tags: str = "shop", **given: Any) -> Check:
    given.setdefault("last_success", NOW - minutes(5))
    return a_check(name=name, tags=tags, status=status, period=minutes(30), grace=minutes(10), **given)


def seen(check: Check, *flips: Flip) -> System:
    return system(check, flips, BEGINS, since=BEGINS[0], clock=CLOCK)


def said(*systems: System, page: StatusPage = PAGE) -> StatusView:
    return status_view(page, systems, CLOCK)


DOWN = a_job("Search updates", Status.DOWN, since=at("24T04:00"))


@pytest.mark.parametrize(
    ("systems", "heading", "sentence", "title"),
    [
        ([], "Nothing is shown here yet", "No system is public.", "status"),
        ([a_job("Website")], "Everything works", "1 system works.", "everything works"),
        (
            [a_job("Website", Status.NEW, last_success=None), a_job("Mail", Status.PAUSED)],
            "Nothing is watched right now",
            "How these systems are will stand here as soon as it is known.",
            "status",
        ),
        (
            [a_job("Website"), DOWN],
            "Search updates is down",
            "Since 04:00, for 1 h 12 min. 1 system works.",
            "1 of 2 systems has trouble",
        ),
        (
            [a_job("Invoices", last_success=NOW - minutes(35)), a_job("Website")],
            "Invoices is late",
            "1 system works.",
            "1 of 2 systems has trouble",
        ),
        (
            [DOWN, a_job("Mail", Status.DOWN, since=at("15T04:15")), a_job("Invoices", last_success=NOW - minutes(35))],
            "2 systems are down",
            "The first since 15 Oct 04:15, for 9 days. 1 is late.",
            "3 of 3 systems have trouble",
        ),
    ],
)
def test_the_page_opens_with_what_is_the_matter(systems: list[Check], heading: str, sentence: str, title: str) -> None:
    view = said(*map(seen, systems))
    assert (view.heading, view.sentence, view.title) == (heading, sentence, f"Example Shop: {title}")


def test_each_tag_has_a_section_and_no_system_stands_twice() -> None:
    both = seen(a_job("Website", tags="shop behind-the-scenes"))
    view = said(both, seen(a_job("Invoices", tags="behind-the-scenes")))
    assert [(each.heading, [one.name for one in each.systems]) for each in view.sections] == [
        ("Shop", ["Website"]),
        ("Behind the scenes", ["Invoices"]),
    ]
    only = StatusPage(name="shop", title="Example Shop", project="default", tags=("public",))
    assert [each.heading for each in said(seen(a_job("x", tags="public")), page=only).sections] == ["Systems"]


def test_outages_are_told_newest_first_without_a_reason() -> None:
    ended = seen(a_job("Exchange rates"), *down_and_up("24T03:58", "24T04:36"))
    lasting = seen(DOWN, flip(1, "24T04:00", Status.UP, Status.DOWN))
    view = said(ended, lasting)
    assert [(each.name, each.long) for each in view.incidents] == [
        ("Search updates", "1 h 12 min so far"),
        ("Exchange rates", "38 min"),
    ]
    assert [(event.at.words, event.words) for event in view.incidents[1].events] == [
        ("Today 03:58", "Down."),
        ("Today 04:36", "Up again."),
    ]
    assert "fail" not in repr(view)


def test_that_someone_is_on_it_is_told() -> None:
    check = a_job(
        "Search updates", Status.DOWN, since=at("24T04:00"), acknowledged_at=at("24T04:20"), acknowledged_by="me"
    )
    [incident] = said(seen(check, flip(1, "24T04:00", Status.UP, Status.DOWN))).incidents
    assert [(event.at.words, event.words) for event in incident.events] == [
        ("Today 04:00", "Down."),
        ("Today 04:20", "Someone is on it."),
    ]


def test_an_outage_that_ends_with_a_pause_is_not_said_to_be_up() -> None:
    paused = a_job("x", Status.PAUSED, since=at("15T09:41"))
    flips = [flip(2, "15T09:41", Status.DOWN, Status.PAUSED), flip(1, "15T04:15", Status.UP, Status.DOWN)]
    [incident] = said(seen(paused, *flips)).incidents
    assert [(event.at.words, event.words) for event in incident.events] == [
        ("15 Oct 04:15", "Down."),
        ("15 Oct 09:41", "Not watched any more."),
    ]


def test_a_day_is_judged_by_how_long_it_was_down() -> None:
    short = seen(a_job("x"), *down_and_up("22T12:00", "22T12:09:59")).days
    long = seen(a_job("x"), *down_and_up("22T23:55", "23T00:10")).days
    assert short.each[-3:] == (Day.PART, Day.OK, Day.OK)
    assert long.each[-3:] == (Day.PART, Day.BAD, Day.OK)
    assert short.each.count(Day.OK) == 89
    assert short.share == pytest.approx(1 - 599 / (NOW - BEGINS[0]).total_seconds())


def test_what_was_not_watched_neither_helps_nor_harms() -> None:
    young = seen(a_job("x", created_at=at("20T00:00")))
    assert young.days.each.count(Day.NONE) == 85
    assert (young.days.share, young.watched_since) == (1.0, at("20T00:00"))
    assert said(young).sections[0].systems[0].since == "Watched since 20 Oct"
    never = seen(a_job("x", Status.NEW, last_success=None))
    assert (set(never.days.each), never.days.share, never.watched_since) == ({Day.NONE}, None, None)
    assert said(never).sections[0].systems[0].word == "not watched yet"
    paused = [flip(2, "23T00:00", Status.PAUSED, Status.NEW), flip(1, "20T00:00", Status.UP, Status.PAUSED)]
    resumed = seen(a_job("x", Status.NEW, last_success=None), *paused)
    assert resumed.days.each[-6:] == (Day.OK, Day.NONE, Day.NONE, Day.NONE, Day.NONE, Day.NONE)


def test_a_system_that_was_down_all_along_says_so() -> None:
    lasting = seen(a_job("x", Status.DOWN, since=utc("2026-01-05T00:00Z")))
    assert (set(lasting.days.each), lasting.days.share) == ({Day.BAD}, 0.0)
    assert said(lasting).incidents[0].events[0].at.words == "5 Jan 01:00"
    known = seen(a_job("x"), flip(7, "24T02:00", Status.DOWN, Status.UP))
    assert said(known).incidents[0].events[0].words == "Down, since before then."


def test_days_begin_at_midnight_of_the_zone_whatever_clocks_do() -> None:
    assert BEGINS[-1] == utc("2026-10-24T00:00+02:00")
    assert len(BEGINS) == 90
    after = midnights(utc("2026-10-26T12:00Z"), "Europe/Berlin")
    assert [later - earlier for earlier, later in zip(after[-3:], after[-2:], strict=False)] == [
        days(1),
        minutes(25 * 60),
    ]


@pytest.mark.parametrize(
    ("share", "words"), [(1.0, "100 %"), (0.99999, "99.99 %"), (0.98919, "98.91 %"), (0.0, "0.00 %"), (0.5, "50.00 %")]
)
def test_a_hundred_per_cent_is_never_rounded_to(share: float, words: str) -> None:
    assert percent(share) == words


def test_a_drawing_says_in_words_what_it_shows() -> None:
    each = (Day.NONE,) * 50 + (Day.OK,) * 36 + (Day.PART, Day.PART, Day.BAD, Day.OK)
    svg = drawn(Days(each, 0.9891), "<Search>")
    assert "<title>&lt;Search&gt;, last 90 days: 1 day with an outage, 2 days with a short one</title>" in svg
    paths = dict(re.findall(r'<path class="(\w+)" d="([^"]*)"/>', svg))
    assert paths["bad"] == "M885 24V0"
    assert paths["part"] == "M865 24V12M865 9V5M875 24V12M875 9V5"
    assert paths["ok"].startswith("M505 24V12M515 24V12")
    assert paths["none"].startswith("M5 24v-2M15 24v-2")
    assert "no outage</title>" in drawn(Days((Day.OK,) * 90, 1.0), "x")
    assert "not watched yet</title>" in drawn(Days((Day.NONE,) * 90, None), "x")


def test_only_so_many_outages_are_told_and_the_rest_counted() -> None:
    flips: list[Flip] = []
    for number in range(25):
        up = Flip(
            number=2 * number + 2, at=NOW - days(number) - minutes(1), old=Status.DOWN, new=Status.UP, reason=None
        )
        down = Flip(number=2 * number + 1, at=up.at - seconds(90), old=Status.UP, new=Status.DOWN, reason=Reason.MISSED)
        flips += [up, down]
    view = said(seen(a_job("x"), *flips))
    assert (len(view.incidents), view.left_out) == (20, "5 outages before that")
