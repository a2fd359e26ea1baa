from typing import Any, cast

from overdue.cli.checks.fleet import Fleet, down_since
from overdue.client.schemas import CheckJson, FlipJson


def a_check(name: str, status: str, expected: str | None = None) -> CheckJson:
    found: dict[str, Any] = {"name": name, "slug": name, "status": status, "next_ping": expected, "uuid": f"id-{name}"}
    return cast("CheckJson", found)  # what else it has does not matter here


def test_a_fleet_is_counted_and_sorted() -> None:
    fleet = Fleet.of(
        [
            a_check("web", "up", "2026-11-25T13:00:00+00:00"),
            a_check("mail", "up", "2026-11-25T12:30:00+00:00"),
            a_check("zip", "down", "2026-11-25T09:00:00+00:00"),
            a_check("backup", "down"),
            a_check("new", "new"),
            a_check("late", "grace", "2026-11-25T11:59:00+00:00"),
            a_check("later", "grace", "2026-11-25T11:30:00+00:00"),
            a_check("off", "paused"),
        ]
    )

    assert list(fleet.counts.items()) == [("down", 2), ("grace", 2), ("up", 2), ("new", 1), ("paused", 1)]
    assert fleet.total == 8
    assert [each.title for each in fleet.down] == ["backup", "zip"]
    assert [each.title for each in fleet.late] == ["later", "late"]
    assert fleet.next is not None
    assert fleet.next.title == "mail"


def test_an_empty_fleet_has_nothing() -> None:
    fleet = Fleet.of([])

    assert (fleet.total, fleet.down, fleet.late, fleet.next) == (0, [], [], None)


def test_a_status_that_this_version_does_not_know_comes_first() -> None:
    assert list(Fleet.of([a_check("a", "down"), a_check("b", "lost")]).counts) == ["lost", "down"]


def test_an_outage_began_with_the_newest_flip_that_was_down() -> None:
    flips: list[FlipJson] = [
        {"timestamp": "2026-11-25T09:00:00+00:00", "up": 0},
        {"timestamp": "2026-11-24T09:00:00+00:00", "up": 1},
        {"timestamp": "2026-11-23T09:00:00+00:00", "up": 0},
    ]

    assert down_since(flips) == "2026-11-25T09:00:00+00:00"
    assert down_since([]) is None
