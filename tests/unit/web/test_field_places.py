"""Every field of the table is in every place that has fields, and no place has a field that the table lacks.

The places of CLI and YAML are in tests/unit/overdue/test_field_edges.py, `?create=1` in test_field_edges.py.
"""

import json
import re
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from chalicelib.domain.channels import Channel
from chalicelib.domain.config import Config, Filters, Group, Step
from chalicelib.domain.ids import Code
from chalicelib.domain.schedule.occurrences import AnyOf, Cron, Every
from chalicelib.domain.sources.probe import Probe
from chalicelib.domain.text.time_format import WallClock
from chalicelib.fields.table import BY_NAME, FIELDS
from chalicelib.store.codecs.config_codec import dump, load
from chalicelib.web.api.schema.fields import SCHEMAS
from chalicelib.web.api.schema.openapi_schemas import schemas
from chalicelib.web.api.schema.shape import Viewer, shaped
from chalicelib.web.api.versions import VERSIONS
from chalicelib.web.pages.check.configuration import ENTRIES, Seen, in_words_of
from chalicelib.web.pages.check_form.form_fields import PROBE_INPUTS, filled
from chalicelib.web.pages.check_form.labels import LABELS
from chalicelib.web.pages.overview.headline import Phrase
from tests.builders import a_check, hours, minutes, seconds, utc

NOON = utc("2026-03-01T12:00Z")
CODE = Code("0b1e5d7a-54fb-4d94-8a2b-2b5a5d7a54fb")
OPS = Channel(id="id-ops", name="ops", kind="email", target="", subscription="")
PROBE = Probe(url="https://example.com/", every=minutes(5))


def filters_with(**given: Any) -> Filters:
    return Filters(**given)


# a configuration in which just this field differs from the default (and those that it needs)
DIFFERENT: dict[str, Config] = {
    "name": Config(name="Nightly"),
    "slug": Config(slug="nightly"),
    "timeout": Config(schedule=Every(hours(2))),
    "schedule": Config(schedule=Cron("0 2 * * *")),
    "schedules": Config(schedule=AnyOf((Cron("0 2 * * *"), Cron("0 4 * * *")))),
    "tz": Config(schedule=Cron("0 2 * * *", "Europe/Berlin"), tz="Europe/Berlin"),
    "grace": Config(grace=minutes(5)),
    "max_runtime": Config(learns_max_runtime=True),
    "min_runtime": Config(min_runtime=seconds(30)),
    "min_count": Config(min_count=5, count_window=hours(1)),
    "count_window": Config(min_count=1, count_window=hours(2)),
    "remind_every": Config(remind_every=hours(4)),
    "escalation": Config(escalation=(Step(after=minutes(15), channels=("id-ops",)),)),
    "escalation_policy": Config(escalation_policy="nights"),
    "failures_before_alert": Config(failures_before_alert=3),
    "misses_before_alert": Config(misses_before_alert=2),
    "first_ping_by": Config(first_ping_by=utc("2026-12-01T08:00Z")),
    "early": Config(early=minutes(10)),
    "windows": Config(windows=("0 2 * * 0 for 2h",)),
    "depends_on": Config(depends_on=(CODE,)),
    "group": Config(group=Group(tag="web")),
    "probe": Config(probe=PROBE, schedule=Every(minutes(5))),
    "tags": Config(tags="db prod"),
    "channels": Config(channels=("id-ops",)),
    "desc": Config(desc="Ask ops."),
    "methods": Config(filters=Filters(methods="POST")),
    "manual_resume": Config(manual_resume=True),
    **{f"{word}_kw": Config(filters=filters_with(http_body=True, **{f"{word}_kw": "OK"})) for word in
       ("start", "success", "failure")},
    **{f"filter_{word}": Config(filters=filters_with(**{word: True})) for word in
       ("subject", "body", "http_body")},
    "filter_default_fail": Config(filters=Filters(http_body=True, default_fail=True)),
}  # fmt: skip
EACH = pytest.mark.parametrize("name", list(BY_NAME))


def test_each_field_is_tried() -> None:
    assert set(DIFFERENT) == set(BY_NAME)


@EACH
def test_the_store_keeps_it_and_only_what_differs(name: str) -> None:
    config, path = DIFFERENT[name], BY_NAME[name].path
    stored = json.loads(dump(config))
    assert load(dump(config)) == config
    if name == "max_runtime":
        assert stored == {"learns_max_runtime": True}
    else:
        assert path[0] in stored
    assert dump(Config()) == "{}"


def test_the_store_knows_each_attribute_and_no_other() -> None:
    stored = {field.path for field in FIELDS}
    assert stored - {("filters", each.name) for each in fields(Filters)} == {
        (each.name,) for each in fields(Config) if each.name not in ("filters", "learns_max_runtime")
    }


def answer(config: Config, version: str) -> dict[str, Any]:
    viewer = Viewer(
        base="https://example.com", version=VERSIONS[version], may_write=True, channel_ids=["id-ops", "id-x"],
        badge_secret=b"s", now=NOON, slugs={CODE: "database"},
    )  # fmt: skip
    return dict(shaped(replace(a_check(), config=config), viewer))


@EACH
def test_an_answer_of_the_api_shows_it(name: str) -> None:
    field, config = BY_NAME[name], DIFFERENT[name]
    shown, default = answer(config, "v3"), answer(Config(), "v3")
    assert shown[name] != default.get(name)
    older = answer(config, "v1")
    assert (name in older) == (field.since == "v1")


STATE = {  # what an answer has besides fields
    *("n_pings", "status", "started", "last_ping", "next_ping", "subject", "subject_fail", "badge_url", "uuid"),
    *("ping_url", "update_url", "pause_url", "resume_url", "zone", "every_channel", "reason", "explanation", "learnt"),
    *("failures", "misses", "maintenance_until", "warnings", "snoozed_until", "acknowledged_at", "acknowledged_by"),
    *("unknown_since", "throttled_since", "throttled_at", "runs", "due_at", "held_by", "unique_key", "last_duration"),
}


def test_an_answer_has_no_field_that_the_table_lacks() -> None:
    names = {name for config in DIFFERENT.values() for name in answer(config, "v3")}
    assert names - STATE == set(BY_NAME)


def test_openapi_describes_each_field_of_requests_and_of_answers_and_no_other() -> None:
    described = schemas()
    assert set(SCHEMAS) - {"subject", "subject_fail", "unique"} == set(BY_NAME)
    assert set(described["CheckFields"]["properties"]) == set(SCHEMAS)
    assert set(described["Check"]["properties"]) - STATE == set(BY_NAME)


TEMPLATE = (Path(__file__).parents[3] / "chalicelib" / "web" / "pages" / "templates" / "new.html").read_text()
OTHER_INPUTS = {"kind", "schedule_kind", "first_ping_at", *PROBE_INPUTS}


def test_the_form_has_an_input_and_a_label_for_each_field_that_it_shows_and_no_other() -> None:
    shown = {field.form_name for field in FIELDS} - {None}
    inputs = {
        name for name in filled(Config(), [OPS]) if not name.endswith("_unit") and not name.startswith("channel.")
    }
    assert inputs == shown | OTHER_INPUTS == set(LABELS)


@EACH
def test_the_template_of_the_form_has_its_input(name: str) -> None:
    form_name = BY_NAME[name].form_name
    if form_name is not None:
        assert re.search(
            rf'(text|number|span|box|area|choice|attrs)\("{form_name}"[,)]|name="{form_name}"', TEMPLATE
        ), form_name


def told(config: Config) -> list[tuple[str, str]]:
    seen = Seen(
        check=replace(a_check(), config=config), channels=[OPS], clock=WallClock(tz="UTC", now=NOON), may_write=True,
        parents=[Phrase("database")] if config.depends_on else [], members=[],
    )  # fmt: skip
    return [(each.term, "".join(part.text for part in each.said) + " ".join(each.codes)) for each in in_words_of(seen)]


@EACH
def test_the_page_of_a_check_shows_it(name: str) -> None:
    if name in ("name", "tags"):
        return  # at its top
    default = replace(DIFFERENT[name], filters=replace(DIFFERENT[name].filters, **_default_filter(name)))
    plain = told(Config() if default == DIFFERENT[name] else default)
    assert told(DIFFERENT[name]) != plain


def _default_filter(name: str) -> dict[str, Any]:
    path = BY_NAME[name].path
    return {path[1]: getattr(Filters(), path[1])} if len(path) == 2 else {}


def test_the_page_of_a_check_knows_no_field_that_the_table_lacks() -> None:
    assert {name for names, _ in ENTRIES for name in names} <= set(BY_NAME)


DOCS = Path(__file__).parents[3] / "docs" / "reference"


@EACH
def test_the_reference_of_the_api_describes_it(name: str) -> None:
    assert f"`{name}`" in (DOCS / "api.md").read_text()
