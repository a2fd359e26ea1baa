"""A form and its configuration, there and back; what is wrong with it; what it is understood to mean."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.channels import Channel
from chalicelib.domain.config import Config, Filters, Group
from chalicelib.domain.schedule.occurrences import AnyOf, Cron, Every, OnCalendar
from chalicelib.domain.sources.probe import Probe, default_grace
from chalicelib.domain.text.time_format import WallClock
from chalicelib.web.pages.check_form.form_fields import SPANS, Values, filled, taken
from chalicelib.web.pages.check_form.labels import LABELS
from chalicelib.web.pages.check_form.parse import Reading, read_form
from chalicelib.web.pages.check_form.preview import in_short, understood
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
    reading = read_form(sent(filled(config, CHANNELS)), config, CHANNELS, now=NIGHT.now)
    assert (reading.config, reading.problems) == (config, {})


@settings(deadline=None, max_examples=50)
@given(configs(), configs())
def test_a_form_that_holds_another_configuration_makes_it_so(before: Config, wanted: Config) -> None:
    """But for what a form cannot show: keywords, headers, channels that are gone, an instant's very second."""
    tags = " ".join(dict.fromkeys(wanted.tags.split()))
    wanted = replace(wanted, name=f"job {wanted.name}", tags=tags, first_ping_by=None, channels=("*",), windows=())
    values = filled(wanted, CHANNELS)
    reading = read_form(sent(values), before, CHANNELS, now=NIGHT.now)
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
        ({"name": " "}, "name", "it is empty: say what its job does"),
        ({"name": "y" * 101}, "name", "101 characters are too many: 100 are allowed"),
        ({"slug": "Ledger Export"}, "slug", '"Ledger Export" is not a slug: use a-z, 0-9, hyphens and underscores'),
        ({"slug": "Ledger Export"}, "slug", ", such as ledger-export"),
        ({"grace": "0"}, "grace", '"0h" is too short: use 1m to 365d'),
        ({"grace": "1", "grace_unit": "s"}, "grace", '"1s" is too short: use 1m to 365d'),
        ({"grace": "53w"}, "grace", '"53w" is too long: use 1m to 365d'),
        ({"grace": "2", "grace_unit": "y"}, "grace", '"y" is not a choice: use s or m or h or d'),
        ({"grace": ""}, "grace", "it is empty: say how long"),
        ({"period": "1.5"}, "period", '"1.5" is not a duration: write seconds (600), or 10m'),
        ({"min_count": "5"}, "min_count", "it needs “Count window”, too: set both, or neither"),
        ({"count_window": "5"}, "count_window", "it needs “Minimum count”, too: set both, or neither"),
        ({"min_count": "-5", "count_window": "5"}, "min_count", '"-5" is not a whole number: use 1 to 10^15'),
        ({"min_count": "5", "count_window": "x"}, "count_window", '"x" is not a duration'),
        ({"min_count": "many"}, "min_count", '"many" is not a whole number: use 1 to 10^15'),
        (
            {"min_runtime": "40m", "max_runtime": "30"},
            "min_runtime",
            "it is above “Maximum runtime”: no run could ever be right",
        ),
        ({"min_runtime": "40m", "max_runtime": "x"}, "max_runtime", '"x" is not a duration'),
        ({"failures_before_alert": "101"}, "failures_before_alert", '"101" is too large: use 1 to 100'),
        ({"misses_before_alert": ""}, "misses_before_alert", "an empty text is not a whole number: use 1 to 100"),
        ({"early": "2", "early_unit": "d"}, "early", '"2d" is too long: use 0s to 1d'),
        ({"windows": "sometimes"}, "windows", 'window "sometimes" is none: write "0 2 * * 0 for 2h"'),
        (
            {"first_ping_by": "3", "first_ping_at": "2026-03-05T08:00"},
            "first_ping_by",
            "it excludes “First ping by”: set one of them",
        ),
        ({"first_ping_at": "soon"}, "first_ping_at", '"soon" is not an instant: write 2026-12-24T20:00'),
        ({"first_ping_at": "2020-01-01T00:00"}, "first_ping_at", "has passed: use an instant in the future"),
        ({"kind": "probe"}, "url", "say which one, such as https://example.com/health"),
        (
            {"kind": "probe", "url": "ftp://example.com"},
            "url",
            '"ftp://example.com": a probe asks http:// and https://',
        ),
        ({"kind": "probe", "url": "https://me:pw@example.com"}, "url", "url holds a user name or a password"),
        (
            {"kind": "probe", "url": "https://example.com", "timeout": "30"},
            "timeout",
            '"30" is too long: use 1s to 20s',
        ),
        (
            {"kind": "probe", "url": "https://example.com", "slow": "x"},
            "slow",
            '"x" is not a duration: use 1ms to 20s',
        ),
        (
            {"kind": "probe", "url": "https://example.com", "slow": "11"},
            "slow",
            "11 s: it must be below the timeout, 10 s",
        ),
        (
            {"kind": "probe", "url": "https://example.com", "every": "0.5"},
            "every",
            '"0.5" is not a whole number: use 1 to 1,440',
        ),
        ({"schedule_kind": "times", "schedule": "61 * * * *"}, "schedule", "minute 61 is not within 0–59"),
        ({"schedule_kind": "times", "schedule": "15m"}, "schedule", '"15m" is a period, not a schedule'),
        ({"schedule_kind": "times", "schedule": ""}, "schedule", "it is empty: say when, such as"),
        ({"schedule_kind": "times", "schedule": "0 2 * * *\n0 2 30 2 *"}, "schedule", "it would never come"),
        ({"schedule_kind": "times", "schedule": "*-02-30"}, "schedule", "it never occurs after the year 2000"),
        (
            {"schedule_kind": "times", "schedule": "Sun *-03-25..31 02:30", "zone": "Europe/Berlin"},
            "schedule",
            'it never occurs: clocks in the zone "Europe/Berlin" skip all its times',
        ),
        ({"schedule_kind": "times", "schedule": "y" * 101}, "schedule", "101 characters are too many: 100 are allowed"),
        ({"schedule_kind": "times", "schedule": "0 2 * * *\n" * 11}, "schedule", "11 are too many: 10 are allowed"),
        ({"schedule_kind": "times", "schedule": "0 2 * * *", "zone": "Mars/X"}, "zone", 'zone "Mars/X" is not known'),
        ({"kind": "cron"}, "kind", '"cron" is not a choice: use job or probe or group'),
        ({"kind": ""}, "kind", "choose job or probe or group"),
        ({"schedule_kind": "sometimes"}, "schedule_kind", '"sometimes" is not a choice: use every or times'),
    ],
)
def test_what_is_wrong_is_told_at_its_field_and_what_to_do(typed: Values, field: str, told: str) -> None:
    before = Config(name="x")
    reading = read_form(filled(before, CHANNELS) | typed, before, CHANNELS, now=NIGHT.now)
    assert list(reading.problems) == [field]
    assert told in reading.problems[field].text


API_WORDS = ("null", "_", "json")


@pytest.mark.parametrize("number", ["-5", "x", "1.5", "1e3", "", "٣"])
def test_no_number_that_cannot_be_used_is_told_in_the_words_of_the_api(number: str) -> None:
    before = Config(name="x")
    numbers = {field: number for field in LABELS if field in SPANS or field.endswith(("count", "alert"))}
    of_probe = dict.fromkeys(("timeout", "slow", "every", "certificate_days"), number)
    for typed in (numbers, {"kind": "probe", "url": "https://example.com", **of_probe}):
        for problem in read_form(filled(before, ()) | typed, before, (), now=NIGHT.now).problems.values():
            assert not [word for word in API_WORDS if word in problem.text]


def test_every_field_has_a_name_for_people() -> None:
    values = filled(Config(), CHANNELS)
    own = {field for field in values if not field.endswith("_unit") and not field.startswith("channel.")}
    assert own == set(LABELS)


def test_a_number_without_a_unit_is_of_seconds_as_in_the_api() -> None:
    before = Config(name="x")
    reading = read_form(filled(before, ()) | {"grace": "90", "grace_unit": ""}, before, (), now=NIGHT.now)
    assert (reading.config.grace, reading.problems) == (seconds(90), {})


def test_a_first_ping_that_has_passed_may_stay() -> None:
    before = Config(name="x", first_ping_by=utc("2026-01-01T00:00Z"))
    reading = read_form(filled(before, ()) | {"tags": "edited"}, before, (), now=NIGHT.now)
    assert (reading.config, reading.problems) == (replace(before, tags="edited"), {})


def test_the_limit_of_a_run_may_be_learnt_and_no_more() -> None:
    before = Config(name="x", max_runtime=minutes(30))
    learns = read_form(filled(before, ()) | {"max_runtime": "auto"}, before, (), now=NIGHT.now).config
    assert (learns.learns_max_runtime, learns.max_runtime) == (True, None)
    assert read_form(sent(filled(learns, ())), learns, (), now=NIGHT.now).config == learns
    limited = read_form(filled(learns, ()) | {"max_runtime": "2h"}, learns, (), now=NIGHT.now).config
    assert (limited.learns_max_runtime, limited.max_runtime) == (False, hours(2))


def test_a_group_keeps_its_members_and_has_no_schedule_to_read() -> None:
    before = Config(name="shop", group=Group(tag="shop", down_when=2))
    blank = filled(before, ())
    shown = {"kind": "group", "name": "Shop", "failures_before_alert": "1", "misses_before_alert": "1", "early": "0"}
    reading = read_form(
        taken(shown | {"early_unit": "m", "all_channels": "on", "slug": ""}, blank), before, (), now=NIGHT.now
    )
    assert (reading.config, reading.problems) == (replace(before, name="Shop"), {})
    assert short(reading.config)[0] == "Shop is a group: its members tell how it is."


def test_what_a_choice_has_hidden_is_ignored() -> None:
    before = Config(name="x", probe=None)
    typed = {"url": "javascript:alert(1)", "every": "?", "schedule": "61 * * * *", "zone": "Mars/Olympus"}
    reading = read_form(filled(before, ()) | typed, before, (), now=NIGHT.now)
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
            "or when the job says that it failed, ops-email is notified immediately."
        ),
        "Until its first ping it is new and sends no alerts.",
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
            "ops-email and oncall-sms are notified immediately, and again every 4 h while it is down."
        ),
        "When its first success has not come within 3 h, an alert is sent, too.",
    ]


def test_a_probe_is_said_in_short_without_what_may_be_secret_in_its_url() -> None:
    probe = Probe(url="https://shop.example.com/health?token=s3cret", every=minutes(5))
    config = Config(name="Shop", probe=probe, schedule=Every(minutes(5)), grace=minutes(10), channels=())
    assert short(config, is_new=False) == [
        "Shop asks https://shop.example.com/health every 5 minutes. Good is status 200 within 10 s.",
        (
            "When an answer is not good, or when no good answer has come for 15 min, nobody "
            "is notified: it has no channel."
        ),
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
    reading = read_form(filled(before, ()) | typed, before, (), now=NIGHT.now)
    assert ["".join(phrase.text for phrase in each) for each in in_short(reading, (), NIGHT, is_new=True)] == [said]


def occurrences_of(schedule: str, tz: str, *windows: str) -> list[str]:
    before = Config(name="x", tz="UTC")
    values = filled(before, ()) | {
        "schedule_kind": "times",
        "schedule": schedule,
        "zone": tz,
        "windows": "\n".join(windows),
    }
    found = understood(read_form(values, before, (), now=NIGHT.now), NIGHT)
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


def test_occurrences_within_a_minute_are_told_to_the_second() -> None:
    assert occurrences_of("*-*-* *:12..13:40..59/10", "UTC")[1:] == [
        "Sat 24 Oct 03:12:50 | 05:12:50 Europe/Berlin | ",
        "Sat 24 Oct 03:13:40 | 05:13:40 Europe/Berlin | ",
        "Sat 24 Oct 03:13:50 | 05:13:50 Europe/Berlin | ",
        "Sat 24 Oct 04:12:40 | 06:12:40 Europe/Berlin | ",
        "Sat 24 Oct 04:12:50 | 06:12:50 Europe/Berlin | ",
    ]
    whole, half = occurrences_of("*-*-* *:*:0/30", "UTC")[1:3]
    assert whole.startswith("Sat 24 Oct 03:13:00 |")
    assert half.startswith("Sat 24 Oct 03:13:30 |")


def test_a_schedule_that_ends_says_so() -> None:
    before = Config(name="x")
    values = filled(before, ()) | {"schedule_kind": "times", "schedule": "2026-12-24 20:00"}
    found = understood(read_form(values, before, (), now=NIGHT.now), NIGHT)
    assert (len(found.coming), found.end) == (1, "No more come after that.")
    over = understood(read_form(values | {"schedule": "2020-12-24 20:00"}, before, (), now=NIGHT.now), NIGHT)
    assert (over.coming, over.end) == ((), "It never comes again.")
    partly = understood(read_form(values | {"schedule": "2020-12-24 20:00\n12:00"}, before, (), now=NIGHT.now), NIGHT)
    assert (len(partly.coming), partly.end) == (5, "The line “2020-12-24 20:00” never occurs again.")


def test_what_is_wrong_with_a_field_itself_is_told_before_what_it_contradicts() -> None:
    before = Config(name="x", windows=("0 0 * * * for 23h",))
    typed = {"schedule_kind": "times", "schedule": "0 2 * * *", "windows": "sometimes"}
    problems = read_form(filled(before, ()) | typed, before, (), now=NIGHT.now).problems
    assert 'window "sometimes" is none' in problems["windows"].text


def test_what_could_be_understood_is_told_beside_what_is_wrong() -> None:
    before = Config(name="x", windows=("0 0 * * * for 23h",))
    typed = {"schedule_kind": "times", "schedule": "0 2 * * *", "grace": "?"}
    reading = read_form(filled(before, ()) | typed, before, (), now=NIGHT.now)
    assert list(reading.problems) == ["grace", "windows"]
    assert understood(reading, NIGHT).words == "Every day at 02:00, UTC"


@pytest.mark.parametrize(
    ("typed", "field", "text"),
    [
        pytest.param(
            {"schedule": "* * * * *", "windows": "*/2 * 1-30 12 * for 60s\r\n1-59/2 * 1-30 12 * for 60s"},
            "windows",
            "use fewer, longer windows",
            id="windows",
        ),
        pytest.param(
            {"schedule": "\r\n".join(["*:0"] * 10), "misses_before_alert": "100"},
            "misses_before_alert",
            "lower it, or use fewer schedules",
            id="misses",
        ),
    ],
)
def test_settings_that_cost_too_much_to_evaluate_are_reported_at_their_field(
    typed: dict[str, str], field: str, text: str
) -> None:
    before = Config(name="x")
    values = filled(before, ()) | {"schedule_kind": "times"} | typed
    problems = read_form(values, before, (), now=NIGHT.now).problems
    assert list(problems) == [field]
    assert text in problems[field].text
