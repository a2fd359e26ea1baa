"""Lists that are longer than one answer of DynamoDB, and longer than one of Lambda."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from botocore.awsrequest import AWSResponse

from benchmarks.in_memory import in_memory
from chalicelib.domain.check import Check
from chalicelib.domain.config import Config
from chalicelib.domain.configure import new_check
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.ids import Code
from chalicelib.store import batch_get, checks
from chalicelib.store.codecs import check_codec
from tests.integration.conftest import Deployment
from tests.integration.faults import throttled
from tests.integration.putting import put_all
from tests.integration.web.calling import Api, unzipped


def code_of(number: int) -> Code:
    return Code(str(UUID(int=number, version=4)))


def many(deployment: Deployment, count: int, *, desc: str = "", slug: str = "") -> list[Check]:
    """As many checks, each a minute younger than the one before."""
    return [
        new_check(
            code_of(number),
            project="default",
            config=Config(name=f"job {number}", slug=f"job-{number}{slug}", tags=f"t{number % 100}", desc=desc),
            now=deployment.now + timedelta(minutes=number),
        )
        for number in range(count)
    ]


def add_many(deployment: Deployment, count: int, **said: str) -> None:
    """The same, written past the API."""
    rows = [check_codec.to_item(check) for check in many(deployment, count, **said)]
    put_all("overdue-test-checks", rows, deployment.wiring.ports.tables.client)


@contextmanager
def counted(client: Any) -> Iterator[Counter[str]]:
    """How often each operation is called."""
    calls: Counter[str] = Counter()

    def count(model: Any, **_: Any) -> None:
        calls[model.name] += 1

    client.meta.events.register("before-call.dynamodb", count)
    try:
        yield calls
    finally:
        client.meta.events.unregister("before-call.dynamodb", count)


@pytest.mark.not_on_dynalite("its engine is in memory")
def test_ten_thousand_checks_are_listed_whole_and_oldest_first(deployment: Deployment) -> None:
    with in_memory(deployment.wiring) as (wiring, _, _):  # moto would take half a minute
        for check in many(deployment, 10_000):
            checks.create(wiring.ports.tables, check)
        answer = Api(deployment).call("GET", "/checks/", headers={"Accept-Encoding": "gzip, deflate"})
    assert [check["name"] for check in unzipped(answer)["checks"]] == [f"job {number}" for number in range(10_000)]


@pytest.mark.on_moto("it ends a page at a megabyte")
def test_keys_of_more_than_a_megabyte_are_read_page_by_page(deployment: Deployment) -> None:
    add_many(deployment, 1_200, slug="-" * 1_000)
    with counted(deployment.wiring.ports.tables.client) as calls:
        answer = Api(deployment).call("GET", "/checks/", headers={"Accept-Encoding": "gzip, deflate"})
    assert [check["name"] for check in unzipped(answer)["checks"]] == [f"job {number}" for number in range(1_200)]
    assert calls["BatchGetItem"] == 12
    assert calls["Query"] >= 3  # two pages of keys at least, as engines count bytes, and one of channels


def test_a_list_that_a_lambda_cannot_answer_says_which_filter_helps(deployment: Deployment) -> None:
    add_many(deployment, 200, desc="\U0001f680" * 3_000)
    api = Api(deployment)
    answer = api.call("GET", "/checks/")
    assert answer.status == 413
    assert "?tag=" in json.loads(answer.text)["error"]
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert len(api.get("/checks/", query={"tag": "t7"})["checks"]) == 2
    assert len(unzipped(api.call("GET", "/checks/", headers={"Accept-Encoding": "gzip"}))["checks"]) == 200


@contextmanager
def leaving_out(client: Any, table: str, *, times: int) -> Iterator[None]:
    """Let DynamoDB answer a BatchGet with the first key only, so many times."""
    left = [times]

    def answer(params: dict[str, Any], **_: Any) -> tuple[AWSResponse, dict[str, Any]] | None:
        wanted = json.loads(params["body"])["RequestItems"][table]["Keys"]
        if not left[0] or len(wanted) < 2:
            return None
        left[0] -= 1
        got = client.get_item(TableName=table, Key=wanted[0])["Item"]
        unprocessed = {table: {"Keys": wanted[1:], "ConsistentRead": True}}
        said = {"Responses": {table: [got]}, "UnprocessedKeys": unprocessed}
        return AWSResponse("", 200, {}, None), said  # type: ignore[arg-type]  # nobody reads its headers

    client.meta.events.register_first("before-call.dynamodb.BatchGetItem", answer)
    try:
        yield
    finally:
        client.meta.events.unregister("before-call.dynamodb.BatchGetItem", answer)


def test_keys_that_are_left_unprocessed_are_asked_for_again_after_a_pause(deployment: Deployment) -> None:
    add_many(deployment, 5)
    tables, pauses = deployment.wiring.ports.tables, list[float]()
    with leaving_out(tables.client, tables.checks, times=3):
        found = batch_get.checks(tables, [code_of(number) for number in range(5)], sleep=pauses.append)
    assert [check.config.name for check in found] == [f"job {number}" for number in range(5)]
    assert len(pauses) == 3
    assert all(0.02 < pause < 0.4 for pause in pauses)


def test_keys_that_stay_unprocessed_end_in_a_refusal(deployment: Deployment) -> None:
    add_many(deployment, 50)
    tables, pauses = deployment.wiring.ports.tables, list[float]()
    with leaving_out(tables.client, tables.checks, times=100), pytest.raises(Unavailable):
        batch_get.checks(tables, [code_of(number) for number in range(50)], sleep=pauses.append)
    assert (len(pauses), sum(pauses) < 5) == (6, True)


def test_a_throttled_list_is_a_503_that_says_when_to_come_again(deployment: Deployment) -> None:
    api = Api(deployment)
    api.get("/checks/")
    with throttled(deployment.wiring.ports.tables.client, "Query"):
        answer = api.call("GET", "/checks/")
    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    assert json.loads(answer.text) == {"error": "try again in a few seconds"}


def test_a_check_that_went_while_it_was_listed_is_left_out(deployment: Deployment) -> None:
    add_many(deployment, 3)
    tables = deployment.wiring.ports.tables
    wanted = [code_of(number) for number in (0, 1, 2, 77)]
    found = batch_get.checks(tables, wanted, sleep=lambda _: None)
    assert [check.code for check in found] == wanted[:3]
