"""No hostile request is answered with a 5xx, leaves a trace of our code, or changes anything when it is refused.

The same requests meet the handler as API Gateway would call it, and the local server as bytes on a socket. A failure
names the seed and the number of the request: `make fuzz ARGS="--seed N"` sends the same again.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from random import Random
from typing import Any

import pytest

import app as lambda_app
from chalicelib.domain.keys import Key, Scope
from chalicelib.store.registry import projects
from overdue.local import gateway
from overdue.local.clock import Clock
from overdue.local.server import serve
from tests.fuzz.conftest import Dose
from tests.fuzz.hostile import Hostile, Known, a_request
from tests.fuzz.wire import Answered, exchanged, raw
from tests.integration.conftest import PING_KEY, Deployment
from tests.wsgi import a_request as wsgi_request

pytestmark = pytest.mark.on_moto("it refuses hostile values as DynamoDB does")

ROUND = 100  # requests, between which all that they have made is cleared away
WRITES = ("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems")
LEAKS = (b"Traceback (most recent call last)", b'File "', b"site-packages", b"botocore", b"chalicelib", b"AWS_")
BASE = "https://overdue.example.com"

Send = Callable[[Hostile, Random], Answered]


def test_the_handler_bears_hostile_requests(deployment: Deployment, dose: Dose) -> None:
    """Also those that no server would let through."""
    print(assert_all_borne(deployment, dose, _to_handler))


def test_the_local_server_bears_hostile_requests(
    deployment: Deployment, dose: Dose, capsys: pytest.CaptureFixture[str]
) -> None:
    server = serve(lambda_app.app, host="127.0.0.1", port=0, clock=Clock(1.0), local_routes={}, timeout_s=20)
    try:
        told = assert_all_borne(
            deployment, dose, lambda request, chance: exchanged(server.port, raw(request, chance, port=server.port))
        )
    finally:
        server.stop()
    assert "Traceback" not in capsys.readouterr().err
    with capsys.disabled():
        print(told)


def _to_handler(request: Hostile, chance: Random) -> Answered:
    headers = request.headers
    if chance.random() < 0.5:  # API Gateway writes them so
        headers = tuple((name.lower(), value) for name, value in headers)
    asked = wsgi_request(request.target, method=request.verb, headers=headers, body=request.body, peer="203.0.113.1")
    event = gateway.event(asked, epoch_ms=1_772_366_400_000, base=BASE)
    answer = gateway.answer(lambda_app.app(event, gateway.Context("fuzz")))
    headers_sent = {name.lower(): value for name, value in answer.headers}
    return Answered(answer.status_code, headers_sent, answer.get_data())


def assert_all_borne(deployment: Deployment, dose: Dose, send: Send) -> str:
    """Send them one after the other, and judge each; how often each status came."""
    chance = Random(dose.seed)
    end = time.monotonic() + dose.seconds
    tables, statuses, makings = Tables(deployment), Counter[int | None](), Counter[int | None]()
    for number in range(dose.requests):
        if number % ROUND == 0:
            known = furnished(deployment)
        if time.monotonic() > end:
            break
        request = a_request(chance, known)
        with tables.watched() as changed:
            answer = send(request, Random(f"{dose.seed} {number}"))
        statuses[answer.status] += 1
        makings[answer.status] += "create=1" in request.target and request.target.startswith("/ping/")
        told = f"--seed {dose.seed}, request {number}: {request.verb} {request.target[:200]!r} {request.headers} "
        told += f"{request.body[:200]!r} → {answer.status} {answer.body[:200]!r}"
        assert not faults(answer), f"{faults(answer)}: {told}"
        is_taken = answer.status is not None and answer.status < 400
        assert is_taken or not changed(), f"it was refused and changed: {told}"
    assert statuses.total() == dose.requests, _too_few(statuses.total(), dose)
    assert deployment.ping(deployment.add(name="afterwards")).status == 200
    assert len(statuses) >= 5, "they are all answered alike: the requests are not what they should be"
    assert makings[201], f"no ping has made its check: {makings}"
    assert makings[400], f"none that would have made its check was refused: {makings}"
    return f"\n--seed {dose.seed}: {statuses.total():,} requests, answered {dict(statuses.most_common())}"


def _too_few(sent: int, dose: Dose) -> str:
    return (
        f"only {sent:,} of {dose.requests:,} requests were sent in {dose.seconds:g} s, none of them with a fault: "
        f'give them longer, as with make fuzz ARGS="--seconds {3 * dose.seconds:.0f} --seed {dose.seed}"'
    )


def faults(answer: Answered) -> list[str]:
    """What no answer may be."""
    found = []
    if answer.status is None and answer.was_owed:
        found.append("no answer")
    if answer.status is not None and answer.status >= 500 and answer.status != HTTPStatus.HTTP_VERSION_NOT_SUPPORTED:
        found.append("a 5xx")
    if answer.status is not None and not answer.headers.get("content-type"):
        found.append("no Content-Type")
    if any(leak in answer.body for leak in LEAKS):
        found.append("a leak")
    return found


def furnished(deployment: Deployment) -> Known:
    """Nothing but two keys of the API, one for pings, and one check."""
    client = deployment.wiring.ports.tables.client
    keys = {"checks": ("code",), "history": ("code", "sort"), "registry": ("pk", "sk")}
    for table, names in keys.items():
        for row in _rows(client, f"overdue-test-{table}"):
            client.delete_item(TableName=f"overdue-test-{table}", Key={name: row[name] for name in names})
    deployment.wiring.registry.forget()
    for secret, scope in (("W" * 32, Scope.READ_WRITE), ("R" * 32, Scope.READ_ONLY), (PING_KEY, Scope.PING)):
        projects.add_key(secret, Key("default", scope, f"key {scope}"), now=deployment.now)
    deployment.wiring.registry.badge_secret(now=deployment.now)  # the first badge makes it, asked for rightly or not
    code = deployment.add(name="known")
    return Known(code=code, slug="known", ping_key=PING_KEY, api_key="W" * 32, readonly_key="R" * 32)


class Tables:
    """Whether a request has changed anything: looked up only when it has written at all."""

    def __init__(self, deployment: Deployment) -> None:
        self._client: Any = deployment.wiring.ports.tables.client
        self._writes: list[str] = []

    @contextmanager
    def watched(self) -> Iterator[Callable[[], bool]]:
        """What is done within the block."""
        before: dict[str, Any] = {}

        def note(model: Any, **_: Any) -> None:
            if model.name in WRITES and not self._writes:
                before.update(self._content())
            if model.name in WRITES:
                self._writes.append(model.name)

        self._writes.clear()
        self._client.meta.events.register_first("before-call.dynamodb", note)
        try:
            yield lambda: bool(self._writes) and self._content() != before
        finally:
            self._client.meta.events.unregister("before-call.dynamodb", note)

    def _content(self) -> Mapping[str, Any]:
        return {
            table: sorted(map(repr, _rows(self._client, f"overdue-test-{table}")))
            for table in ("checks", "history", "registry")
        }


def _rows(client: Any, table: str) -> Iterator[dict[str, Any]]:
    pages = client.get_paginator("scan").paginate(TableName=table)
    return (row for page in pages for row in page["Items"])


def a_dose() -> Dose:
    return Dose(seed=1, requests=20, seconds=60.0)


def test_a_bug_of_ours_would_be_noticed(deployment: Deployment) -> None:
    def bug(**_: Any) -> None:
        raise ZeroDivisionError("a bug of ours")

    events = deployment.wiring.ports.tables.client.meta.events
    events.register("before-call.dynamodb.UpdateItem", bug)
    try:
        with pytest.raises(AssertionError, match=r"a 5xx.*--seed 1, request "):
            assert_all_borne(deployment, a_dose(), _to_handler)
    finally:
        events.unregister("before-call.dynamodb.UpdateItem", bug)


def test_what_a_refused_request_has_written_would_be_noticed(deployment: Deployment) -> None:
    def write_and_refuse(_request: Hostile, _chance: Random) -> Answered:
        deployment.add(name="made on the way")
        return Answered(400, {"content-type": "text/plain"}, b"no")

    with pytest.raises(AssertionError, match="it was refused and changed"):
        assert_all_borne(deployment, a_dose(), write_and_refuse)


def test_requests_that_time_was_too_short_for_are_told_of(deployment: Deployment) -> None:
    with pytest.raises(AssertionError, match=r"only 0 of 20 requests were sent in 0 s.*--seconds"):
        assert_all_borne(deployment, Dose(seed=1, requests=20, seconds=0.0), _to_handler)


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (Answered(500, {"content-type": "text/plain"}, b""), ["a 5xx"]),
        (Answered(505, {"content-type": "text/plain"}, b""), []),
        (Answered(200, {}, b""), ["no Content-Type"]),
        (Answered(400, {"content-type": "text/html"}, b'... File "/var/task/app.py"'), ["a leak"]),
        (Answered(None, {}, b""), ["no answer"]),
        (Answered(None, {}, b"", was_owed=False), []),
    ],
)
def test_faults_of_an_answer_are_found(answer: Answered, found: list[str]) -> None:
    assert faults(answer) == found
