"""Kinds of values: what they read from a text and from JSON, what they write, and what they refuse."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.domain.config import Config, Group, Step
from chalicelib.domain.field_errors import FieldError
from chalicelib.domain.schedule.occurrences import AnyOf, Cron, Every, OnCalendar
from chalicelib.domain.sources.probe import Probe
from chalicelib.fields.object_kinds import Probing
from chalicelib.fields.table import BY_NAME, FIELDS, SECTIONS
from tests.builders import days, hours, minutes, seconds, utc

ONCALL = Step(after=minutes(15), channels=("oncall",))
# field, text, JSON, the value that both are read as
VALID: list[tuple[str, str, Any, Any]] = [
    ("name", "Nightly backup", "Nightly backup", "Nightly backup"),
    ("slug", "nightly-backup_2", "nightly-backup_2", "nightly-backup_2"),
    ("timeout", "1d", 86_400, days(1)),
    ("timeout", "365d", 31_536_000, days(365)),
    ("grace", "60", 60, minutes(1)),
    ("grace", "1 h", 3_600, hours(1)),
    ("max_runtime", "auto", "auto", "auto"),
    ("max_runtime", "off", None, None),
    ("max_runtime", "1m", 60, minutes(1)),
    ("min_runtime", "1s", 1, seconds(1)),
    ("min_count", "1", 1, 1),
    ("min_count", "1000000000000000", 10**15, 10**15),
    ("min_count", "off", None, None),
    ("early", "0", 0, timedelta()),
    ("early", "off", 0, timedelta()),
    ("early", "30s", 30, seconds(30)),
    ("early", "1d", 86_400, days(1)),
    ("failures_before_alert", "100", 100, 100),
    ("first_ping_by", "1d", 86_400, days(1)),
    ("first_ping_by", "2026-12-01T08:00", "2026-12-01T08:00", "2026-12-01T08:00"),
    ("first_ping_by", "off", None, None),
    ("schedule", "0 2 * * *", "0 2 * * *", "0 2 * * *"),
    ("schedule", "Mon..Fri 12:00", "Mon..Fri 12:00", "Mon..Fri 12:00"),
    ("schedules", "0 2 * * *\nMon 12:00", ["0 2 * * *", "Mon 12:00"], ("0 2 * * *", "Mon 12:00")),
    ("tz", "Europe/Kiev", "Europe/Kiev", "Europe/Kyiv"),
    ("windows", "0 2 * * 0 for 2h", ["0 2 * * 0 for 2h"], ("0 2 * * 0 for 2h",)),
    ("windows", "off", [], ()),
    ("depends_on", "database, network", ["database", "network"], ("database", "network")),
    ("channels", "ops,oncall", "ops,oncall", ("ops", "oncall")),
    ("channels", "*", "*", ("*",)),
    ("channels", "", "", ()),
    ("channels", "ops, ops", "ops", ("ops",)),
    ("methods", "POST", "POST", "POST"),
    ("methods", "any", "", ""),
    ("manual_resume", "true", True, True),
    ("escalation", "15m oncall", [{"after": 900, "channels": "oncall"}], (ONCALL,)),
    ("escalation", "off", None, ()),
    ("escalation_policy", "nights", "nights", "nights"),
    ("escalation_policy", "off", None, ""),
    ("probe", "https://example.com/", {"url": "https://example.com/"}, Probe(url="https://example.com/")),
    ("probe", "off", None, None),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "said", "value"), VALID)
def test_a_value_is_read_from_text_and_from_json(name: str, text: str, said: Any, value: Any) -> None:
    kind = BY_NAME[name].kind
    assert (kind.parse(name, text), kind.read(name, said)) == (value, value)


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, _, _, value in VALID])
def test_what_a_kind_writes_it_reads_again(name: str, value: Any) -> None:
    kind = BY_NAME[name].kind
    assert kind.parse(name, kind.text(value)) == value
    assert kind.read(name, kind.json(value)) == value


# field, text, the code of the error
INVALID_TEXT = [
    ("timeout", "59", "too_small"),
    ("timeout", "366d", "too_large"),
    ("timeout", "", "not_duration"),
    ("timeout", "off", "not_duration"),
    ("timeout", "auto", "not_duration"),
    ("max_runtime", "30s", "too_small"),
    ("min_runtime", "0", "too_small"),
    ("early", "2d", "too_large"),
    ("early", "-1", "not_duration"),
    ("min_count", "0", "too_small"),
    ("min_count", "1000000000000001", "too_large"),
    ("min_count", "9" * 30, "too_large"),
    ("min_count", "1e3", "not_count"),
    ("failures_before_alert", "0", "too_small"),
    ("failures_before_alert", "101", "too_large"),
    ("failures_before_alert", "off", "not_count"),
    ("first_ping_by", "59", "too_small"),
    ("first_ping_by", "soon", "not_instant"),
    ("schedule", "61 * * * *", "not_schedule"),
    ("schedule", "15m", "is_period"),
    ("schedules", "0 2 * * *\n61 * * * *", "not_schedule"),
    ("schedules", "", "no_items"),
    ("schedules", "\n".join(["0 2 * * *"] * 11), "too_many"),
    ("tz", "Mars/Olympus", "not_zone"),
    ("windows", "tomorrow", "not_window"),
    ("windows", "\n".join(["0 2 * * 0 for 2h"] * 21), "too_many"),
    ("slug", "Upper", "not_slug"),
    ("name", "n" * 101, "too_long"),
    ("name", "a\0b", "has_nul"),
    ("name", "\ud800", "not_text"),
    ("methods", "GET", "not_choice"),
    ("manual_resume", "yes", "not_flag"),
    ("escalation", "oncall", "not_step"),
    ("escalation", "59 oncall", "too_small"),
    ("probe", "ftp://example.com/", "not_valid"),
    ("channels", "ops,,oncall", "empty_channel"),
    ("channels", "ops,*", "not_alone"),
    ("channels", "a\0b", "has_nul"),
    ("escalation", "15m ops,*", "not_alone"),
    ("escalation", "15m ops,", "empty_channel"),
    ("escalation_policy", "two words", "not_valid"),
]


@pytest.mark.parametrize(("name", "text", "code"), INVALID_TEXT)
def test_a_text_that_cannot_be_used_is_refused_with_its_code(name: str, text: str, code: str) -> None:
    with pytest.raises(FieldError) as refused:
        BY_NAME[name].kind.parse(name, text)
    assert refused.value.code == code
    assert refused.value.words()


@pytest.mark.parametrize(
    ("part", "text", "value"),
    [
        ("timeout", "1s", seconds(1)),
        ("timeout", "20", seconds(20)),
        ("timeout", "1500ms", seconds(1.5)),
        ("slow", "1ms", seconds(0.001)),
        ("slow", "off", None),
    ],
)
def test_a_latency_may_be_below_a_second(part: str, text: str, value: object) -> None:
    assert Probing.parts[part].parse(part, text) == value


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0.9", "too short"),
        ("21", "too long"),
        ("1m", "too long"),
        ("soon", "not a duration"),
        ("nan", "not a duration"),
    ],
)
def test_a_latency_that_cannot_be_is_refused_with_its_bounds(text: str, words: str) -> None:
    with pytest.raises(FieldError, match=f'^timeout "{text}" is {words}: use 1s to 20s$'):
        Probing.parts["timeout"].parse("timeout", text)


def test_an_alias_of_cron_is_for_people_only() -> None:
    kind = BY_NAME["schedule"].kind
    assert kind.parse("schedule", "@daily") == "0 0 * * *"
    with pytest.raises(FieldError):
        kind.read("schedule", "@daily")


def test_tags_that_a_person_types_are_normalized_and_those_of_json_are_kept() -> None:
    kind = BY_NAME["tags"].kind
    assert (kind.parse("tags", "  db prod  db"), kind.read("tags", "  db prod  db")) == ("db prod", "  db prod  db")


@pytest.mark.parametrize(
    ("said", "group"),
    [
        ({"tag": "web"}, Group(tag="web")),
        ({"members": ["web-1", "web-2"], "down_when": 1}, Group(members=("web-1", "web-2"), down_when=1)),  # type: ignore[arg-type]
        ({"members": ["web-1"], "down_when": "all"}, Group(members=("web-1",))),  # type: ignore[arg-type]
        (None, None),
    ],
)
def test_a_group_has_members_or_a_tag(said: Any, group: Group | None) -> None:
    kind = BY_NAME["group"].kind
    assert kind.read("group", said) == group
    assert kind.read("group", kind.json(group)) == group


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({}, "group"),
        ({"members": ["a"], "tag": "b"}, "group"),
        ({"tag": "two words"}, "group.tag"),
        ({"members": [""]}, "group.members"),
        ({"tag": "web", "down_when": 0}, "group.down_when"),
        ({"tag": "web", "size": 1}, "group"),
        ("web", "group"),
    ],
)
def test_a_group_that_cannot_be_is_refused_at_its_part(said: Any, field: str) -> None:
    with pytest.raises(FieldError) as refused:
        BY_NAME["group"].kind.read("group", said)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("field", "config"),
    [
        ("schedule", Config(schedule=Every(hours(2)))),
        ("schedule", Config(schedule=Cron("0 2 * * *", "Europe/Berlin"))),
        ("schedule", Config(schedule=OnCalendar("Mon 12:00\nTue 13:00", "UTC"))),
        ("schedule", Config(schedule=AnyOf((Cron("0 2 * * *"), OnCalendar("Mon 12:00"))))),
        ("first_ping_by", Config(first_ping_by=utc("2026-12-01T08:00Z"))),
        ("first_ping_by", Config(first_ping_by=days(1))),
        ("escalation", Config(escalation=(Step(after=minutes(15), channels=("id-1",)),))),
        ("group", Config(group=Group(tag="web", down_when=2))),
        ("probe", Config(probe=Probe(url="https://example.com/", headers=(("X-A", "b"),)))),
        ("windows", Config(windows=("0 2 * * 0 for 2h",))),
        ("grace", Config(grace=minutes(90))),
        ("min_runtime", Config(min_runtime=None)),
    ],
)
def test_what_is_stored_is_loaded_again(field: str, config: Config) -> None:
    kind, value = BY_NAME[field].kind, getattr(config, field)
    assert kind.load(_through_json(kind.dump(value))) == value


def _through_json(value: object) -> Any:
    import json

    return json.loads(json.dumps(value))


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_each_field_says_what_it_is(field: Any) -> None:
    assert field.label[0].isupper()
    assert field.help.endswith(".") or field.help.endswith('"off".')
    assert field.section in SECTIONS
    assert field.kind.schema["type"]
    assert field.kind.shown
    assert field.kind.placeholder
    field.of(Config())


def test_the_table_has_each_attribute_of_a_configuration() -> None:
    from dataclasses import fields

    paths = {field.path for field in FIELDS}
    own = {(each.name,) for each in fields(Config)} - {("filters",), ("learns_max_runtime",)}
    nested = {("filters", each.name) for each in fields(Config().filters)}
    assert paths == own | nested
