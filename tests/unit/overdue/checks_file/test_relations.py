"""Checks of a file that name each other: what cannot be, by line, and what is written first."""

from textwrap import dedent
from typing import Any

import pytest

from overdue.checks_file.file import InvalidFile, read
from overdue.checks_file.plan import plan
from overdue.checks_file.relations import wrong
from overdue.checks_file.wire import Labels, body_of, settings_of
from overdue.client.schemas import CheckJson

CODE = "7f0e8d4c-1b2a-4c3d-8e9f-0123456789ab"
BASIC = {
    "tags": "",
    "desc": "",
    "grace": 3600,
    "n_pings": 0,
    "status": "up",
    "started": False,
    "last_ping": None,
    "next_ping": None,
    "every_channel": True,
    "timeout": 86400,
}


def there(slug: str, *parents: str, **given: Any) -> CheckJson:
    said: Any = BASIC | {"name": slug, "slug": slug, "uuid": CODE, "depends_on": list(parents)} | given
    found: CheckJson = said
    return found


def problems(source: str, *checks: CheckJson, prune: bool = False) -> list[str]:
    wanted = read(dedent(source), name="checks.yaml")
    return [f"{each.line}: {each.text}" for each in wrong(wanted, checks, prune=prune)]


def order(source: str, *checks: CheckJson) -> list[str]:
    wanted = read(dedent(source), name="checks.yaml")
    return [step.slug for step in plan(wanted, checks, Labels.of([]), prune=False).steps]


CHAIN = """
    checks:
      app: {depends_on: [db, cache]}
      cache: {depends_on: network}
      db: {depends_on: [network]}
      network: {}
"""


def test_parents_stand_in_the_file_or_are_there() -> None:
    assert problems(CHAIN) == []
    assert problems("checks: {app: {depends_on: [db]}}", there("db")) == []
    assert problems(f"checks: {{app: {{depends_on: [{CODE}]}}}}", there("", uuid=CODE)) == []


def test_a_parent_that_is_not_there_is_told_with_its_line() -> None:
    source = """
        checks:
          app:
            every: 1h
            depends_on: [db, network]
          network: {}
    """
    assert problems(source) == ['5: app: depends_on: there is no check "db", in the file or outside it']
    assert problems(source, there("db"), prune=True) == [
        '5: app: depends_on: "db" is not in the file, and --prune deletes it'
    ]


@pytest.mark.parametrize(
    ("source", "checks", "names"),
    [
        pytest.param("checks: {a: {depends_on: [a]}}", [], "a → a", id="itself"),
        pytest.param("checks: {a: {depends_on: [b]}, b: {depends_on: [a]}}", [], "a → b → a", id="each other"),
        pytest.param("checks: {a: {depends_on: [b]}}", [there("b", "a")], "a → b → a", id="by one outside the file"),
        pytest.param(
            f"checks: {{a: {{depends_on: [{CODE}]}}, b: {{depends_on: [a]}}}}", [there("b")], "a → b → a", id="by code"
        ),
    ],
)
def test_a_circle_is_told_with_its_way(source: str, checks: list[CheckJson], names: str) -> None:
    [problem] = problems(source, *checks)
    way = problem.removeprefix("1: depends_on goes in a circle: ").split(" → ")
    assert (way[0], set(way), len(way)) == (way[-1], set(names.split(" → ")), len(names.split(" → ")))


def test_what_is_named_is_written_first() -> None:
    made = order(CHAIN)
    assert (made[0], set(made[1:3]), made[3]) == ("network", {"db", "cache"}, "app")


def test_a_circle_that_the_file_undoes_is_never_made_on_the_way() -> None:
    """Now a waits for b; then b waits for a."""
    assert order("checks: {b: {depends_on: [a]}, a: {}}", there("a", "b"), there("b")) == ["a", "b"]


def test_parents_are_written_and_read_as_the_api_has_them() -> None:
    [wanted] = read("checks: {app: {depends_on: [network, db, db]}}", name="checks.yaml")
    assert wanted.settings["depends_on"] == ("db", "network")
    assert body_of(wanted.settings, ["depends_on"], Labels({})) == {"depends_on": ["db", "network"]}
    assert settings_of(there("app", "network", "db"), Labels({}))["depends_on"] == ("db", "network")


def test_what_is_no_slug_is_refused_with_one_that_is() -> None:
    with pytest.raises(InvalidFile) as caught:
        read("checks: {app: {depends_on: [Data Base]}}", name="checks.yaml")
    said = str(caught.value)
    assert said.startswith('checks.yaml:1: app: depends_on "Data Base" is not a slug: use a-z')
    assert said.endswith("such as data-base")


@pytest.mark.parametrize(
    "group", [pytest.param("{members: [db]}", id="named"), pytest.param("{tag: data}", id="by its tag")]
)
def test_a_group_that_waits_for_a_member_of_its_own_is_told_with_its_line(group: str) -> None:
    source = f"""
        checks:
          app:
            group: {group}
            depends_on: [db]
    """
    told = '5: app: depends_on: "db" is one of its members: while that is down, nobody would hear of the group'
    assert problems(source, there("db", tags="data")) == [told]
    assert problems(source + "      db: {tags: [data]}") == [told]


def test_a_group_may_wait_for_another_that_bears_the_tag_of_its_members() -> None:
    source = "checks: {app: {group: {tag: data}, depends_on: [db]}}"
    assert problems(source, there("db", tags="data", group={"tag": "x", "down_when": "all"})) == []


def test_groups_of_groups_are_told_though_one_of_the_two_is_not_in_the_file() -> None:
    outer = there("outer", group={"members": ["a"], "down_when": "all"})
    assert problems("checks: {a: {group: {tag: b}}}", outer) == [
        '1: a: group: it is a member of the group "outer", which is not in the file: take it out there first'
    ]
    assert problems("checks: {a: {group: {members: [outer]}}}", there("outer", group={"tag": "b"})) == [
        '1: a: group: "outer" is a group itself, and cannot be a member'
    ]
    assert problems("checks: {a: {group: {tag: b}}}", outer, prune=True) == []
