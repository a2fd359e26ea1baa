"""What a file wants changed, and how it is told."""

from typing import Any

import pytest

from chalicelib.domain.errors import BadInput
from overdue.checks_file.apply import Outcome
from overdue.checks_file.document import Problem
from overdue.checks_file.file import read
from overdue.checks_file.plan import Create, Delete, Plan, Update, names_channels, plan, with_labels
from overdue.checks_file.wire import Labels
from overdue.checks_file.words import document, done, lines, stopped
from overdue.client.schemas import ChannelJson, CheckJson

CODE = "7f0e8d4c-1b2a-4c3d-8e9f-0123456789ab"
CHANNELS: list[ChannelJson] = [
    {"id": "a1", "name": "ops", "kind": "email"},
    {"id": "b2", "name": "night", "kind": "sms"},
    {"id": "c3", "name": "night", "kind": "email"},
]


def there(slug: str, **given: Any) -> CheckJson:
    check: dict[str, Any] = {
        "name": slug,
        "slug": slug,
        "tags": "",
        "desc": "",
        "grace": 3600,
        "n_pings": 1204,
        "status": "up",
        "started": False,
        "last_ping": None,
        "next_ping": None,
        "uuid": CODE,
        "channels": "a1,b2",
        "every_channel": True,
        "zone": "UTC",
        "timeout": 86400,
    }
    check |= given
    if "schedule" in check:
        del check["timeout"]
    return check  # type: ignore[return-value]  # as the API has it


def planned(source: str, *checks: CheckJson, prune: bool = False) -> Plan:
    labels = Labels.of(CHANNELS)
    wanted, unknown = with_labels(read(source, name="checks.yaml"), labels)
    assert unknown == []
    return plan(wanted, checks, labels, prune=prune)


def told(found: Plan) -> list[str]:
    return [line.text for line in lines(found)]


def test_a_file_that_says_what_is_there_changes_nothing() -> None:
    found = planned("checks: {a: {every: 1d, tags: [x, y]}}", there("a", tags=" x  y x"))
    assert (found.steps, found.unchanged) == ((), 1)
    assert told(found) == ["Nothing to do: 1 check is as the file says."]


def test_a_new_check_is_made_whole_and_only_once() -> None:
    [step] = planned('checks: {a: {schedule: "0 2 * * *", tz: Asia/Tokyo, channels: [ops], max_runtime: 2h}}').steps
    assert isinstance(step, Create)
    assert {name: step.body[name] for name in ("slug", "name", "unique", "channels", "grace", "tags", "methods")} == {
        "slug": "a",
        "name": "a",
        "unique": ["slug"],
        "channels": "a1",
        "grace": 3600,
        "tags": "",
        "methods": "",
    }
    assert (step.body["schedule"], step.body["tz"], step.body["max_runtime"]) == ("0 2 * * *", "Asia/Tokyo", 7200)
    assert "timeout" not in step.body


def test_a_change_says_only_what_differs_field_by_field() -> None:
    found = planned(
        "checks: {a: {grace: 5m, methods: POST}}", there("a", max_runtime=7200, desc="Two\nlines", every_channel=False)
    )
    [step] = found.steps
    assert isinstance(step, Update)
    assert step.code == CODE
    assert step.body == {"grace": 300, "methods": "POST", "max_runtime": None, "desc": "", "channels": "*"}
    assert told(found) == [
        "~ change a",
        "    grace        1h → 5m",
        "    max_runtime  2h → off",
        '    channels     [b2, ops] → "*"',
        '    desc         "Two\\nlines" → ""',
        "    methods      any → POST",
        "",
        "1 to change, 0 unchanged.",
    ]


@pytest.mark.parametrize(
    ("source", "check", "body"),
    [
        ("{every: 1h}", there("a", schedule="0 2 * * *"), {"timeout": 3600}),
        ('{schedule: "0 2 * * *"}', there("a"), {"schedule": "0 2 * * *"}),
    ],
)
def test_a_period_becomes_a_schedule_and_the_other_way_round(
    source: str, check: CheckJson, body: dict[str, object]
) -> None:
    [step] = planned(f"checks: {{a: {source}}}", check).steps
    assert step.body == body  # type: ignore[union-attr]  # it is an update


def test_what_the_file_does_not_name_is_left_alone_unless_it_shall_be_pruned() -> None:
    unnamed = there("", name="No\x1bslug")
    kept = planned("checks: {a: }", there("a"), there("b"), unnamed)
    assert (kept.steps, kept.left_alone) == ((), ("b", "No\x1bslug"))
    assert told(kept)[-1] == 'Not in the file, and left alone: b, "No\\x1bslug".'
    pruned = planned("checks: {a: }", there("a"), there("b", name="B"), unnamed, prune=True)
    assert [step.slug for step in pruned.deletes] == ["b"]
    assert told(pruned)[0] == "- delete b (B, 1,204 pings)"
    assert pruned.left_alone == ("No\x1bslug",)


def test_what_is_lost_comes_last() -> None:
    found = planned("checks: {b: {every: 1h}, a: }", there("b"), there("c"), prune=True)
    assert [type(step) for step in found.steps] == [Create, Update, Delete]


def test_a_slug_that_several_checks_bear_is_refused_with_their_codes() -> None:
    other = there("a", uuid="9a0e8d4c-1b2a-4c3d-8e9f-0123456789ab")
    with pytest.raises(BadInput, match=r"a \(7f0e8d4c, 9a0e8d4c\)"):
        planned("checks: {a: }", there("a"), other)
    assert planned("checks: {b: }", there("b"), there("a"), other).unchanged == 1


def test_channels_that_there_are_not_are_told_by_their_lines() -> None:
    wanted = read("checks:\n  a:\n    channels: [ops, nope, night]\n", name="checks.yaml")
    assert with_labels(wanted, Labels.of(CHANNELS))[1] == [
        Problem(3, 'there is no channel "nope". There are: b2, c3, ops'),
        Problem(3, 'several channels are called "night": write the id of one, see overdue channels list'),
    ]


@pytest.mark.parametrize(
    ("source", "checks", "must_ask"),
    [
        ("checks: {a: }", [there("a")], False),
        ("checks: {a: {channels: []}}", [there("a", channels="", every_channel=False)], False),
        ("checks: {a: {channels: [ops]}}", [], True),
        ("checks: {a: }", [there("a", every_channel=False)], True),
        ("checks: {a: }", [there("b", every_channel=False)], False),
    ],
)
def test_channels_are_asked_for_only_where_names_matter(source: str, checks: list[CheckJson], must_ask: bool) -> None:
    assert names_channels(read(source, name="checks.yaml"), checks) is must_ask


def test_how_far_it_came_is_told_step_by_step() -> None:
    found = planned("checks: {a: , b: {every: 1h}, c: {every: 1h}}", there("b"), there("c"))
    first, second, third = found.steps
    outcome = Outcome((first,), second, "It is away.", True, (third,))
    assert stopped(outcome).split("\n") == [
        "Stopped at: change b, and whether it was done is not known. It is away.",
        "Applied (1): create a.",
        "Not tried (1): change c.",
        "Apply the file again: it goes on from there.",
    ]
    assert done(Outcome(found.steps, None, "", False, ())) == "Applied: 1 created, 2 changed."
    assert document(found, outcome) == {
        "create": ["a"],
        "change": [
            {"slug": "b", "fields": {"every": {"old": "1d", "new": "1h"}}},
            {"slug": "c", "fields": {"every": {"old": "1d", "new": "1h"}}},
        ],
        "delete": [],
        "unchanged": 0,
        "left_alone": [],
        "applied": [{"step": "create", "slug": "a"}],
        "failed": {"step": "change", "slug": "b", "why": "It is away.", "may_be_done": True},
        "not_tried": [{"step": "change", "slug": "c"}],
    }
