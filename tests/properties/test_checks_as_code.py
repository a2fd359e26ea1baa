"""What is written reads back the same, whatever it is: an export applied at once is an empty plan."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import jsonschema
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.costly import is_accepted
from chalicelib.domain.check import Check
from chalicelib.domain.config import Config, Filters, Group, Step
from chalicelib.domain.configure import new_check
from chalicelib.domain.field_errors import spelled
from chalicelib.domain.ids import Code
from chalicelib.domain.rules.escalation import in_order
from chalicelib.domain.schedule.occurrences import Cron, Every, OnCalendar
from chalicelib.domain.schedule.parse import parse_schedules
from chalicelib.web.api.schema.shape import Viewer, shaped
from chalicelib.web.api.versions import VERSIONS
from overdue.checks_file.export import exported
from overdue.checks_file.file import read
from overdue.checks_file.plan import plan, with_labels
from overdue.checks_file.quoting import block, quoted
from overdue.checks_file.schema import schema
from overdue.checks_file.wire import Labels
from overdue.client.schemas import ChannelJson, CheckJson
from tests.builders import utc

NOW = utc("2026-03-01T12:00Z")
CHANNELS: list[ChannelJson] = [
    {"id": "0a", "name": "ops", "kind": "email"},
    {"id": "0b", "name": "night, second line", "kind": "sms"},
    {"id": "0c", "name": "night", "kind": "sms"},
    {"id": "0d", "name": "night", "kind": "email"},
    {"id": "0e", "name": "*", "kind": "email"},
    {"id": "0f", "name": "", "kind": "email"},
]
PARENTS = {Code("a"): "db", Code("b"): "2024", Code("c"): "no"}
WORDS = ["no", "10:30", "0777", "~", "a: b", "# c", "*x", "@daily", "- a", "1e3", "2026-01-01", "y", "=", "<<", "é", ""]

texts = st.one_of(st.sampled_from(WORDS), st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
zones = st.sampled_from(["UTC", "Europe/Berlin", "Asia/Tokyo"])
spans = st.integers(60, 31_536_000).map(lambda seconds: timedelta(seconds=seconds))
expressions = st.sampled_from(["0 2 * * *", "*/5 * * * *", "0 0 * * 0#1"])
beginnings = st.one_of(st.none(), spans, st.just(datetime(2026, 12, 1, 8, tzinfo=UTC)))
calendars = st.sampled_from(["daily", "Mon..Fri 12:00", "Mon 12:00\nTue 13:00", "*-*-* 04:00:00"])


@st.composite
def configs(draw: st.DrawFn) -> Config:
    tz = draw(zones)
    learns = draw(st.booleans())
    counts = draw(st.one_of(st.none(), st.tuples(st.integers(1, 10**15), spans)))
    shortest = draw(st.one_of(st.none(), st.integers(1, 60)))
    steps = st.builds(
        Step, after=spans, channels=st.sampled_from([("*",), *([each["id"]] for each in CHANNELS)]).map(tuple)
    )
    groups = [None, None, Group(tag="2024", down_when=2), Group(members=tuple(PARENTS)), Group(tag="web")]
    group = draw(st.sampled_from(groups))
    escalation = in_order(draw(st.lists(steps, max_size=3, unique_by=lambda step: step.after)))
    chosen = st.lists(st.sampled_from([each["id"] for each in CHANNELS]), unique=True)
    schedule = draw(
        st.one_of(
            spans.map(Every),
            expressions.map(lambda e: Cron(e, tz)),
            calendars.map(lambda e: OnCalendar(e, tz)),
            st.lists(expressions, min_size=2, max_size=10).map(lambda each: parse_schedules(each, tz)),
        )
    )
    most_misses = 100 if isinstance(schedule, Every) else 3  # with many occurrences, more would cost too much
    return Config(
        name=draw(texts.filter(lambda text: len(text) <= 100)),
        tags=draw(texts.filter(lambda text: len(text) <= 500)),
        desc=draw(st.one_of(texts, st.lists(texts).map("\n".join))),
        schedule=schedule,
        tz=tz,
        grace=draw(spans),
        max_runtime=None if learns else draw(st.one_of(st.none(), spans)),
        learns_max_runtime=learns,
        min_runtime=None if shortest is None else timedelta(seconds=shortest),
        min_count=None if counts is None else counts[0],
        count_window=None if counts is None else counts[1],
        remind_every=draw(st.one_of(st.none(), spans)),
        escalation=escalation,
        escalation_policy=draw(st.sampled_from(["", "nights", "2024"])) if escalation else "",
        failures_before_alert=draw(st.integers(1, 100)),
        misses_before_alert=draw(st.integers(1, most_misses)),
        first_ping_by=None if group is not None else draw(beginnings),
        early=draw(st.one_of(st.just(timedelta()), st.just(timedelta(minutes=5)))),
        windows=draw(
            st.sampled_from([(), ("30 2 * * 0 for 2h in Asia/Tokyo", "2026-12-24T20:00 to 2026-12-25T08:00")])
        ),
        group=group,
        depends_on=tuple(draw(st.lists(st.sampled_from(list(PARENTS)), unique=True))),
        channels=draw(st.one_of(st.just(("*",)), chosen.map(tuple))),
        manual_resume=draw(st.booleans()),
        filters=Filters(
            methods=draw(st.sampled_from(["", "POST"])),
            http_body=draw(st.booleans()),
            subject=draw(st.booleans()),
            default_fail=draw(st.booleans()),
            start_kw=draw(texts.filter(lambda text: len(text) <= 200)),
        ),
    )


def as_the_api_tells(check: Check) -> CheckJson:
    viewer = Viewer(
        base="https://overdue.example.com",
        version=VERSIONS["v3"],
        may_write=True,
        channel_ids=[each["id"] for each in CHANNELS],
        badge_secret=bytes(32),
        now=NOW,
        slugs=PARENTS,
    )
    return cast("CheckJson", shaped(check, viewer))


@settings(max_examples=80, deadline=None)
@given(st.dictionaries(st.from_regex(r"[a-z0-9_-]{1,12}", fullmatch=True), configs().filter(is_accepted), max_size=4))
def test_an_export_applied_at_once_is_an_empty_plan(found: dict[str, Config]) -> None:
    checks = [
        as_the_api_tells(
            new_check(
                Code(f"7f0e8d4c-1b2a-4c3d-8e9f-{number:012}"),
                project="default",
                config=replace(config, slug=slug),
                now=NOW,
            )
        )
        for number, (slug, config) in enumerate(found.items())
    ]
    written = exported(checks, CHANNELS, source="https://overdue.example.com")
    assert written.notes == ()
    labels = Labels.of(CHANNELS)
    wanted, unknown = with_labels(read(written.text, name="checks.yaml"), labels)
    assert unknown == []
    again = plan(wanted, checks, labels, prune=True)
    assert (again.steps, again.unchanged) == ((), len(found))
    jsonschema.validate(yaml.safe_load(written.text), cast("Any", schema()))


@given(texts)
def test_a_text_is_the_same_to_every_reader_of_yaml(text: str) -> None:
    assert yaml.safe_load(quoted(text)) == text
    assert yaml.safe_load(f"[{quoted(text)}]") == [text]
    assert yaml.safe_load(f"{quoted(text)}: 1") == {text: 1}
    literal = block(text, indent="    ")
    assert literal is None or yaml.safe_load(f"a: {literal}\nb: 1") == {"a": text, "b": 1}


@given(st.integers(1, 31_536_000))
def test_a_duration_says_exactly_what_it_is(seconds: int) -> None:
    units = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
    shown = spelled(timedelta(seconds=seconds))
    assert int(shown[:-1]) * units[shown[-1]] == seconds
