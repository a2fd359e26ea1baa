"""What a request costs in DynamoDB's read and write units, by AWS's published rules, from the request itself.

Neither moto nor dynalite counts writes to an index. The rules (Amazon DynamoDB Developer Guide, read 2026-11-25):

- sizes of items: docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
- units, also of a write whose condition fails: …/developerguide/read-write-operations.html
- a write to an index, by the kB of its entry, which is what the index projects: one for an entry that comes, goes, or
  changes beside its key, two for one whose key changes, none otherwise:
  …/developerguide/GSI.html#GSI.ThroughputConsiderations.Writes

Start at `Meter`. Writes and strongly consistent reads are priced by the item; here all items of checks are below 1 kB,
the history's by what a ping brings.
"""

import base64
import json
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

WRITE_BYTES, READ_BYTES = 1024, 4096
Item = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Index:
    """An index as the template has it: which attributes it goes by, and whether its entries hold all others, too."""

    keys: tuple[str, str]
    holds_all: bool  # ProjectionType ALL; else KEYS_ONLY

    def entry(self, item: Item) -> Item | None:
        """What an item is in the index; None: it does not stand there."""
        if any(key not in item for key in self.keys):
            return None
        return item if self.holds_all else {key: item[key] for key in (*PRIMARY, *self.keys) if key in item}


PRIMARY = ("code", "sort")  # keys of the tables that have an index: each entry bears them
INDEXES: Mapping[str, tuple[Index, ...]] = {  # by the end of the table's name
    "checks": (Index(("due_shard", "due_at"), holds_all=False), Index(("project", "slug"), holds_all=False)),
    "history": (Index(("flip_project", "flip_at"), holds_all=True),),
    "registry": (),
}


def size(item: Item) -> int:
    """Bytes of an item, as they are billed."""
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def _value_size(value: Mapping[str, Any]) -> int:
    [(kind, content)] = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "N":
            digits = content.lstrip("-").replace(".", "").strip("0")
            return math.ceil(len(digits) / 2) + 1
        case "B":
            return len(base64.b64decode(content) if isinstance(content, str) else content)
        case "M":
            return 3 + sum(1 + len(name.encode()) + _value_size(each) for name, each in content.items())
        case "L":
            return 3 + sum(1 + _value_size(each) for each in content)
        case _:
            return 1  # BOOL, NULL


def write_units(before: Item, after: Item, *, table: str) -> int:
    """Of one write: the item, by the larger of both, and each index entry that is not what it was."""
    indexes = INDEXES[table.rpartition("-")[2]]
    return _units(before, after) + sum(_index_units(index, before, after) for index in indexes)


def _index_units(index: Index, before: Item, after: Item) -> int:
    old, new = index.entry(before), index.entry(after)
    if old == new:
        return 0
    if old is not None and new is not None and any(old[key] != new[key] for key in index.keys):
        return _units(old) + _units(new)  # deleted, and put
    return _units(old or {}, new or {})


def _units(*items: Item) -> int:
    return math.ceil(max(1, *map(size, items)) / WRITE_BYTES)


def read_units(read: list[Item], *, is_strong: bool) -> float:
    """Of one GetItem or Query: by the sum of what it found; one that found nothing costs as the smallest does."""
    units = max(math.ceil(sum(map(size, read)) / READ_BYTES), 1)
    return units if is_strong else units / 2


@dataclass(slots=True)
class Meter:
    """Counts what a client asks for. `items` looks an item up without being counted."""

    items: Any  # another client of the same engine
    reads: float = 0.0
    writes: float = 0.0
    queries: float = 0.0  # of the reads
    calls: int = 0
    refused: int = 0  # writes whose condition failed: they cost, too
    _lock: Lock = field(default_factory=Lock)

    @contextmanager
    def counting(self, client: Any) -> Iterator[None]:
        """Count each call of a client while the block runs."""
        events = client.meta.events
        events.register("before-call.dynamodb", self._before)
        events.register("after-call.dynamodb", self._after)
        try:
            yield
        finally:
            events.unregister("before-call.dynamodb", self._before)
            events.unregister("after-call.dynamodb", self._after)

    def _before(self, model: Any, params: Mapping[str, Any], context: dict[str, Any], **_: Any) -> None:
        call = json.loads(params["body"])
        context["asked"] = call
        if model.name in ("UpdateItem", "DeleteItem"):
            context["before"] = self._item(call["TableName"], call["Key"])

    def _after(
        self, model: Any, parsed: Mapping[str, Any], http_response: Any, context: Mapping[str, Any], **_: Any
    ) -> None:
        call, is_refused = context["asked"], http_response.status_code >= 300
        reads, queries, writes = 0.0, 0.0, 0
        match model.name:
            case "GetItem":
                reads = read_units([parsed.get("Item", {})], is_strong=call.get("ConsistentRead", False))
            case "Query":
                reads = queries = read_units(parsed["Items"], is_strong=call.get("ConsistentRead", False))
            case "PutItem":
                writes = write_units({}, call["Item"], table=call["TableName"])
            case "UpdateItem":
                before = context["before"]
                after = before if is_refused else self._changed(before, call)
                writes = write_units(before, after, table=call["TableName"])
            case other:
                raise AssertionError(f"no rule for {other}: add it")
        with self._lock:
            self.calls += 1
            self.reads += reads
            self.queries += queries
            self.writes += writes
            self.refused += is_refused

    def _changed(self, before: Item, call: Mapping[str, Any]) -> Item:
        """The item after an update. Of what an index holds, only what the expression names: others may write, too."""
        now = self._item(call["TableName"], call["Key"])
        named = call["UpdateExpression"]
        held = {
            name
            for index in INDEXES[call["TableName"].rpartition("-")[2]]
            for item in (before, now)
            for name in index.entry(item) or index.keys
        }
        kept = {name for name in held if name not in named}
        return {name: value for name, value in now.items() if name not in kept} | {
            name: before[name] for name in kept if name in before
        }

    def _item(self, table: str, key: Item) -> Item:
        found: Item = self.items.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item", {})
        return found
