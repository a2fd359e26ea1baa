"""A form and its configuration, there and back; what is wrong with it; what it is understood to mean."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.check import Config, Filters
from chalicelib.domain.group import Group
from chalicelib.domain.probe import Probe, default_grace
from chalicelib.domain.schedule import AnyOf, Cron, Every, OnCalendar
from chalicelib.domain.wallclock import WallClock
from chalicelib.store.registry import Channel
from chalicelib.web.pages.form import Values, filled, taken
from chalicelib.web.pages.form_reading import Reading, read_form
from chalicelib.web.pages.understood import in_short, understood
from tests.builders import days, hours, minutes, seconds, utc

CHANNELS = (
    Channel(id="c-1", name="ops-email", kind="email", target="ops@example.com", subscription=""),
    Channel(id="c-2", name="oncall-sms", kind="sms", target="+15550142", subscription=""),
)
NIGHT = WallClock(tz="Europe/Berlin", now=utc("2026-10-24T03:12:40Z"))

spans = st.integers(60, 365 * 86_400).map(seconds)
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
zones = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York"])
expressions: st.SearchStrategy[Cron | OnCalendar] = st.sampled_from(
    [Cron("30 2 * * *"), OnCalendar("Mon..Fri 12:00"), OnCalendar("12:00\n13:00")]
)
lines = st.lists(expressions, min_size=1, max_size=3)


@st.composite
def schedules(draw: st.DrawFn, tz: str) -> Any:
    if draw(st.booleans()):
        return Every(draw(spans))
    found = [replace(line, tz=tz) for line in draw(lines)]
    return AnyOf(tuple(found)) if len(found) > 1 else found[0]


@st.composite
def probes(draw: st.DrawFn) -> Probe:
    return Probe(
        url=draw(st.sampled_from(["https://example.com/", "http://example.com:8080/a?b=c#d"])),
        method=draw(st.sampled_from(["GET", "POST"])),
        headers=draw(st.sampled_from([(), (("Authorization", "Bearer s3cret"),)])),
        expect_status=draw(st.sampled_from(["200", "2xx,301"])),
        expect_text=draw(texts),
        timeout=seconds(draw(st.sampled_from([1, 2.5, 20]))),
        every=minutes(draw(st.integers(1, 1440))),
        follow_redirects=draw(st.booleans()),
        certificate_days=draw(st.integers(0, 365)),
        slow=draw(st.sampled_from([None, seconds(0.5)])),
    )


@st.composite
def configs(draw: st.DrawFn) -> Config:
    tz = draw(zones)
    probe = draw(st.none() | probes())
    items = draw(st.none() | st.integers(1, 10**15))
    return Config(
        name=draw(texts) or "x",
        slug=draw(st.from_regex("[a-z0-9_-]{0,20}", fullmatch=True)),
        tags=draw(texts),
        desc=draw(texts),
        schedule=draw(schedules(tz)) if probe is None else Every(probe.every),
        tz=tz,
        grace=draw(spans) if probe is None else draw(st.sampled_from([default_grace(probe.every), hours(3)])),
        max_runtime=draw(st.none() | spans),
        min_runtime=draw(st.none() | st.integers(1, 59).map(seconds)),
        min_count=items,
        count_window=None if items is None else draw(spans),
        remind_every=draw(st.none() | spans),
        failures_before_alert=draw(st.integers(1, 100)),
        misses_before_alert=draw(st.integers(1, 100)),
        first_ping_by=draw(st.none() | spans | st.just(utc("2026-10-25T00:30:07Z"))),
        early=draw(st.integers(0, 86_400).map(seconds)),
        windows=draw(st.sampled_from([(), ("0 3 1 1 * for 2h", "2026-12-24T20:00 to 2026-12-25T08:00")])),
        channels=draw(st.sampled_from([(), ("*",), ("c-1",), ("c-1", "c-2"), ("c-2", "gone")])),
        manual_resume=draw(st.booleans()),
        filters=Filters(methods=draw(st.sampled_from(["", "POST"])), http_body=True, start_kw="begin"),
        probe=probe,
    )


def sent(values: Values) -> Values:
    """What a browser sends: no box that is not ticked, line ends of its own."""
    form = {name: value.replace("\n", "\r\n") for name, value in values.items() if value != ""}
    return taken(form, values)


@settings(deadline=None)
@given(configs())
def test_a_form_that_nobody_edits_changes_nothing(config: Config) -> None:
    reading = read_form(sent(filled(config, CHANNELS)), config, CHANNELS)
    assert (reading.config, reading.problems) == (config, {})


@settings(deadline=None, max_examples=50)
@given(configs(), configs())
def test_a_form_that_holds_another_configuration_makes_it_so(before: Config, wanted: Config) -> None:
    """But for what a form cannot show: keywords, headers, channels that are gone, an instant's very second."""
    wanted = replace(wanted, name=f"job {wanted.name}", first_ping_by=None, channels=("*",), windows=())
    values = filled(wanted, CHANNELS)
    reading = read_form(sent(values), before, CHANNELS)
    assert reading.problems == {}
    found = filled(reading.config, CHANNELS)
    hidden = {"zone"} if isinstance(wanted.schedule, Every) else set[str]()
    if wanted.probe is not None:
        hidden |= {"grace", "grace_unit"}
    assert {name for name in values if found[name] != values[name]} <= hidden


@pytest.mark.parametrize(
    ("span", "number", "unit"),
    [
        (days(2), "2", "d"),
        (hours(24), "1", "d"),
        (hours(36), "36", "h"),
        (minutes(90), "90", "m"),
        (seconds(61), "61", "s"),
    ],
)
def test_a_span_is_shown_in_the_largest_unit_that_goes_into_it(span: timedelta, number: str, unit: str) -> None:
    values = filled(Config(grace=span), ())
    assert (values["grace"], values["grace_unit"]) == (number, unit)


@pytest.mark.parametrize(
    ("typed", "field", "told"),
    [
        ({"name": " "}, "name", "give it a name: say what its job does"),
        ({"name": "y" * 101}, "name", "101 characters are too many: 100 are allowed"),
        ({"slug": "Ledger Export"}, "slug", 'slug "Ledger Export" cannot be one: use a-z, 0-9, hyphens'),
        ({"grace": "0"}, "grace", 'grace "0h" is out of bounds: it must be within 60 s and 365 days'),
        ({"grace": ""}, "grace", "say how long"),
        ({"period": "1.5"}, "period", 'period "1.5d" is no duration: write seconds (600), or 10m, 1h, 1d, 1w'),
        ({"min_count": "5"}, "min_count", "min_count and count_window go together: so many items in each window"),
        ({"min_count": "many"}, "min_count", 'min_count "many" must be a whole number from 1 to 10^15'),
        ({"min_runtime": "40m", "max_runtime": "30"}, "min_runtime", "min_runtime is above max_runtime: no run could"),
        ({"failures_before_alert": "101"}, "failures_before_alert", "must be a whole number from 1 to 100"),
        ({"misses_before_alert": ""}, "misses_before_alert", 'misses_before_alert "" must be a whole number'),
        ({"early": "2", "early_unit": "d"}, "early", "early is too long: 24 h at most"),
        ({"windows": "sometimes"}, "windows", 'window "sometimes" is none: write "0 2 * * 0 for 2h"'),
        ({"first_ping_by": "3", "first_ping_at": "2026-03-05T08:00"}, "first_ping_by", "give one of them"),
        ({"first_ping_at": "soon"}, "first_ping_by", 'first_ping_by "soon" is no instant: write 2026-12-24T20:00'),
        ({"kind": "probe"}, "url", 'url "": a probe asks http:// and https:// only'),
        ({"kind": "probe", "url": "https://me:pw@example.com"}, "url", "url holds a user name or a password"),
        ({"kind": "probe", "url": "https://example.com", "timeout": "30"}, "timeout", "a probe may take 1 to 20 s"),
        ({"kind": "probe", "url": "https://example.com", "slow": "x"}, "slow", 'slow "x" is no number of seconds'),
        (
            {"kind": "probe", "url": "https://example.com", "every": "0.5"},
            "every",
            'every "0.5" must be a whole number',
        ),
        ({"schedule_kind": "times", "schedule": "61 * * * *"}, "schedule", "minute 61 is not within 0–59"),
        ({"schedule_kind": "times", "schedule": "@daily"}, "schedule", "write 0 0 * * *"),
        ({"schedule_kind": "times", "schedule": ""}, "schedule", "say when: five words as in a crontab"),
        ({"schedule_kind": "times", "schedule": "0 2 * * *\n0 2 30 2 *"}, "schedule", "it would never come"),
        ({"schedule_kind": "times", "schedule": "y" * 101}, "schedule", "a line is too long: 100 characters at most"),
        ({"schedule_kind": "times", "schedule": "0 2 * * *\n" * 11}, "schedule", "11 lines are too many: 10 at most"),
        ({"schedule_kind": "times", "schedule": "0 2 * * *", "zone": "Mars/X"}, "zone", 'zone "Mars/X" is not known'),
    ],
)
def test_what_is_wrong_is_told_at_its_field_and_what_to_do(typed: Values, field: str, told: str) -> None:
    before = Config(name="x")
    reading = read_form(filled(before, CHANNELS) | typed, before, CHANNELS)
    assert list(reading.problems) == [field]
    assert told in reading.problems[field].text


def test_the_limit_of_a_run_may_be_learnt_and_no_more() -> None:
    before = Config(name="x", max_runtime=minutes(30))
    learns = read_form(filled(before, ()) | {"max_runtime": "auto"}, before, ()).config
    assert (learns.learns_max_runtime, learns.max_runtime) == (True, None)
    assert read_form(sent(filled(learns, ())), learns, ()).config == learns
    limited = read_form(filled(learns, ()) | {"max_runtime": "2h"}, learns, ()).config
    assert (limited.learns_max_runtime, limited.max_runtime) == (False, hours(2))


def test_a_group_keeps_its_members_and_has_no_schedule_to_read() -> None:
    before = Config(name="shop", group=Group(tag="shop", down_when=2))
    blank = filled(before, ())
    shown = {"kind": "group", "name": "Shop", "failures_before_alert": "1", "misses_before_alert": "1", "early": "0"}
    reading = read_form(taken(shown | {"early_unit": "m", "all_channels": "on", "slug": ""}, blank), before, ())
    assert (reading.config, reading.problems) == (replace(before, name="Shop"), {})
    assert short(reading.config)[0] == "Shop is a group: its members tell how it is."


def test_what_a_choice_has_hidden_is_ignored() -> None:
    before = Config(name="x", probe=None)
    typed = {"url": "javascript:alert(1)", "every": "?", "schedule": "61 * * * *", "zone": "Mars/Olympus"}
    reading = read_form(filled(before, ()) | typed, before, ())
    assert (reading.config, reading.problems) == (before, {})


def short(config: Config, *, is_new: bool = True) -> list[str]:
    return [
        "".join(phrase.text for phrase in each)
        for each in in_short(Reading(config, {}), CHANNELS, NIGHT, is_new=is_new)
    ]


def test_a_form_is_said_in_short() -> None:
    config = Config(
        name="Nightly ledger export", schedule=Cron("30 2 * * *", "Europe/Berlin"), tz="Europe/Berlin",
        grace=minutes(45), min_runtime=seconds(40), max_runtime=minutes(30), channels=("c-1",),
    )  # fmt: skip
    assert short(config) == [
        "Nightly ledger export is due every day at 02:30, Europe/Berlin.",
        (
            "When no success has come 45 min later, when a run takes less than 40 s or more than 30 min, "
            "or when the job says that it failed, ops-email is told at once."
        ),
        "Until its first ping it is new and nobody is told anything.",
    ]


def test_each_rule_is_said_in_short() -> None:
    config = Config(
        name="queue", schedule=Every(minutes(5)), grace=minutes(5), min_count=500, count_window=minutes(30),
        failures_before_alert=3, misses_before_alert=2, remind_every=hours(4), first_ping_by=hours(3),
    )  # fmt: skip
    assert short(config) == [
        "queue is due every 5 minutes, counted from its last success.",
        (
            "When no success has come 5 min later for the 2nd time in a row, when fewer than 500 items come in 30 min, "
            "or when the job says that it failed for the 3rd time in a row, "
            "ops-email and oncall-sms are told at once, and again every 4 h while it is down."
        ),
        "When its first success has not come within 3 h, that is told, too.",
    ]


def test_a_probe_is_said_in_short_without_what_may_be_secret_in_its_url() -> None:
    probe = Probe(url="https://shop.example.com/health?token=s3cret", every=minutes(5))
    config = Config(name="Shop", probe=probe, schedule=Every(minutes(5)), grace=minutes(10), channels=())
    assert short(config, is_new=False) == [
        "Shop asks https://shop.example.com/health every 5 minutes. Good is status 200 within 10 s.",
        "When an answer is not good, or when no good answer has come for 15 min, nobody is told: it has no channel.",
    ]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"kind": "probe"}, "x has no URL yet that can be asked."),
        ({"schedule_kind": "times", "schedule": "61 * * * *"}, "x is due at times that are not understood yet."),
    ],
)
def test_nothing_is_promised_of_what_was_not_understood(typed: Values, said: str) -> None:
    before = Config(name="x")
    reading = read_form(filled(before, ()) | typed, before, ())
    assert ["".join(phrase.text for phrase in each) for each in in_short(reading, (), NIGHT, is_new=True)] == [said]


def occurrences_of(schedule: str, tz: str, *windows: str) -> list[str]:
    before = Config(name="x", tz="UTC")
    values = filled(before, ()) | {
        "schedule_kind": "times",
        "schedule": schedule,
        "zone": tz,
        "windows": "\n".join(windows),
    }
    found = understood(read_form(values, before, ()), NIGHT)
    assert found.problem is None
    return [
        found.words,
        *(f"{each.day} {each.time} | {each.elsewhere} | {' '.join(each.odd)}" for each in found.coming),
    ]


def test_occurrences_are_told_on_two_clocks_with_what_is_odd() -> None:
    assert occurrences_of("30 2 * * *", "Europe/Berlin", "0 2 * * 2 for 2h")[:4] == [
        "Every day at 02:30, Europe/Berlin",
        "Sun 25 Oct 02:30 | 00:30 UTC | Clocks go back at 03:00, so 02:30 comes twice. Expected once, at the first.",
        "Mon 26 Oct 02:30 | 01:30 UTC | 25 h after the one before, not 24.",
        "Tue 27 Oct 02:30 | 01:30 UTC | Within maintenance, until 04:00: not expected.",
    ]


def test_in_utc_the_other_clock_is_the_readers() -> None:
    assert occurrences_of("30 23 31 12 *", "UTC")[1] == "Thu 31 Dec 23:30 | Fri 00:30 Europe/Berlin | "


def test_a_schedule_that_ends_says_so() -> None:
    before = Config(name="x")
    values = filled(before, ()) | {"schedule_kind": "times", "schedule": "2026-12-24 20:00"}
    found = understood(read_form(values, before, ()), NIGHT)
    assert (len(found.coming), found.end) == (1, "No more come after that.")
    over = understood(read_form(values | {"schedule": "2020-12-24 20:00"}, before, ()), NIGHT)
    assert (over.coming, over.end) == ((), "It never comes again.")


def test_what_could_be_understood_is_told_beside_what_is_wrong() -> None:
    before = Config(name="x", windows=("0 0 * * * for 23h",))
    typed = {"schedule_kind": "times", "schedule": "0 2 * * *", "grace": "?"}
    reading = read_form(filled(before, ()) | typed, before, ())
    assert list(reading.problems) == ["grace", "windows"]
    assert understood(reading, NIGHT).words == "Every day at 02:00, UTC"
