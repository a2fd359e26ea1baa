"""DynamoDB in memory, where botocore would send a request: all that comes before is botocore's own.

A call costs a tenth of moto's. Placeholders that are not used or not given and reserved words are refused, as DynamoDB
does. Start at `dynamodb_in_memory`. That the engine answers as moto does is proved in `test_crash_points`.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, cast

import pytest
from botocore.awsrequest import AWSResponse
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from botocore.parsers import create_parser
from moto.dynamodb.parsing.reserved_keywords import ReservedKeywords

from benchmarks.in_memory import Dynamo

_EXPRESSIONS = ("Condition", "Update", "KeyCondition", "Filter", "Projection")
_SYNTAX = {"SET", "ADD", "REMOVE", "DELETE", "AND", "OR", "NOT", "SIZE", "BETWEEN", "IN"}
_PARSER = create_parser("json")


@contextmanager
def dynamodb_in_memory() -> Iterator[Dynamo]:
    """Let every client of DynamoDB in this process talk to an empty engine while the block runs."""
    engine, clients = Dynamo(), cast("Any", BaseClient)  # its stubs leave out what is private
    send = clients._make_request

    def answer(client: Any, model: Any, request: dict[str, Any], context: Any) -> Any:
        if model.service_model.service_name != "dynamodb":
            return send(client, model, request, context)
        asked = json.loads(request["body"])
        try:
            _refuse_what_dynamodb_refuses(model.name, asked)
            return _answered(200, model.output_shape, engine._make_api_call(model.name, asked))
        except ClientError as error:
            item = {name: value for name, value in error.response.items() if name == "Item"}
            get_item = model.service_model.operation_model("GetItem")
            response, parsed = _answered(400, get_item.output_shape, item)
            return response, parsed | {"Error": error.response["Error"]}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clients, "_make_request", answer)
        yield engine


def _answered(status: int, shape: Any, body: dict[str, Any]) -> tuple[AWSResponse, dict[str, Any]]:
    content = {"body": json.dumps(body).encode(), "headers": {}, "status_code": 200}
    parsed: dict[str, Any] = _PARSER.parse(content, shape)
    parsed["ResponseMetadata"] |= {"HTTPStatusCode": status, "RetryAttempts": 0}
    return AWSResponse("", status, {}, None), parsed  # type: ignore[arg-type]  # nobody reads its body


def _refuse_what_dynamodb_refuses(operation: str, asked: dict[str, Any]) -> None:
    text = " ".join(asked.get(f"{each}Expression", "") for each in _EXPRESSIONS)
    used, reserved = _words(text)
    given = {*asked.get("ExpressionAttributeNames", ()), *asked.get("ExpressionAttributeValues", ())}
    if reserved or used != given:
        message = f"reserved: {sorted(reserved)}, unused or undefined: {sorted(used ^ given)} in {text}"
        raise ClientError({"Error": {"Code": "ValidationException", "Message": message}}, operation)


@lru_cache(maxsize=4_096)
def _words(expressions: str) -> tuple[frozenset[str], frozenset[str]]:
    """The placeholders of some expressions, and the reserved words that stand where a name should."""
    words = frozenset(re.findall(r"[#:]?\w+", expressions))
    plain = {word.upper() for word in words if word[0] not in "#:"} - _SYNTAX
    reserved = plain & set(ReservedKeywords.get_reserved_keywords())
    return frozenset(word for word in words if word[0] in "#:"), frozenset(reserved)
