"""Many checks at once: their codes from the index of slugs, their items in batches.

A list of 1,000 checks costs a query per 1 MB of keys (about 9,000 checks) and a BatchGet per 100. The index may
lag by some milliseconds; the items are read strongly, so what is listed is as it is.
"""

import random
from collections.abc import Callable, Sequence
from typing import Any

from chalicelib.domain.check import Check, Code
from chalicelib.store import items
from chalicelib.store.tables import Tables, Unavailable, talking

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
    batches = (wanted[start : start + BATCH] for start in range(0, len(wanted), BATCH))
    found = [check for keys in batches for check in _batch(tables, keys, sleep)]
    return sorted(found, key=lambda check: (check.created_at, check.code))


def _batch(tables: Tables, keys: Sequence[Code], sleep: Callable[[float], None]) -> list[Check]:
    """One batch; what DynamoDB leaves out, when throttled or past 16 MB, is asked for again after a pause."""
    left: Any = {tables.checks: {"Keys": [{"code": {"S": code}} for code in keys], "ConsistentRead": True}}
    found: list[Check] = []
    for attempt in range(MOST_TRIES):
        with talking:
            answer = tables.client.batch_get_item(RequestItems=left)
        found += [items.from_item(item) for item in answer["Responses"].get(tables.checks, ())]
        left = answer.get("UnprocessedKeys")
        if not left:
            return found
        sleep(FIRST_PAUSE_S * (1 << attempt) * random.uniform(0.5, 1.5))  # noqa: S311  # no secret
    raise Unavailable("DynamoDB leaves checks out of its answers: try again in a few seconds")
