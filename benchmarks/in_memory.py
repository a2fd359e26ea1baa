"""DynamoDB and SNS as far as Overdue asks them, in memory: for fleets and faults that moto would take hours for.

Conditions are honoured and a write is atomic, as DynamoDB's are; what is not asked for anywhere raises. Start at
`in_memory`. That it answers as moto does is proved in tests/integration/test_crash_points.py.
"""

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from threading import RLock
from typing import Any

from botocore.exceptions import ClientError

from benchmarks.expressions import Asked, Item, condition, plain, updated
from chalicelib.runtime import Wiring
from chalicelib.store.tables import CONDITION_FAILED, SHARDS, CheckItem, HistoryItem, RegistryItem

Between = Callable[[str, Asked, Callable[[], Any]], Any]

_MODELS = (CheckItem, HistoryItem, RegistryItem)
_KEYS = {"checks": ("code", ""), "history": ("code", "sort"), "registry": ("pk", "sk")}
_HASHES = {"slugs": "project", "flips": "flip_project"}
_RANGES = {"slugs": "slug", "flips": "flip_at"}
_SLUG_KEYS = ("code", "project", "slug")  # what its index holds


@contextmanager
def in_memory(wiring: Wiring) -> Iterator[tuple[Wiring, "Dynamo", "Sns"]]:
    """Let a wiring talk to engines in memory, which are empty, while the block runs."""
    dynamo, sns = Dynamo(), Sns()
    client: Any = dynamo
    publisher = wiring.publisher
    before, clients = wiring.ports, [publisher._sns, *(_connection(model)._client for model in _MODELS)]
    _talk_to(wiring, replace(before, tables=replace(before.tables, client=client)), [sns, *(client for _ in _MODELS)])
    try:
        yield wiring, dynamo, sns
    finally:
        _talk_to(wiring, before, clients)


def _talk_to(wiring: Wiring, ports: Any, clients: list[Any]) -> None:
    wiring.ports = ports
    wiring.registry.forget()
    wiring.publisher.forget()
    wiring.publisher._sns, *others = clients
    for model, client in zip(_MODELS, others, strict=True):
        _connection(model)._client = client


def _connection(model: Any) -> Any:
    return model._get_connection().connection


def plainly(_: str, __: Asked, effect: Callable[[], Any]) -> Any:
    """Nothing comes between a call and its effect."""
    return effect()


@dataclass
class Sns:
    """A client of SNS that remembers what was published."""

    published: list[Asked] = field(default_factory=list)
    between: Between = plainly

    def publish(self, **asked: Any) -> Any:
        """One message."""
        return self.between("Publish", asked, partial(self.published.append, asked))


class Dynamo:
    """A client of DynamoDB whose tables are dicts. `between` may come between each call and its effect."""

    _request_signer = None  # pynamodb asks it for its credentials

    def __init__(self) -> None:
        self._lock = RLock()
        self.forget()

    def forget(self) -> None:
        """Be empty again."""
        self.between: Between = plainly
        self.rows: dict[str, dict[str, dict[str, Item]]] = {table: defaultdict(dict) for table in _KEYS}
        self._due: list[list[tuple[float, str]]] = [[] for _ in range(SHARDS)]
        self.page_rows: int | None = None  # None: no page ends

    def is_due_by(self, at: datetime) -> bool:
        """Whether the index of checks that are due holds one for this instant, past the calls that a sweep makes."""
        return any(rows and rows[0][0] <= at.timestamp() for rows in self._due)

    def _make_api_call(self, operation: str, asked: Asked) -> Any:
        return self.between(operation, asked, partial(self._answer, operation, asked))

    def get_item(self, **asked: Any) -> Any:
        """As botocore's; so are the others."""
        return self._make_api_call("GetItem", asked)

    def put_item(self, **asked: Any) -> Any:
        """One item."""
        return self._make_api_call("PutItem", asked)

    def update_item(self, **asked: Any) -> Any:
        """One item."""
        return self._make_api_call("UpdateItem", asked)

    def delete_item(self, **asked: Any) -> Any:
        """One item."""
        return self._make_api_call("DeleteItem", asked)

    def query(self, **asked: Any) -> Any:
        """All rows at once, unless `page_rows` of the index of due checks make a page."""
        return self._make_api_call("Query", asked)

    def batch_get_item(self, **asked: Any) -> Any:
        """Up to 100 items."""
        return self._make_api_call("BatchGetItem", asked)

    def batch_write_item(self, **asked: Any) -> Any:
        """Up to 25 puts of one table."""
        return self._make_api_call("BatchWriteItem", asked)

    def _answer(self, operation: str, asked: Asked) -> Any:
        with self._lock:
            match operation:
                case "GetItem":
                    found = self._row(asked["TableName"], asked["Key"])
                    return {} if found is None else {"Item": found}
                case "PutItem":
                    return self._write(operation, asked, asked["Item"], lambda _: dict(asked["Item"]))
                case "UpdateItem":
                    return self._write(operation, asked, asked["Key"], lambda old: updated(old, asked))
                case "DeleteItem":
                    return self._write(operation, asked, asked["Key"], lambda _: None)
                case "Query" | "Scan":
                    rows = list(self._found(asked))
                    answer = {"Items": rows, "Count": len(rows), "ScannedCount": len(rows)}
                    is_page = asked.get("IndexName") == "due" and len(rows) == self.page_rows
                    return answer | ({"LastEvaluatedKey": rows[-1]} if is_page else {})
                case "BatchGetItem":
                    [(table, wanted)] = asked["RequestItems"].items()
                    rows = [row for key in wanted["Keys"] if (row := self._row(table, key)) is not None]
                    return {"Responses": {table: rows}, "UnprocessedKeys": {}}
                case "BatchWriteItem":
                    [(table, puts)] = asked["RequestItems"].items()
                    for put in puts:
                        item = dict(put["PutRequest"]["Item"])
                        self._write(operation, {"TableName": table}, item, partial(_replaced, item))
                    return {"UnprocessedItems": {}}
        raise NotImplementedError(operation)

    def _row(self, name: str, key: Item) -> Item | None:
        table, hashed, ranged = _place(name, key)
        return self.rows[table].get(hashed, {}).get(ranged)

    def _write(self, operation: str, asked: Asked, key: Item, change: Callable[[Item], Item | None]) -> Any:
        table, hashed, ranged = _place(asked["TableName"], key)
        rows = self.rows[table][hashed]
        old = rows.get(ranged)
        wanted = asked.get("ConditionExpression")
        if wanted is not None and not condition(wanted)(old or {}, asked):
            answer: Any = {"Error": {"Code": CONDITION_FAILED, "Message": ""}, "ResponseMetadata": {}}
            if old is not None and asked.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD":
                answer["Item"] = old
            raise ClientError(answer, operation)
        new = change(dict(old) if old is not None else dict(key))
        if new is None:
            rows.pop(ranged, None)
        else:
            rows[ranged] = new
        if table == "checks":
            self._index(hashed, old or {}, new or {})
        return {"Attributes": old if operation == "DeleteItem" else new}

    def _index(self, code: str, old: Item, new: Item) -> None:
        if old.get("due_at") == new.get("due_at"):
            return
        if "due_at" in old:
            self._due[int(old["due_shard"]["N"])].remove((float(old["due_at"]["N"]), code))
        if "due_at" in new:
            insort(self._due[int(new["due_shard"]["N"])], (float(new["due_at"]["N"]), code))

    def _found(self, asked: Asked) -> Iterator[Item]:
        index, limit = asked.get("IndexName"), asked.get("Limit")
        if index == "due":
            yield from self._found_due(asked, limit)
            return
        table = _place(asked["TableName"], {})[0]
        kept = [condition(asked[name]) for name in ("KeyConditionExpression", "FilterExpression") if name in asked]
        hashes = self.rows[table].values() if index is not None or not kept else self._of_hash(table, asked)
        rows = [row for each in hashes for row in each.values() if all(keeps(row, asked) for keeps in kept)]
        if index is not None:
            rows = [row for row in rows if _HASHES[index] in row]
        ranged = _RANGES[index] if index is not None else _KEYS[table][1]
        rows.sort(key=lambda row: plain(row[ranged]) if ranged else "", reverse=not asked.get("ScanIndexForward", True))
        for row in rows[:limit]:
            yield {name: row[name] for name in _SLUG_KEYS} if index == "slugs" else row

    def _of_hash(self, table: str, asked: Asked) -> list[dict[str, Item]]:
        if "KeyConditionExpression" not in asked:
            return list(self.rows[table].values())
        values = {value["S"] for value in asked["ExpressionAttributeValues"].values() if "S" in value}
        return [self.rows[table][value] for value in values if value in self.rows[table]]

    def _found_due(self, asked: Asked, limit: int | None) -> Iterator[Item]:
        """Its shard is a small number, its bound an epoch."""
        shard, bound = sorted(float(value["N"]) for value in asked["ExpressionAttributeValues"].values())
        rows = self._due[int(shard)]
        at = bisect_right(rows, (bound, "~"))
        start = asked.get("ExclusiveStartKey")
        begin = 0 if start is None else bisect_right(rows, (float(start["due_at"]["N"]), start["code"]["S"]))
        found = rows[at:] if ">" in asked["KeyConditionExpression"] else rows[begin:at]
        for due_at, code in found[: min(limit or len(rows), self.page_rows or len(rows))]:
            yield {"code": {"S": code}, "due_shard": {"N": str(int(shard))}, "due_at": {"N": repr(due_at)}}


def _replaced(new: Item, _: Item) -> Item:
    return new


def _place(name: str, key: Item) -> tuple[str, str, str]:
    table = name.rpartition("-")[2]
    hashed, ranged = _KEYS[table]
    return table, key[hashed]["S"] if key else "", key[ranged]["S"] if ranged and key else ""
