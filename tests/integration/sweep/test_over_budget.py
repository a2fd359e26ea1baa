"""Checks whose evaluation exceeds its budget of steps, and checks stored before they were refused
(docs/reference/rules.md, rule 22; docs/adr/0015).
"""

from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

import pytest

from chalicelib.domain.alerts import Reason
from chalicelib.domain.check import Check, Status
from chalicelib.domain.ids import Code
from chalicelib.domain.limits.steps import DECISION_STEPS, OverBudget, spend
from chalicelib.domain.ping import Signal
from chalicelib.domain.receive import receive
from chalicelib.domain.schedule.occurrences import Cron
from chalicelib.services.transaction import change
from chalicelib.store import checks
from tests.builders import a_check, a_ping, days, hours, minutes
from tests.integration.conftest import Deployment
from tests.integration.sweep.test_poisoned import poison, use_up_the_budget
from tests.integration.sweep.test_storms import NOON, InMemory, stage
from tests.integration.web.calling import Api

__all__ = ["stage"]

ALL_DAY = ("0 * * * * for 59m", "1 * * * * for 59m")
IGNORED = (
    "windows: every occurrence is inside a window, so no success would ever be expected: "
    "use fewer or shorter windows. Windows beyond the limit are ignored, so that a dead job is still reported."
)


class Dear(Cron):
    """A schedule that takes too many steps to search."""

    def next_after(self, at: datetime) -> datetime | None:
        spend(DECISION_STEPS + 1)
        return at


def stored(deployment: Deployment, **config: Any) -> Check:
    """A check as it was stored, whether it would be accepted today or not."""
    up = a_check(last_success=NOON, due_at=NOON + hours(1))
    check = replace(up, config=replace(up.config, **config), code=Code("00000001-0000-4000-8000-000000000001"))
    checks.create(deployment.wiring.ports.tables, check)
    return check


@pytest.mark.not_on_dynalite("its engines are in memory")
def test_a_ping_of_a_check_that_exceeds_its_budget_is_refused_for_now_and_leaves_nothing(stage: InMemory) -> None:
    code = stored(stage).code
    config = stage.dynamo.rows["checks"][code][""]["config"]
    poison(stage, code, use_up_the_budget)
    before = dict(stage.dynamo.rows["checks"][code][""])

    answer = stage.ping(code, at=NOON + minutes(30))

    assert (answer.status, answer.text) == (503, "try again in a few seconds")
    assert int(answer.headers["Retry-After"]) > 0
    assert stage.dynamo.rows["checks"][code][""] == before
    assert stage.pings(code) == []

    stage.dynamo.rows["checks"][code][""]["config"] = config
    assert stage.ping(code, at=NOON + minutes(31)).status == 200
    assert stage.check(code).n_pings == 1, "the same ping, sent again, counts"


def test_a_decision_that_takes_too_many_steps_is_given_up_and_changes_nothing(deployment: Deployment) -> None:
    before = stored(deployment)
    dear = replace(before, config=replace(before.config, schedule=Dear("* * * * *")))
    decide = partial(receive, ping=a_ping(at=NOON + minutes(30)), signal=Signal.SUCCESS)

    with pytest.raises(OverBudget, match="simplify its schedule or windows"):
        change(deployment.wiring.ports, before.code, decide, read=dear)

    assert deployment.check(before.code).last_success == NOON
    assert deployment.pings(before.code) == []


def test_the_api_says_that_windows_of_an_older_check_are_ignored_until_they_change(
    deployment: Deployment,
) -> None:
    api = Api(deployment)
    code = stored(deployment, schedule=Cron("* * * * *"), windows=ALL_DAY).code

    assert api.get(f"/checks/{code}")["warnings"] == [IGNORED]
    assert [check["warnings"] for check in api.get("/checks/")["checks"]] == [[]], "it costs too much for thousands"

    assert api.post(f"/checks/{code}", {"desc": "kept"})["warnings"] == [IGNORED], "other fields can be changed"
    refused = api.post(f"/checks/{code}", {"windows": [*ALL_DAY, "0 0 1 1 * for 1h"]}, status=400)
    assert refused["error"] == "json validation error: windows leave nothing of the schedule"
    assert api.post(f"/checks/{code}", {"windows": ["0 2 * * * for 1h"]})["warnings"] == []


def test_an_older_check_whose_windows_are_ignored_is_reported_when_it_dies(deployment: Deployment) -> None:
    code = stored(deployment, schedule=Cron("* * * * *"), windows=ALL_DAY, grace=minutes(5)).code

    deployment.sweep(NOON + days(20))

    check = deployment.check(code)
    assert check.status is Status.DOWN
    assert check.reason is Reason.MISSED
