"""Many checks at once: their codes from the index of slugs, their items in batches.

A list of 1,000 checks costs a query per 1 MB of keys (about 9,000 checks) and a BatchGet per 100. The index may
lag by some milliseconds; the items are read strongly, so what is listed is as it is.

The retries are hand-written because botocore does not ask again for keys that DynamoDB leaves unprocessed.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from chalicelib import log
from chalicelib.domain.check import Check
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.ids import Code, short
from chalicelib.store.codecs import check_codec
from chalicelib.store.tables import Tables, talking

BATCH = 100  # keys, DynamoDB's own limit of a BatchGet
MOST_TRIES = 6  # of what DynamoDB has left out: with the pauses below, three seconds
FIRST_PAUSE_S = 0.05


def codes(tables: Tables, project: str) -> list[Code]:
    """The codes of a project's checks, in no order that means anything. Raises Unavailable."""
    call: dict[str, Any] = {
        "TableName": tables.checks,
        "IndexName": "slugs",
        "KeyConditionExpression": "#project = :project",
        "ExpressionAttributeNames": {"#project": "project"},  # one of DynamoDB's own words
        "ExpressionAttributeValues": {":project": {"S": project}},
        "ProjectionExpression": "code",
    }
    found: list[Code] = []
    while True:
        with talking:
            page = tables.client.query(**call)
        found += [Code(row["code"]["S"]) for row in page["Items"]]
        if "LastEvaluatedKey" not in page:
            return found
        call["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def checks(tables: Tables, wanted: Sequence[Code], *, sleep: Callable[[float], None]) -> list[Check]:
    """These checks, oldest first, without those that are not there any more. Raises Unavailable."""
    found = [check_codec.from_item(item) for item in undecoded(tables, wanted, sleep=sleep)]
    return sorted(found, key=lambda check: (check.created_at, check.code))


def readable_checks(tables: Tables, wanted: Sequence[Code], *, sleep: Callable[[float], None]) -> list[Check]:
    """The same without those whose items cannot be decoded, in no order. Raises Unavailable."""
    found: list[Check] = []
    for item in undecoded(tables, wanted, sleep=sleep):
        try:
            found.append(check_codec.from_item(item))
        except Exception:  # noqa: BLE001  # the boundary between a check and its neighbours
            log.crash("check_unreadable", check=short(Code(item["code"]["S"])))
    return found


def undecoded(tables: Tables, wanted: Sequence[Code], *, sleep: Callable[[float], None]) -> list[check_codec.Item]:
    """The undecoded items of these checks, in no order, because decoding one may fail.

    A strongly consistent BatchGet per 100. Raises Unavailable.
    """
    read = {"ConsistentRead": True}
    return [item for keys in _batches(wanted) for item in _batch(tables, keys, read, sleep)]


def undecoded_at_once(tables: Tables, wanted: Sequence[Code]) -> tuple[list[check_codec.Item], list[Code]]:
    """The undecoded items of up to 100 checks, and the codes that DynamoDB left out of two answers.

    Does not pause before the second read, because one hot key must not delay other checks. Raises Unavailable.
    """
    found: list[check_codec.Item] = []
    left: Any = {tables.checks: {"Keys": [{"code": {"S": code}} for code in wanted], "ConsistentRead": True}}
    for _ in range(2):
        with talking:
            answer = tables.client.batch_get_item(RequestItems=left)
        found += answer["Responses"].get(tables.checks, ())
        left = answer.get("UnprocessedKeys")
        if not left:
            return found, []
    return found, [Code(key["code"]["S"]) for key in left[tables.checks]["Keys"]]


def projects(tables: Tables, wanted: Sequence[Code], *, sleep: Callable[[float], None]) -> dict[Code, str]:
    """The project of each of these checks; "" if its item has none.

    A BatchGet per 100, half a read unit per check. Raises Unavailable.
    """
    read = {"ProjectionExpression": "code, #project", "ExpressionAttributeNames": {"#project": "project"}}
    found = (item for keys in _batches(wanted) for item in _batch(tables, keys, read, sleep))
    return {Code(item["code"]["S"]): item.get("project", {}).get("S", "") for item in found}


def _batches(wanted: Sequence[Code]) -> Iterator[Sequence[Code]]:
    return (wanted[start : start + BATCH] for start in range(0, len(wanted), BATCH))


def _batch(
    tables: Tables, keys: Sequence[Code], read: dict[str, Any], sleep: Callable[[float], None]
) -> list[check_codec.Item]:
    """One batch; what DynamoDB leaves out, when throttled or past 16 MB, is asked for again after a pause."""
    left: Any = {tables.checks: {"Keys": [{"code": {"S": code}} for code in keys], **read}}
    found: list[check_codec.Item] = []
    for attempt in range(MOST_TRIES):
        with talking:
            answer = tables.client.batch_get_item(RequestItems=left)
        found += answer["Responses"].get(tables.checks, ())
        left = answer.get("UnprocessedKeys")
        if not left:
            return found
        sleep(FIRST_PAUSE_S * (1 << attempt) * random.uniform(0.5, 1.5))  # noqa: S311  # no secret
    raise Unavailable("DynamoDB leaves checks out of its answers: try again in a few seconds")
