"""The OpenAPI document is the truth: requests made up from it, by the hundred, get the answers that it promises.

Good ones and bad ones, for checks that are there and for checks that are not: no 5xx, no status, type or body that
the document does not name.
"""

from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, assume, given, settings
from schemathesis.checks import CHECKS
from schemathesis.generation import GenerationMode
from schemathesis.schemas import APIOperation, BaseSchema

from tests.serving import conforming

EXAMPLES = 40  # of each operation, thrice: good, good for a check that is there, bad
HELD = ("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance")


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    with conforming(tmp_path_factory.mktemp("openapi")) as ready:
        yield ready


@pytest.fixture(scope="module")
def schema(ready: dict[str, str]) -> BaseSchema:
    return schemathesis.openapi.from_url(f"{ready['base']}/api/v3/openapi.json", timeout=10)


Operation = APIOperation[Any, Any, Any, Any]


def operations(schema: BaseSchema) -> list[Operation]:
    results: list[Any] = list(schema.get_all_operations())  # an `Err` has no `ok`: a faulty document fails here
    return [found.ok() for found in results]


def test_the_document_names_every_route_and_verb_beside_its_own(schema: BaseSchema) -> None:
    assert {operation.label for operation in operations(schema)} == {
        "GET /checks/",
        "POST /checks/",
        "GET /checks/{code}",
        "POST /checks/{code}",
        "DELETE /checks/{code}",
        "GET /checks/{unique_key}",
        "POST /checks/{code}/pause",
        "POST /checks/{code}/resume",
        "POST /checks/{code}/snooze",
        "POST /checks/{code}/unsnooze",
        "POST /checks/{code}/ack",
        "GET /checks/{code}/pings/",
        "GET /checks/{code}/pings/{n}/body",
        "GET /checks/{code}/flips/",
        "GET /checks/{unique_key}/flips/",
        "GET /channels/",
        "GET /escalations/",
        "POST /escalations/",
        "DELETE /escalations/{policy}",
        "GET /badges/",
        "GET /status/",
    }


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_requests_made_up_from_it_get_the_answers_that_it_promises(
    ready: dict[str, str], schema: BaseSchema, mode: GenerationMode
) -> None:
    for operation in operations(schema):
        can_be_wrong = bool(operation.body or list(operation.iter_parameters()))
        if can_be_wrong or mode is GenerationMode.POSITIVE:
            ask(ready, operation, mode, there={})


def test_and_so_do_those_for_a_check_that_is_there(ready: dict[str, str], schema: BaseSchema) -> None:
    headers = {"X-Api-Key": ready["api_key"]}
    made = requests.post(f"{ready['base']}/api/v3/checks/", json={"slug": "there"}, headers=headers, timeout=10).json()
    requests.post(f"{made['ping_url']}/start", data="hello", timeout=10).raise_for_status()
    for operation in operations(schema):
        if "{code}" in operation.path and operation.method != "delete":
            there = {"code": made["uuid"]} | ({"n": 1} if "{n}" in operation.path else {})
            ask(ready, operation, GenerationMode.POSITIVE, there=there)


def ask(ready: dict[str, str], operation: Operation, mode: GenerationMode, *, there: dict[str, object]) -> None:
    """Make up requests for an operation, and hold the answers against the document."""
    checks: list[Any] = CHECKS.get_by_names(list(HELD))
    with requests.Session() as session:
        session.trust_env = False

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(mode, path_parameters=there or None))
        def answers_as_promised(case: schemathesis.Case[Any]) -> None:
            assume("?" not in "".join(map(str, case.path_parameters.values())))  # API Gateway cuts a path there
            case.headers["X-Api-Key"] = ready["api_key"]
            response = case.call(session=session, timeout=20)
            case.validate_response(response, checks=checks)

        answers_as_promised()
