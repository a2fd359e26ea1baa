"""Every field at the CLI and in the YAML file: what its kind accepts they accept, what it refuses they refuse.

The samples are written out: a field of the table without a sample fails here, and so does an option or a key that the
table does not have.
"""

import json
import shlex
from collections.abc import Iterator
from typing import Any, NamedTuple

import click
import pytest

from chalicelib.domain.errors import BadInput
from chalicelib.domain.field_errors import FieldError
from chalicelib.fields.kinds import Count, Duration, Kind
from chalicelib.fields.list_kinds import Texts
from chalicelib.fields.object_kinds import Steps
from chalicelib.fields.schedule_kinds import Expression
from chalicelib.fields.table import BY_NAME, FIELDS
from overdue.checks_file.file import InvalidFile, read
from overdue.checks_file.schema import schema
from overdue.cli.checks.checks import add, edit
from overdue.cli.checks.configured import CONFIGURED, config_options, fields_of
from overdue.cli.checks.grouped import group_fields, group_options
from overdue.cli.checks.probed import probe_fields, probe_options
from overdue.client.option_names import option_name


class Samples(NamedTuple):
    """Texts of a field: `beside` is what else a check needs then, in YAML and as options."""

    valid: tuple[str, ...]
    invalid: tuple[str, ...]
    beside: dict[str, str] = {}  # noqa: RUF012  # never changed


MANY_WINDOWS = "\n".join(["0 2 * * 0 for 2h"] * 21)
SAMPLES = {
    "name": Samples(("Nightly backup", "n" * 100), ("n" * 101, "a\0b")),
    "slug": Samples(("nightly-backup_2", "s" * 100), ("Upper", "two words", "s" * 101)),
    "timeout": Samples(("60", "1m", "1 h", "365d"), ("59", "366d", "soon", "off", "auto", "")),
    "schedule": Samples(("0 2 * * *", "@daily", "Mon..Fri 12:00"), ("61 * * * *", "1d", "*-02-30")),
    "schedules": Samples(("0 2 * * *\n@daily",), ("0 2 * * *\n61 * * * *", "\n".join(["0 2 * * *"] * 11))),
    "tz": Samples(("UTC", "Europe/Kiev"), ("Mars/Olympus", "")),
    "grace": Samples(("60", "365d"), ("59", "366d", "off")),
    "max_runtime": Samples(("1m", "365d", "auto", "off"), ("30s", "366d", "learn")),
    "min_runtime": Samples(("1", "30s", "off"), ("0", "366d", "auto")),
    "min_count": Samples(("1", "1000000000000000", "off"), ("0", "1000000000000001", "1e3"), {"count_window": "1h"}),
    "count_window": Samples(("1m", "365d"), ("59", "366d", "auto"), {"min_count": "1"}),
    "remind_every": Samples(("1m", "365d", "off"), ("59", "366d", "auto")),
    "escalation": Samples(("15m oncall", "1m a\n365d b,c", "off"), ("59 oncall", "366d oncall", "15m a,*", "15m a,")),
    "escalation_policy": Samples(("nights", "p" * 40), ("two words", "p" * 41)),
    "failures_before_alert": Samples(("1", "100"), ("0", "101", "500", "off", "two")),
    "misses_before_alert": Samples(("1", "100"), ("0", "101", "off")),
    "first_ping_by": Samples(("1m", "365d", "off", "2026-12-01T08:00", "2026-12-01T08:00Z"), ("59", "366d", "soon")),
    "early": Samples(("0", "30s", "1d", "off"), ("86401", "2d", "auto")),
    "windows": Samples(("0 2 * * 0 for 2h", "off"), ("nightly", MANY_WINDOWS)),
    "depends_on": Samples(("database", "database,network", "off"), (",".join(f"check-{n}" for n in range(21)),)),
    "group": Samples(("members web-1,web-2", "tag web", "off"), ("tag two words", f"tag {'t' * 501}")),
    "probe": Samples(("https://example.com/", "off"), ("ftp://example.com/", "example.com")),
    "tags": Samples(("prod db", "t" * 500, ""), ("t" * 501, "a\0b")),
    "channels": Samples(("*", "ops, oncall", ""), ("ops,", "ops,*", "a\0b")),
    "desc": Samples(("Two\nlines", "d" * 20_000, ""), ("d" * 20_001, "a\0b")),
    "methods": Samples(("any", "POST"), ("GET", "post", "")),
    "manual_resume": Samples(("true", "false"), ("yes", "1")),
    **{f"{word}_kw": Samples(("a, b", "k" * 200, ""), ("k" * 201,)) for word in ("start", "success", "failure")},
    **{
        f"filter_{word}": Samples(("true", "false"), ("yes", ""))
        for word in ("subject", "body", "http_body", "default_fail")
    },
}
ALL = [
    pytest.param(name, text, is_valid, id=f"{name}-{text[:24]!r}-{'valid' if is_valid else 'invalid'}")
    for name, samples in SAMPLES.items()
    for is_valid, texts in ((True, samples.valid), (False, samples.invalid))
    for text in texts
]


def test_every_field_has_samples() -> None:
    assert set(SAMPLES) == set(BY_NAME)


def kind_accepts(name: str, text: str) -> bool:
    if name == "group":
        part, _, said = text.partition(" ")
        kind, text = (BY_NAME[name].kind.parts[part], said) if said else (BY_NAME["depends_on"].kind, text)  # type: ignore[attr-defined]  # a Grouping has parts
    else:
        kind = BY_NAME[name].kind
    try:
        kind.parse(name, text)
    except FieldError:
        return False
    return True


@pytest.mark.parametrize(("name", "text", "is_valid"), ALL)
def test_its_kind_accepts_it_or_not(name: str, text: str, is_valid: bool) -> None:
    assert kind_accepts(name, text) is is_valid


@click.command()
@config_options(*CONFIGURED, BY_NAME["probe"], BY_NAME["name"])
@probe_options
@group_options
def configure(**said: Any) -> None:
    """Read all options as `overdue checks add` does."""
    group_fields(said, probe_fields(said, fields_of(said), before=None), before=None)


def options_of(name: str, text: str) -> Iterator[str]:
    field = BY_NAME[name]
    match name, field.kind:
        case "group", _:
            option, _, said = text.partition(" ")
            members = said.split(",") if option == "members" else [said or text]
            for each in members:
                yield from ("--member-tag" if option == "tag" else "--member", each)
        case _, Texts() | Steps() | Expression():
            for each in text.split("\n"):
                yield from (option_name(name), each)
        case _, kind if kind.placeholder == "true|false":
            on, _, off = (field.option_name or "").partition("/")
            yield {"true": on, "false": off or f"--no-{on.removeprefix('--')}"}.get(text, f"{on}={text}")
        case _:
            yield from (option_name(name), text)


def cli_accepts(name: str, text: str) -> bool:
    beside = [word for other, said in SAMPLES[name].beside.items() for word in (option_name(other), said)]
    try:
        configure.main([*options_of(name, text), *beside], standalone_mode=False)
    except click.UsageError:
        return False
    return True


@pytest.mark.parametrize(("name", "text", "is_valid"), [each for each in ALL if each.values[0] != "name"])
def test_the_cli_accepts_what_the_kind_accepts(name: str, text: str, is_valid: bool) -> None:
    assert cli_accepts(name, text) is is_valid


def yaml_of(name: str, text: str) -> Any:
    """The value as a file has it."""
    match name:
        case "escalation" if text != "off":
            steps = [line.split(" ", 1) for line in text.split("\n")]
            return [{"after": after, "channels": channels} for after, channels in steps]
        case "schedules":
            return text.split("\n")
        case "group" if text != "off":
            part, said = text.split(" ", 1)
            return {part: said.split(",") if part == "members" else said}
        case _:
            return text


def yaml_accepts(name: str, text: str) -> bool:
    beside: dict[Any, Any] = {} if text == "off" else {**SAMPLES[name].beside}
    fields = beside | {BY_NAME[name].yaml_name: yaml_of(name, text)}
    document: Any = {text: {}} if name == "slug" else {"a": fields}
    try:
        read(json.dumps({"checks": document}), name="checks.yaml")  # JSON is YAML
    except InvalidFile:
        return False
    return True


@pytest.mark.parametrize(("name", "text", "is_valid"), ALL)
def test_the_file_accepts_what_the_kind_accepts(name: str, text: str, is_valid: bool) -> None:
    assert yaml_accepts(name, text) is is_valid


def bounds_of(kind: Kind) -> tuple[int, int] | None:
    match kind:
        case Duration():
            return kind.least_s, kind.most_s
        case Count():
            return kind.bound
        case _:
            return None


BOUNDED = [(field.name, bounds) for field in FIELDS if (bounds := bounds_of(field.kind)) is not None]


@pytest.mark.parametrize(("name", "bounds"), BOUNDED)
def test_texts_and_json_have_the_same_bounds_at_every_edge(name: str, bounds: tuple[int, int]) -> None:
    kind, (least, most) = BY_NAME[name].kind, bounds
    for number, is_valid in ((least - 1, False), (least, True), (most, True), (most + 1, False)):
        assert (cli_accepts(name, str(number)), yaml_accepts(name, str(number))) == (is_valid, is_valid)
        try:
            kind.read(name, number)
        except BadInput:
            assert not is_valid
        else:
            assert is_valid


def test_the_file_has_every_field_and_no_other() -> None:
    properties: Any = schema()["$defs"]
    expected = {field.yaml_name for field in FIELDS} - {None}
    assert set(properties["check"]["properties"]) == expected
    assert [field.name for field in FIELDS if field.yaml_name is None] == ["slug"], "it is the key of the check"


CONNECTION = {"url", "api_key", "stage", "as_json"}
GROUP = {"members", "member_tag", "down_when"}


@pytest.mark.parametrize(("command", "own"), [(add, {"name"}), (edit, {"name", "check"})])
def test_a_command_has_an_option_for_every_field_and_no_other(command: click.Command, own: set[str]) -> None:
    said = {each.name for each in command.params}
    parts = {each for each in said if each and each.startswith("probe_")}
    sharing = {"schedules", "escalation_policy", "group"}  # options of another field, or several options
    assert said - parts - own - CONNECTION - GROUP == set(BY_NAME) - sharing - {"name"}
    probe: Any = BY_NAME["probe"].kind
    assert parts == {f"probe_{part}" for part in probe.parts} - {"probe_url", "probe_every"}


def test_errors_call_a_field_by_the_name_of_its_edge() -> None:
    with pytest.raises(click.UsageError, match=r'^--every "59" is too short: use 1m to 365d$'):
        configure.main(shlex.split("--every 59"), standalone_mode=False)
    with pytest.raises(click.UsageError, match=r'^--schedule "1d" is a period, not a schedule: use --every$'):
        configure.main(shlex.split("--schedule 1d"), standalone_mode=False)
    with pytest.raises(InvalidFile, match=r'^checks.yaml:1: a: every "59" is too short: use 1m to 365d$'):
        read("checks: {a: {every: 59}}", name="checks.yaml")
