"""`overdue status` over the API of a stand-in."""

import json
import os
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner, Result

from overdue.cli.main import main
from tests.stand_in import Answering, Asked, Says, stand_in

NOW = datetime.now(UTC)  # of this module: each instant is half an hour away from another word


def instant(**after: float) -> str:
    return (NOW + timedelta(**after)).isoformat(timespec="seconds")


def a_check(name: str, status: str, **given: Any) -> dict[str, Any]:
    usual = {
        "name": name.title(),
        "slug": name,
        "tags": "",
        "desc": "",
        "grace": 3600,
        "n_pings": 3,
        "status": status,
        "started": False,
        "last_ping": instant(hours=-1),
        "next_ping": instant(hours=5),
        "uuid": f"uuid-{name}",
    }
    return usual | given


FLEET = [
    a_check("web", "up"),
    a_check("mail", "up", next_ping=instant(hours=2, minutes=30)),
    a_check("backup", "down", reason="missed", explanation="No success arrived by 02:30.", next_ping=None),
    a_check("invoices", "grace", next_ping=instant(hours=-7, minutes=-30)),
    a_check("off", "paused", next_ping=None),
]


def api(checks: list[dict[str, Any]]) -> Answering:
    def answering(asked: Asked) -> Says:
        if asked.path == "/api/v3/checks/":
            return Says(body={"checks": checks})
        if asked.path == "/api/v3/checks/uuid-backup/flips/":
            return Says(body={"flips": [{"timestamp": instant(hours=-3, minutes=-30), "up": 0}]})
        return Says(404, {"error": "not found"})

    return answering


def overdue(*arguments: str, checks: list[dict[str, Any]]) -> tuple[Result, list[str]]:
    with stand_in(api(checks)) as server:
        known = {"OVERDUE_CONFIG": os.devnull, "OVERDUE_URL": server.base, "OVERDUE_API_KEY": "k" * 32}
        done = CliRunner().invoke(main, ("status", *arguments), env=known, catch_exceptions=False)
        return done, server.paths()


def test_what_is_down_and_late_comes_first_then_the_counts() -> None:
    done, asked = overdue(checks=FLEET)

    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "STATUS\tCHECK\tWHEN",
        "✕ down, missed\tbackup\tsince 3 h ago",
        "◐ grace\tinvoices\texpected 7 h ago",
        "",
        "Checks  1 down, 1 grace, 2 up, 1 paused: 1 of 5 down",
        "Next    mail, expected in 2 h",
    ]
    assert asked == ["/api/v3/checks/", "/api/v3/checks/uuid-backup/flips/"]


def test_when_nothing_is_down_one_list_is_enough() -> None:
    done, asked = overdue(checks=FLEET[:2])

    assert done.stdout.splitlines()[0] == "Checks  2 up: nothing is down"
    assert asked == ["/api/v3/checks/"]


@pytest.mark.parametrize(
    ("arguments", "checks", "expected"),
    [([], FLEET, 0), (["--exit-code"], FLEET, 1), (["--exit-code"], [FLEET[0], FLEET[3]], 0)],
    ids=["not asked for", "down", "late only"],
)
def test_the_exit_code_tells_of_what_is_down_when_asked_for(
    arguments: list[str], checks: list[dict[str, Any]], expected: int
) -> None:
    assert overdue(*arguments, checks=checks)[0].exit_code == expected


def test_json_is_one_document() -> None:
    done, _ = overdue("--json", "--exit-code", checks=FLEET)

    assert done.exit_code == 1
    assert json.loads(done.stdout) == {
        "total": 5,
        "counts": {"down": 1, "grace": 1, "up": 2, "paused": 1},
        "down": [
            {
                "check": "backup",
                "reason": "missed",
                "explanation": "No success arrived by 02:30.",
                "since": instant(hours=-3, minutes=-30),
            }
        ],
        "late": [{"check": "invoices", "expected": instant(hours=-7, minutes=-30)}],
        "next": {"check": "mail", "expected": instant(hours=2, minutes=30)},
    }


def test_without_a_check_it_says_how_to_make_one() -> None:
    done, _ = overdue(checks=[])

    assert (done.exit_code, done.stdout) == (0, "")
    assert "overdue checks add" in done.stderr
