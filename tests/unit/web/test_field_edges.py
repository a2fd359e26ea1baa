"""Every field at each edge of the server: kind, Management API, form and `?create=1` accept the same texts.

An edge is a function that says whether it accepts a text for a field. CLI and YAML are in
tests/unit/overdue/test_field_edges.py.
"""

import re
from collections.abc import Callable
from typing import Any, cast

import pytest

from chalicelib.domain.channels import Channel
from chalicelib.domain.check import Check
from chalicelib.domain.config import Config, Step
from chalicelib.domain.configure import new_check
from chalicelib.domain.field_errors import FieldError
from chalicelib.domain.ids import Code
from chalicelib.fields.create import config_of_new
from chalicelib.fields.kinds import Flag, Kind
from chalicelib.fields.merge import BLANK, Lookup, merge
from chalicelib.fields.object_kinds import Grouping
from chalicelib.fields.table import BY_NAME, FIELDS
from chalicelib.web.api.schema.fields import read
from chalicelib.web.pages.check_form.form_fields import filled
from chalicelib.web.pages.check_form.parse import read_form
from tests.builders import minutes, utc
from tests.field_samples import ALL, SAMPLES

NOON = utc("2026-03-01T12:00Z")
CHANNELS = tuple(
    Channel(id=f"id-{name}", name=name, kind="email", target="", subscription="") for name in ("ops", "oncall", *"abc")
)
SECONDS = {"": 1, "s": 1, "m": 60, "h": 3_600, "d": 86_400}


class Everything(dict[str, Any]):
    """A project that has every check or policy that is asked for."""

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value

    def __contains__(self, name: object) -> bool:
        return True

    def __missing__(self, name: str) -> Any:
        return self.value


SOME_CHECK: Check = new_check(Code("0b1e5d7a-54fb-4d94-8a2b-2b5a5d7a54fb"), project="p", config=Config(), now=NOON)
STEPS = (Step(after=minutes(15), channels=("id-ops",)),)
LOOKUP = Lookup(channels=CHANNELS, policies=Everything(STEPS), checks=Everything(SOME_CHECK))


def test_every_field_has_samples() -> None:
    assert set(SAMPLES) == set(BY_NAME)


def accepts(read_value: Callable[[], object]) -> bool:
    try:
        read_value()
    except FieldError:
        return False
    return True


def kind_accepts(name: str, text: str) -> bool:
    kind = BY_NAME[name].kind
    part, _, said = text.partition(" ")
    if isinstance(kind, Grouping) and said:
        kind, text = kind.parts[part], said
    elif isinstance(kind, Grouping):
        kind = BY_NAME["depends_on"].kind
    return accepts(lambda: kind.parse(name, text))


@pytest.mark.parametrize(("name", "text", "is_valid"), ALL)
def test_its_kind_accepts_it_or_not(name: str, text: str, is_valid: bool) -> None:
    assert kind_accepts(name, text) is is_valid


def json_of(name: str, text: str) -> object:
    """The text as a client of the API sends it; what no client could send otherwise stays a text."""
    is_list = name in ("schedules", "windows", "depends_on")
    match name:
        case "group" | "escalation" | "probe" | "schedules" | "windows" | "depends_on" if text == "off":
            return [] if is_list else None
        case "group":
            part, said = text.split(" ", 1)
            return {part: said.split(",") if part == "members" else said}
        case "escalation":
            steps = [line.partition(" ") for line in text.split("\n")]
            return [{"after": json_of("grace", after), "channels": names} for after, _, names in steps]
        case "probe":
            return {"url": text}
        case "methods" if text == "any":
            return ""
        case "channels":
            return ",".join(part.strip() for part in text.split(","))
        case _ if is_list:
            return text.split("," if name == "depends_on" else "\n")
        case _ if isinstance(BY_NAME[name].kind, Flag):
            return {"true": True, "false": False}.get(text, text)
        case _ if BY_NAME[name].kind.schema.get("type") == "string":
            return text
        case _ if text == "off":
            return 0 if name == "early" else None
        case _:
            number = re.fullmatch("([0-9]+) ?([smhd]?)", text)
            return int(number[1]) * SECONDS[number[2]] if number else text


AS_HEALTHCHECKS = {  # the wire's own: aliases are refused, an empty text is any method
    ("schedule", "@daily"): False,
    ("schedules", "0 2 * * *\n@daily"): False,
    ("methods", ""): True,
    ("escalation_policy", "two words"): True,  # if the project had such a policy: the API looks names up
}


def api_accepts(name: str, text: str) -> bool:
    beside = {} if text == "off" else {other: json_of(other, said) for other, said in SAMPLES[name].beside.items()}
    body = {name: json_of(name, text)} | beside
    return accepts(lambda: merge(BLANK, read(body, has_extras=True), LOOKUP))


@pytest.mark.parametrize(("name", "text", "is_valid"), ALL)
def test_the_api_accepts_what_the_kind_accepts(name: str, text: str, is_valid: bool) -> None:
    assert api_accepts(name, text) is AS_HEALTHCHECKS.get((name, text), is_valid)


def create_accepts(name: str, text: str) -> bool:
    beside = {} if text == "off" else SAMPLES[name].beside
    query = {BY_NAME[each].parameter: said for each, said in {name: text, **beside}.items()}
    return accepts(lambda: config_of_new("s", {"create": "1", **query}, now=NOON))


@pytest.mark.parametrize(("name", "text", "is_valid"), ALL)
def test_create_accepts_what_the_kind_accepts_of_plain_fields(name: str, text: str, is_valid: bool) -> None:
    assert create_accepts(name, text) is (is_valid and BY_NAME[name].on_create)


BOXES = ("channels", "methods", "manual_resume")  # which have no text
SHOWN = [
    each
    for each in ALL
    if BY_NAME[str(each.values[0])].form_name is not None
    and each.values[0] not in BOXES
    and each.values[:2] != ("probe", "off")  # is a choice
]


def form_accepts(name: str, text: str) -> bool:
    before = Config(name="x")
    fields = {BY_NAME[name].form_name: text}
    fields |= {} if text == "off" else {BY_NAME[other].form_name: said for other, said in SAMPLES[name].beside.items()}
    blank = filled(before, ())
    choices = {"schedule_kind": "times" if name in ("schedules", "tz") else "every"}
    choices |= {"schedule": "0 2 * * *"} if name == "tz" else {}
    choices |= {"kind": "probe"} if name == "probe" else {}
    if f"{BY_NAME[name].form_name}_unit" in blank:
        choices[f"{BY_NAME[name].form_name}_unit"] = "s"
    typed = cast("dict[str, str]", blank | choices | fields)
    return not read_form(typed, before, (), now=NOON).problems


@pytest.mark.parametrize(("name", "text", "is_valid"), SHOWN)
def test_the_form_accepts_what_the_kind_accepts(name: str, text: str, is_valid: bool) -> None:
    assert form_accepts(name, text) is is_valid


def test_the_form_shows_each_field_but_these() -> None:
    hidden = {field.name for field in FIELDS if field.form_name is None}
    assert hidden == {
        *("schedule", "escalation", "escalation_policy", "depends_on", "group"),
        *("start_kw", "success_kw", "failure_kw"),
        *("filter_subject", "filter_body", "filter_http_body", "filter_default_fail"),
    }


def test_each_kind_has_a_schema_for_requests_and_one_for_answers() -> None:
    def of(kind: Kind) -> tuple[object, object]:
        return kind.schema, kind.shown

    assert all(of(field.kind) for field in FIELDS)
