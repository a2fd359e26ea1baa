"""The bounds of a POST's fields, the wire's word for each that is broken, and which of several is told."""

import re

import pytest

from chalicelib.domain.field_errors import FieldError
from chalicelib.web.api.call import Json
from chalicelib.web.api.schema.fields import read
from chalicelib.web.api.schema.wire_errors import refused
from tests.builders import seconds as span

ORDER = re.findall(
    r"\w+",
    "channels desc failure_kw filter_subject filter_body filter_http_body filter_default_fail grace manual_resume "
    "methods name schedule slug start_kw subject subject_fail success_kw tags timeout tz unique",
)


def problem(body: Json, *, has_extras: bool = False) -> str:
    with pytest.raises(FieldError) as error:
        read(body, has_extras=has_extras)
    return str(refused(error.value)).removeprefix("json validation error: ")


@pytest.mark.parametrize("first", range(len(ORDER)))
def test_of_several_errors_the_first_in_the_wires_order_is_told(first: int) -> None:
    bad: Json = {name: {} for name in reversed(ORDER[first:])}
    assert problem(bad).split()[0] == ORDER[first]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"name": "n" * 101}, "name is too long"),
        ({"slug": "s" * 101}, "slug is too long"),
        ({"slug": "S" * 101}, "slug is too long"),
        ({"slug": "Upper"}, "slug does not match pattern"),
        ({"slug": "line\n"}, "slug does not match pattern"),
        ({"slug": "٣"}, "slug does not match pattern"),
        ({"tags": "t" * 501}, "tags is too long"),
        ({"desc": "d" * 20_001}, "desc is too long"),
        ({"start_kw": "k" * 201}, "start_kw is too long"),
        ({"subject": "k" * 201}, "subject is too long"),
        ({"schedule": "*" * 101}, "schedule is too long"),
        ({"schedule": "@daily"}, "schedule is not a valid cron or OnCalendar expression"),
        ({"schedule": ""}, "schedule is not a valid cron or OnCalendar expression"),
        ({"tz": "utc"}, "tz is not a valid timezone"),
        ({"tz": "../etc/passwd"}, "tz is not a valid timezone"),
        ({"name": None}, "name is not a string"),
        ({"name": "\ud800"}, "name is not a string"),
        ({"name": "a\0b"}, "name contains a NUL character"),
        ({"channels": "a\0b"}, "channels contains a NUL character"),
        ({"channels": 1}, "channels is not a string"),
        ({"schedule": "* * * * \ud800"}, "schedule is not a valid cron or OnCalendar expression"),
        ({"tz": "\ud800"}, "tz is not a valid timezone"),
        ({"tz": "UTC\0"}, "tz is not a valid timezone"),
        ({"timeout": 59}, "timeout is too small"),
        ({"timeout": True}, "timeout is too small"),
        ({"timeout": 31_536_001}, "timeout is too large"),
        ({"timeout": 10**20}, "timeout is too large"),
        ({"timeout": "60"}, "timeout is not a number"),
        ({"timeout": 60.0}, "timeout is not a number"),
        ({"timeout": False}, "timeout is too small"),
        ({"timeout": -(10**20)}, "timeout is too small"),
        ({"timeout": float("nan")}, "timeout is not a number"),
        ({"timeout": None}, "timeout is not a number"),
        ({"timeout": []}, "timeout is not a number"),
        ({"manual_resume": 1}, "manual_resume is not a boolean"),
        ({"manual_resume": "true"}, "manual_resume is not a boolean"),
        ({"methods": "GET"}, "methods has unexpected value"),
        ({"methods": ["POST"]}, "methods has unexpected value"),
        ({"unique": "name"}, "unique is not an array"),
        ({"unique": None}, "unique is not an array"),
        ({"unique": ["x"]}, "an item in 'unique' has unexpected value"),
        ({"unique": ["name", 1]}, "an item in 'unique' has unexpected value"),
    ],
)
def test_what_is_wrong_with_a_value_is_said_in_the_wires_words(body: Json, words: str) -> None:
    assert problem(body) == words


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"max_runtime": 59}, "max_runtime is too small"),
        ({"min_runtime": 0}, "min_runtime is too small"),
        ({"min_runtime": True}, "min_runtime is not a number"),
        ({"min_runtime": 31_536_001}, "min_runtime is too large"),
        ({"min_count": 0}, "min_count is too small"),
        ({"min_count": 10**15 + 1}, "min_count is too large"),
        ({"count_window": 59}, "count_window is too small"),
        ({"remind_every": "1h"}, "remind_every is not a number"),
        ({"remind_every": 1, "unique": 1}, "unique is not an array"),
    ],
)
def test_extras_have_bounds_and_come_last(body: Json, words: str) -> None:
    assert problem(body, has_extras=True) == words


def test_null_takes_a_limit_away() -> None:
    assert read({"max_runtime": None}, has_extras=True) == {"max_runtime": None}


def test_a_zone_is_read_under_its_present_name() -> None:
    assert read({"tz": "Asia/Calcutta"}, has_extras=False) == {"tz": "Asia/Kolkata"}


@pytest.mark.parametrize("field", ["schedule", "tz"])
def test_what_is_wrong_with_an_expression_is_told_in_detail_too(field: str) -> None:
    with pytest.raises(FieldError) as error:
        read({field: "61 * * * *"}, has_extras=False)
    assert "61" in str(refused(error.value).detail)


def test_older_versions_ignore_extras_as_they_ignore_all_that_they_do_not_know() -> None:
    said = read({"name": "x", "max_runtime": "junk", "wat": None}, has_extras=False)
    assert said == {"name": "x"}


@pytest.mark.parametrize("field", ["timeout", "grace"])
@pytest.mark.parametrize("seconds", [60, 31_536_000])
def test_the_bounds_themselves_are_allowed(field: str, seconds: int) -> None:
    assert read({field: seconds}, has_extras=False) == {field: span(seconds)}
