"""What a file may say, and all that can be wrong with it, at once and by line."""

from textwrap import dedent
from typing import Any

import pytest

from chalicelib.domain.config import Group
from chalicelib.domain.ids import Code
from overdue.checks_file.file import InvalidFile, decoded, read
from overdue.checks_file.wire import Labels, body_of
from tests.builders import days, hours, minutes, seconds, utc


def settings(source: str) -> dict[str, Any]:
    [wanted] = read(dedent(source), name="checks.yaml")
    return dict(wanted.settings)


def errors(source: str) -> list[str]:
    with pytest.raises(InvalidFile) as caught:
        read(dedent(source), name="checks.yaml")
    return str(caught.value).split("\n")


def test_a_check_of_which_nothing_is_said_is_like_one_that_the_command_line_makes() -> None:
    found = settings("checks: {heartbeat: }")
    assert (found["name"], found["every"], found["grace"]) == ("heartbeat", days(1), hours(1))
    assert (found["schedule"], found["channels"], found["tags"], found["tz"]) == (None, ("*",), "", "UTC")


def test_every_field_is_read() -> None:
    found = settings("""
        version: 1
        checks:
          nightly-backup:
            name: Nightly backup
            schedule: "@daily"
            tz: Europe/Kiev
            grace: 600
            max_runtime: 2h
            min_runtime: 1s
            min_count: 500
            count_window: 1h
            remind_every: 1w
            escalation: nights
            failures_before_alert: 3
            misses_before_alert: 2
            first_ping_by: off
            early: 5m
            windows: [0 2 * * 0 for 2h, 2026-12-24T20:00 to 2026-12-25T08:00]
            group: {members: [web-2, web-1], down_when: 1}
            depends_on: [network, db]
            tags: [prod, "2024", prod]
            channels: [ops, "on call, nights"]
            desc: |
              Two
              lines.
            methods: POST
            manual_resume: true
            start_kw: begin
            success_kw: done
            failure_kw: "no, never"
            filter_subject: true
            filter_body: true
            filter_http_body: true
            filter_default_fail: true
        """)
    assert found == {
        "name": "Nightly backup",
        "every": None,
        "schedule": ("0 0 * * *",),
        "tz": "Europe/Kyiv",
        "grace": minutes(10),
        "max_runtime": hours(2),
        "min_runtime": seconds(1),
        "min_count": 500,
        "count_window": hours(1),
        "probe": None,
        "remind_every": days(7),
        "escalation": "nights",
        "failures_before_alert": 3,
        "misses_before_alert": 2,
        "first_ping_by": None,
        "early": minutes(5),
        "windows": ("0 2 * * 0 for 2h", "2026-12-24T20:00 to 2026-12-25T08:00"),
        "group": Group(members=(Code("web-1"), Code("web-2")), down_when=1),
        "depends_on": ("db", "network"),
        "tags": "prod 2024",
        "channels": ("ops", "on call, nights"),
        "desc": "Two\nlines.\n",
        "methods": "POST",
        "manual_resume": True,
        "start_kw": "begin",
        "success_kw": "done",
        "failure_kw": "no, never",
        "filter_subject": True,
        "filter_body": True,
        "filter_http_body": True,
        "filter_default_fail": True,
    }


def test_defaults_hold_where_a_check_says_nothing_else() -> None:
    source = """
        defaults: {schedule: "0 2 * * *", tz: Asia/Tokyo, max_runtime: 1h, tags: [prod]}
        checks:
          a: {every: 1h, max_runtime: off, tags: []}
          b:
        """
    a, b = (each.settings for each in read(dedent(source), name="checks.yaml"))
    assert (a["every"], a["schedule"], a["max_runtime"], a["tags"], a["tz"]) == (hours(1), None, None, "", "Asia/Tokyo")
    assert (b["every"], b["schedule"], b["max_runtime"], b["tags"]) == (None, ("0 2 * * *",), hours(1), "prod")


@pytest.mark.parametrize(
    ("written", "channels"),
    [
        ('"*"', ("*",)),
        ('["*"]', ("*",)),
        ("[]", ()),
        ('""', ()),
        ('"ops, night"', ("ops", "night")),
        ("[ops]", ("ops",)),
    ],
)
def test_channels_are_a_list_or_what_the_command_line_takes(written: str, channels: object) -> None:
    assert settings(f"checks: {{a: {{channels: {written}}}}}")["channels"] == channels


def test_an_instant_without_an_offset_is_in_the_zone_of_the_check() -> None:
    found = settings("checks: {a: {first_ping_by: 2026-12-01T08:00, tz: Europe/Berlin}}")
    assert found["first_ping_by"] == utc("2026-12-01T07:00Z")
    [error] = errors("checks:\n  a:\n    tz: Asia/Tokyo\n    first_ping_by: 0001-01-01T00:00\n")
    assert error.startswith('checks.yaml:4: a: first_ping_by "0001-01-01T00:00" is not an instant')


def test_all_errors_are_told_at_once_each_with_its_line() -> None:
    assert errors("""\
        version: 2
        defautls: {}
        defaults: {desc: x, grce: 5m}
        checks:
          Nightly Backup: {every: 1h}
          a:
            every: 10:30
            tz: no
            timeout: 1h
          a: {every: 1h}
          b:
            tags: [prod, 2024, two words]
            desc: 1.0
            min_count: 0777
            manual_resume: yes
            name:
          2024: {}
          c: [x]
        """) == [
        "checks.yaml:1: version is 1: another is not known to this overdue",
        'checks.yaml:2: "defautls" is not known here: did you mean defaults?',
        "checks.yaml:3: defaults: desc belongs to each check alone",
        'checks.yaml:3: defaults: there is no field "grce": did you mean grace?',
        'checks.yaml:5: slug "Nightly Backup" may have a-z, 0-9, - and _: write nightly-backup',
        'checks.yaml:7: a: every "10:30" is not a duration: write seconds (600), or 10m, 1h, 1d, 1w',
        'checks.yaml:8: a: tz: YAML takes no for true or false. Put it into quotes: "no"',
        'checks.yaml:9: a: there is no field "timeout": did you mean every?',
        'checks.yaml:10: "a" stands here and at line 6: keep one of them',
        'checks.yaml:12: b: tags "two words" is not one word: a tag has no spaces',
        'checks.yaml:12: b: tags: YAML takes 2024 for a number. Put it into quotes: "2024"',
        'checks.yaml:13: b: desc: YAML takes 1.0 for a number. Put it into quotes: "1.0"',
        "checks.yaml:14: b: min_count 0777: some YAML takes a number with a leading 0 for octal. Write it without",
        'checks.yaml:15: b: manual_resume "yes" is neither true nor false: use true or false',
        "checks.yaml:16: b: name has no value: write one, or leave the line out",
        'checks.yaml:17: slug: YAML takes 2024 for a number. Put it into quotes: "2024"',
        "checks.yaml:18: c: takes fields, such as every: 1h",
    ]


def test_what_contradicts_itself_is_told_beside_what_cannot_be_read() -> None:
    found = errors("""\
        defaults: {max_runtime: 1h}
        checks:
          a:
            grace: 1 hour
            min_count: 5
            min_runtime: 2h
            schedule:
              - 61 * * * *
              - "@daily"
              - nonsense
            windows:
              - never
              - 0 2 * * 0 for 2h
              - 0 2 * * 0 for 99x
        """)
    assert [line[:76] for line in found] == [
        'checks.yaml:4: a: grace "1 hour" is not a duration: write seconds (600), or ',
        "checks.yaml:5: a: min_count: it needs count_window, too: set both, or neithe",
        "checks.yaml:6: a: min_runtime: it is above max_runtime: no run could ever be",
        'checks.yaml:8: a: schedule "61 * * * *": minute 61 is not within 0–59',
        'checks.yaml:10: a: schedule "nonsense": weekday "nonsense" is not valid in O',
        'checks.yaml:12: a: window "never" is none: write "0 2 * * 0 for 2h" or "2026',
        'checks.yaml:14: a: a window\'s length "99x" is not a duration: write seconds ',
    ]


def test_a_schedule_whose_times_its_zone_skips_is_reported_with_its_line() -> None:
    [error] = errors("checks:\n  a:\n    tz: Europe/Berlin\n    schedule: Sun *-03-25..31 02:*:*\n")
    assert error == 'checks.yaml:4: a: schedule: it never occurs: clocks in the zone "Europe/Berlin" skip all its times'


def test_a_field_that_cannot_be_read_contradicts_no_other() -> None:
    [error] = errors("checks:\n  a:\n    min_count: many\n    count_window: 1h\n")
    assert error.startswith('checks.yaml:3: a: min_count "many"')


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("schedule: 61 * * * *", "minute 61 is not within 0–59"),
        ("schedule: 0 0 30 2 *", "it would never come"),
        ("schedule: '*-02-30'", "it never occurs after the year 2000"),
        ("schedule: ['*-02-30', 1999-01-01]", "none of these 2 schedules ever occurs after the year 2000"),
        ("schedule: 1d", "is a period, not a schedule: use every"),
        ("schedule: ''", "it is empty"),
        ("every: 30s", "is too short: use 1m to 365d"),
        ("every: [1h]", "takes one value"),
        ("max_runtime: 366d", "is too long: use 1m to 365d"),
        ("min_count: 0", "is too small: use 1 to 10^15"),
        ("methods: GET", "is not a choice: use any or POST"),
        ("tags: {a: b}", "takes a list of names"),
        ("tags: [[a]]", "takes a list of names"),
        ("tags: [a b]", "a tag has no spaces"),
        ('channels: ["*", ops]', "write it alone, or leave it out"),
        ('channels: ["", ops]', "the name of a channel is empty"),
        ("{min_count: 5}", "it needs count_window, too"),
        ("{min_runtime: 2h, max_runtime: 1h}", "no run could ever be right"),
        ('{name: "a\\0b"}', "NUL"),
        (f"name: {'x' * 101}", "101 characters are too many: 100 are allowed"),
        (f"tags: {'x' * 501}", "501 characters are too many: 500 are allowed"),
    ],
)
def test_a_value_that_cannot_be_is_refused_in_the_words_of_the_product(field: str, words: str) -> None:
    [error] = errors(f"checks:\n  a:\n    {field}\n")
    assert error.startswith("checks.yaml:3: a: ")
    assert words in error


def test_a_schedule_and_a_period_exclude_each_other_and_both_lines_are_named() -> None:
    [error] = errors('checks:\n  a:\n    every: 1h\n    schedule: "0 2 * * *"\n')
    assert error == "checks.yaml:4: a: every and schedule exclude each other (the other is at line 3)"


@pytest.mark.parametrize("source", ["", "# nothing\n", "- a\n", "checks\n", "version: 1\n"])
def test_a_file_without_checks_is_no_file_of_checks(source: str) -> None:
    assert "has no checks" in errors(source)[0]


@pytest.mark.parametrize(("source", "hint"), [("checks:\n", "{} for none"), ("checks: [a]\n", "a mapping")])
def test_no_checks_at_all_must_be_said(source: str, hint: str) -> None:
    assert hint in errors(source)[0]
    assert read("checks: {}", name="checks.yaml") == ()


def test_a_file_of_500_checks_with_one_bad_schedule_tells_that_one() -> None:
    lines = [f"  job-{number}: {{schedule: '0 2 * * *'}}" for number in range(500)]
    lines[321] = "  job-321: {schedule: '0 25 * * *'}"
    [error] = errors("checks:\n" + "\n".join(lines))
    assert error.startswith("checks.yaml:323: job-321: ")


def test_bytes_that_are_no_utf_8_are_told_by_their_line() -> None:
    with pytest.raises(InvalidFile, match=r"^checks.yaml:3: is not UTF-8"):
        decoded(b"checks:\n  a:\n    desc: \xff\n", name="checks.yaml")
    assert decoded(b"\xef\xbb\xbfchecks: {}", name="checks.yaml") == "checks: {}"
    with pytest.raises(InvalidFile, match="are allowed"):
        decoded(b" " * 4_000_001, name="checks.yaml")


def test_several_schedules_are_a_list_and_go_to_the_api_as_one() -> None:
    found = settings('checks: {a: {schedule: ["0 9 * * 1-5", "@daily"]}}')
    assert found["schedule"] == ("0 9 * * 1-5", "0 0 * * *")
    assert body_of(found, ["schedule"], Labels({})) == {"schedules": ["0 9 * * 1-5", "0 0 * * *"]}


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ("windows: [nightly]", 'window "nightly" is none'),
        ("failures_before_alert: 101", 'failures_before_alert "101" is too large: use 1 to 100'),
        ("misses_before_alert: 0", 'misses_before_alert "0" is too small: use 1 to 100'),
        ("schedule: [every 1h]", 'schedule "1h" is a period, not a schedule: use every'),
    ],
)
def test_what_a_rule_does_not_take_is_refused_here(said: str, error: str) -> None:
    [found] = errors(f"checks: {{a: {{{said}}}}}")
    assert error in found


def test_a_check_that_costs_too_much_to_evaluate_is_refused_at_the_line_of_its_windows() -> None:
    [error] = errors("""
        checks:
          each-minute:
            schedule: "* * * * *"
            windows:
              - "*/2 * 1-30 12 * for 60s"
              - "1-59/2 * 1-30 12 * for 60s"
    """)
    assert "checks.yaml:5: each-minute: windows: there are too many windows" in error
