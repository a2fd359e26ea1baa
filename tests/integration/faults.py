"""Faults of AWS, made where botocore would have sent the request."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.exceptions import EndpointConnectionError

Matches = Callable[[dict[str, Any]], bool]


@contextmanager
def throttled(client: Any, *operations: str, only: Matches = lambda _: True) -> Iterator[list[str]]:
    """Refuse calls as DynamoDB does when it is asked for too much; yields the operations refused."""
    refused: list[str] = []

    def refuse(model: Any, params: dict[str, Any], **_: Any) -> tuple[AWSResponse, dict[str, Any]] | None:
        if not only(params):
            return None
        refused.append(model.name)
        answer = AWSResponse("", 400, {}, None)  # type: ignore[arg-type]  # nobody reads its headers
        code = "ProvisionedThroughputExceededException"
        return answer, {"Error": {"Code": code, "Message": ""}, "ResponseMetadata": {"HTTPStatusCode": 400}}

    with _registered(client, operations, refuse):
        yield refused


@contextmanager
def away(client: Any, *operations: str) -> Iterator[None]:
    """Let nobody answer."""

    def fail(**_: Any) -> None:
        raise EndpointConnectionError(endpoint_url="https://dynamodb.example.com")

    with _registered(client, operations, fail):
        yield


@contextmanager
def _registered(client: Any, operations: tuple[str, ...], handler: Callable[..., Any]) -> Iterator[None]:
    service = client.meta.service_model.service_id.hyphenize()
    names = [f"before-call.{service}.{operation}" for operation in operations]
    for name in names:
        client.meta.events.register_first(name, handler)
    try:
        yield
    finally:
        for name in names:
            client.meta.events.unregister(name, handler)
