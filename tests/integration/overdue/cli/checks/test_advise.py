"""`overdue checks advise` over the API: what it asks for, what it shows, and that it changes nothing."""

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner, Result

from overdue.cli.main import main
from tests.stand_in import Asked, Says, StandIn, stand_in
from tests.unit.overdue.advice.histories import a_check, runs

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
CHECK: Any = a_check(timeout=7200, schedules=[], zone="Europe/Berlin")
TOOK = [timedelta(minutes=5)] * 14 + [timedelta(minutes=50)]


def api(asked: Asked) -> Says:
    match asked.path.removeprefix("/api/v3/").split("/"):
        case ["checks", ""]:
            return Says(body={"checks": [CHECK]})
        case ["checks", _, "pings", ""]:
            return Says(body={"pings": runs(NOON, every=timedelta(hours=1), took=TOOK)})
        case _:
            return Says(404, {"error": "not found"})


@pytest.fixture
def server() -> Iterator[StandIn]:
    with stand_in(api) as running:
        yield running


def advised(server: StandIn, *options: str) -> Result:
    environ = {"OVERDUE_CONFIG": os.devnull, "OVERDUE_URL": server.base, "OVERDUE_API_KEY": "k" * 32}
    return CliRunner().invoke(main, ["checks", "advise", "backup", *options], env=environ, catch_exceptions=False)


def test_it_shows_suggestions_with_their_alerts_then_the_alerts_then_the_nights(server: StandIn) -> None:
    done = advised(server)
    suggestions, alerts, nights = (part.splitlines() for part in done.stdout.split("\n\n"))
    assert [line.split("\t")[:2] for line in suggestions] == [
        ["SUGGESTED", "ALERTS"],
        ["as it is", "1"],
        ['--schedule "0 * * * *" --tz Europe/Berlin', "1"],
        ["and --max-runtime auto", "2"],
        ["and --grace 1m", "2"],
    ]
    assert alerts[0].split("\t") == ["DOWN (Europe/Berlin)", "WHY", "UNTIL", "AS IT IS", "THEN"]
    [_, why, until, *told] = alerts[1].split("\t")
    assert (why, until.endswith(" 03:50"), told) == ("overrun", True, ["–", "alert"])
    assert [line.partition("; ")[2] for line in nights if "forward" in line] == ["skips 02:00"]
    assert [line.partition("; ")[2] for line in nights if "back" in line] == ["runs twice at 02:00"]
    assert done.stderr.startswith('"backup", 30 pings since Sun 1 Mar')
    assert done.stderr.endswith(" 13:00 Europe/Berlin: 1 alert as it is, 2 with all of it.\n")
    assert {(asked.method, asked.path.count("pings")) for asked in server.asked} == {("GET", 0), ("GET", 1)}


def test_with_options_it_compares_and_suggests_nothing(server: StandIn) -> None:
    done = advised(server, "--max-runtime", "10m")
    assert "SUGGESTED" not in done.stdout
    assert "1 alert as it is, 2 with these options." in done.stderr
    found = json.loads(advised(server, "--max-runtime", "10m", "--json").stdout)
    assert (found["alerts_now"], found["alerts_then"], found["then"]) == (1, 2, "what if")
    assert [alert["reason"] for alert in found["alerts"]] == ["overrun", "missed"]


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--grace", "soon"], '--grace "soon" is not a duration'),
        (["--every", "1h", "--schedule", "@daily"], "exclude each other"),
    ],
)
def test_an_option_that_is_wrong_is_told_before_anything_is_asked(
    server: StandIn, options: list[str], why: str
) -> None:
    done = advised(server, *options)
    assert (done.exit_code, why in done.stderr, server.asked) == (2, True, [])
