"""What v3 adds to the JSON of pings and flips; names of channels only for keys that may write."""

import json
from typing import Any

import pytest

from chalicelib.domain.keys import Key, Scope
from chalicelib.store.registry import projects
from tests.builders import minutes, utc
from tests.integration.conftest import Deployment

KEY = "k" * 32


def flips(deployment: Deployment, *, version: str, scope: Scope) -> list[dict[str, Any]]:
    projects.add_key(KEY, Key("default", scope, "ops"), now=deployment.now)
    code = deployment.add()
    deployment.ping(code, at=utc("2026-03-01T12:00Z"))
    deployment.ping(code, "/fail", at=utc("2026-03-01T13:00Z"))
    path = f"/api/{version}/checks/{code}/flips/"
    answer = deployment.request("GET", path, at=utc("2026-03-01T14:00Z"), headers={"X-Api-Key": KEY})
    found: list[dict[str, Any]] = json.loads(answer.text)["flips"]
    return found


def test_a_flip_says_to_whom_it_was_told(deployment: Deployment) -> None:
    assert flips(deployment, version="v3", scope=Scope.READ_WRITE) == [
        {
            "timestamp": "2026-03-01T13:00:00+00:00",
            "up": 0,
            "status": "down",
            "reason": "failed",
            "sent": [{"kind": "down", "to": ["ops-email"], "at": "2026-03-01T13:00:00+00:00"}],
        },
        {"timestamp": "2026-03-01T12:00:00+00:00", "up": 1, "status": "up", "reason": None, "sent": []},
    ]


def test_a_read_only_key_sees_no_names_of_channels(deployment: Deployment) -> None:
    assert flips(deployment, version="v3", scope=Scope.READ_ONLY) == [
        {"timestamp": "2026-03-01T13:00:00+00:00", "up": 0, "status": "down", "reason": "failed"},
        {"timestamp": "2026-03-01T12:00:00+00:00", "up": 1, "status": "up", "reason": None},
    ]


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_a_client_of_an_old_version_sees_what_healthchecks_has(deployment: Deployment, version: str) -> None:
    assert flips(deployment, version=version, scope=Scope.READ_WRITE) == [
        {"timestamp": "2026-03-01T13:00:00+00:00", "up": 0},
        {"timestamp": "2026-03-01T12:00:00+00:00", "up": 1},
    ]


@pytest.mark.parametrize(
    ("version", "outcomes"), [("v2", [{}, {}]), ("v3", [{"outcome": "too_short"}, {"outcome": None}])]
)
def test_a_ping_says_how_its_run_ended(deployment: Deployment, version: str, outcomes: list[dict[str, Any]]) -> None:
    projects.add_key(KEY, Key("default", Scope.READ_WRITE, "ops"), now=deployment.now)
    code = deployment.add(min_runtime=minutes(1))
    deployment.ping(code, "/start", at=utc("2026-03-01T12:00Z"))
    deployment.ping(code, at=utc("2026-03-01T12:00:02Z"))
    path = f"/api/{version}/checks/{code}/pings/"
    answer = deployment.request("GET", path, at=utc("2026-03-01T14:00Z"), headers={"X-Api-Key": KEY})
    pings = json.loads(answer.text)["pings"]
    assert [{name: ping[name] for name in ping if name == "outcome"} for ping in pings] == outcomes
