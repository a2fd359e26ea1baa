"""A group in the file: its members or a tag of theirs, and how many make it down."""

from typing import Any

import pytest

from chalicelib.domain.config import Group
from chalicelib.domain.ids import Code
from overdue.checks_file.file import InvalidFile, read
from overdue.checks_file.relations import wrong
from overdue.checks_file.wire import Labels, body_of, settings_of
from overdue.checks_file.writing import written

WEB = Group(members=(Code("web-1"), Code("web-2")), down_when=2)


def group(said: str) -> Any:
    [wanted] = read(f"checks: {{web: {{group: {said}}}}}", name="checks.yaml")
    return wanted.settings["group"]


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("{members: [web-2, web-1], down_when: 2}", WEB),
        ("{members: web-1}", Group(members=(Code("web-1"),))),
        ("{tag: web, down_when: all}", Group(tag="web")),
        ("off", None),
    ],
)
def test_it_is_read_and_written_as_it_was(said: str, meant: Group | None) -> None:
    assert group(said) == meant
    assert group(written("group", meant)) == meant


@pytest.mark.parametrize(
    ("said", "problems"),
    [
        ("web", ["group takes a table, such as {members: [web-1, web-2], down_when: all}"]),
        ("{}", ["group takes members, or a tag of theirs: one of the two"]),
        ("{members: [], down_when: 1}", ["group takes members, or a tag of theirs: one of the two"]),
        ("{members: [a], down_when: 2}", ["group.down_when 2: it has 1 members"]),
        (
            "{tag: a b, down_when: 0, least: 1}",
            [
                'group.tag "a b" is not one word: a tag has no spaces',
                'group: there is no field "least" in it. Known are: members, tag, down_when',
            ],
        ),
    ],
)
def test_all_that_is_wrong_with_it_is_told(said: str, problems: list[str]) -> None:
    with pytest.raises(InvalidFile) as caught:
        group(said)
    for problem in problems:
        assert f"checks.yaml:1: web: {problem}" in str(caught.value)


def test_it_goes_to_the_api_and_comes_back() -> None:
    [wanted] = read("checks: {web: {group: {members: [web-1, web-2], down_when: 2}}}", name="checks.yaml")
    body: Any = body_of(wanted.settings, ["group"], Labels({}))
    assert body == {"group": {"members": ["web-1", "web-2"], "down_when": 2}}
    assert settings_of({"tags": "", **body}, Labels({}))["group"] == WEB
    assert settings_of({"tags": ""}, Labels({}))["group"] is None


def test_members_must_be_there_and_be_no_groups() -> None:
    source = "checks: {web: {group: {members: [a, inner]}}, inner: {group: {tag: b}}}"
    found = [problem.text for problem in wrong(read(source, name="checks.yaml"), [], prune=False)]
    assert found == [
        'web: group: there is no check "a", in the file or outside it',
        'web: group: "inner" is a group itself, and cannot be a member',
    ]


def test_a_group_asks_for_nothing_of_its_own() -> None:
    with pytest.raises(InvalidFile, match="a group has no probe and no first ping"):
        read("checks: {web: {group: {tag: a}, first_ping_by: 1d}}", name="checks.yaml")
