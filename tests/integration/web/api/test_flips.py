"""What the API tells of a flip: to whom it was told, for keys of v3 that may know the channels' names."""

import json
from typing import Any

import pytest

from chalicelib.domain.keys import Key, Scope
from chalicelib.store.registry import projects
from tests.builders import utc
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
            "sent": [{"kind": "down", "to": ["ops-email"], "at": "2026-03-01T13:00:00+00:00"}],
        },
        {"timestamp": "2026-03-01T12:00:00+00:00", "up": 1, "sent": []},
    ]


@pytest.mark.parametrize(("version", "scope"), [("v3", Scope.READ_ONLY), ("v2", Scope.READ_WRITE)])
def test_names_of_channels_are_for_new_clients_that_may_write(
    deployment: Deployment, version: str, scope: Scope
) -> None:
    assert flips(deployment, version=version, scope=scope) == [
        {"timestamp": "2026-03-01T13:00:00+00:00", "up": 0},
        {"timestamp": "2026-03-01T12:00:00+00:00", "up": 1},
    ]
