"""The history of checks: pings, flips, and what was judged. Rows expire by TTL; readers filter, since TTL deletes
up to two days late (AWS, DynamoDB Developer Guide, "Using time to live").

Writes go through the shared client, reads through the Model that `connect` has pointed at the table.
Sort keys: `ping#000000000123`, `flip#000000000012`, `judged#` + epoch milliseconds + `#period`
or `#window`. Writing a row twice is harmless. What a page asks for is bounded: so many rows, from a number on.
"""

import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError
from pynamodb.expressions.condition import Condition

from chalicelib import log
from chalicelib.domain.alerts import Kind, Reason, Told
from chalicelib.domain.check import Check, Flip, Judged, Record, RunEnd, Status
from chalicelib.domain.errors import NotFound, Unavailable
from chalicelib.domain.ids import Code
from chalicelib.domain.ping import Ping, Signal
from chalicelib.domain.runs.recent_runs import OF_PINGS
from chalicelib.store.codecs.check_codec import instant, seconds
from chalicelib.store.tables import CONDITION_FAILED, SCHEMA, HistoryItem, Tables, talking

COMPRESS_FROM_BYTES = 1_024
BATCH = 25  # rows: DynamoDB's limit for BatchWriteItem
_KEY = ("code", "sort")
_OUTCOMES = {ended.name.lower(): ended for ended in OF_PINGS}
_OUTLINE = (
    *_KEY,
    *("v", "at", "expires_at", "signal", "request", "rid", "exit_status", "count", "took", "outcome", "exceeded"),
)


@dataclass(frozen=True, slots=True)
class StoredPing:
    """A ping as the history has it: its number, what it meant to the check, the duration of the run it closed."""

    number: int
    ping: Ping
    signal: Signal
    took: timedelta | None
    run_end: RunEnd | None = None  # None: it reported no end, or the row is from before this was stored


@dataclass(frozen=True, slots=True)
class StoredFlip:
    """A flip as the history has it, with what was sent about it, oldest first."""

    flip: Flip
    sent: tuple[Told, ...]


def put_ping(tables: Tables, code: Code, stored: StoredPing) -> None:
    """One put. Raises Unavailable."""
    ping = stored.ping
    row = _row(tables, code, f"ping#{stored.number:012}", ping.at)
    row["signal"] = {"S": stored.signal.value}
    row["request"] = {"S": f"{ping.method} {ping.scheme} {ping.remote_addr} {ping.ua}"}
    if ping.rid:
        row["rid"] = {"S": ping.rid}
    if ping.exit_status is not None:
        row["exit_status"] = {"N": str(ping.exit_status)}
    if ping.count is not None:
        row["count"] = {"N": str(ping.count)}
    if stored.took is not None:
        row["took"] = {"N": seconds(stored.took)}
    if stored.run_end is not None:
        row["outcome"] = {"S": stored.run_end.outcome.name.lower()}
        if stored.run_end.exceeded_limit:
            row["exceeded"] = {"BOOL": True}
    if len(ping.body) > COMPRESS_FROM_BYTES:
        row["body_z"] = {"B": zlib.compress(ping.body)}
    elif ping.body:
        row["body"] = {"B": ping.body}
    with talking:
        tables.client.put_item(TableName=tables.history, Item=row)


def put_record(tables: Tables, check: Check, record: Record, *, sent: Sequence[Told] = ()) -> None:
    """Write a judgement, or a flip together with what was sent about it. One write; raises Unavailable.

    A flip is written by an update, not a put, so that it keeps what another process has added meanwhile. Nothing is
    ever added to a judgement.
    """
    row = _record_row(tables, check, record)
    if isinstance(record, Judged):
        with talking:
            tables.client.put_item(TableName=tables.history, Item=row)
        return
    values = {name: value for name, value in row.items() if name not in _KEY}
    sets = [f"#{name} = :{name}" for name in values]  # "at", "new" and others are reserved words of DynamoDB
    with talking:
        tables.client.update_item(
            TableName=tables.history,
            Key={name: row[name] for name in _KEY},
            UpdateExpression=f"SET {', '.join([*sets, *([_APPEND] if sent else [])])}",
            ExpressionAttributeNames={f"#{name}": name for name in values},
            ExpressionAttributeValues={f":{name}": value for name, value in values.items()} | _lines(sent),
        )


def put_judged(tables: Tables, checks: Iterable[Check]) -> frozenset[tuple[Code, Record]]:
    """Write the judgements in these checks' outboxes, 25 per call; return those that were written.

    Rows that DynamoDB leaves out or refuses are not retried here; `put_record` writes them. Repeating the put of a
    judgement is harmless, because nothing is ever added to it. Flips cannot be batched, because something may be.
    """
    waiting = [(check, record) for check in checks for record in check.records if isinstance(record, Judged)]
    written: set[tuple[Code, Record]] = set()
    for start in range(0, len(waiting), BATCH):
        rows = {
            (check.code, record): _record_row(tables, check, record) for check, record in waiting[start : start + BATCH]
        }
        puts: list[Any] = [{"PutRequest": {"Item": row}} for row in rows.values()]
        try:
            with talking:
                answer = tables.client.batch_write_item(RequestItems={tables.history: puts})
        except (Unavailable, ClientError) as error:
            log.event("not_written_together", why=str(error))
            continue
        left = {
            (put["PutRequest"]["Item"]["code"]["S"], put["PutRequest"]["Item"]["sort"]["S"])
            for put in answer.get("UnprocessedItems", {}).get(tables.history, ())
        }
        written |= {key for key, row in rows.items() if (row["code"]["S"], row["sort"]["S"]) not in left}
    return frozenset(written)


def _record_row(tables: Tables, check: Check, record: Record) -> dict[str, Any]:
    match record:
        case Flip():
            row = _row(tables, check.code, f"flip#{record.number:012}", record.at)
            row |= {"old": {"S": record.old.value}, "new": {"S": record.new.value}}
            row |= {"flip_project": {"S": check.project}, "flip_at": {"N": instant(record.at)}}
        case Judged():
            about = "period" if record.count is None else "window"  # both may end at one instant
            row = _row(tables, check.code, f"judged#{_ms(record.at):015}#{about}", record.at)
            if record.count is not None:
                row["count"] = {"N": str(record.count)}
            if record.since is not None:
                row["since"] = {"N": instant(record.since)}
    if record.reason is not None:
        row["reason"] = {"S": record.reason.value}
    return row


def note_sent(tables: Tables, code: Code, flip: int, sent: Sequence[Told]) -> None:
    """Add to the flip of this number what was sent, to whom and when. Does nothing if the flip has expired."""
    try:
        with talking:
            tables.client.update_item(
                TableName=tables.history,
                Key={"code": {"S": code}, "sort": {"S": f"flip#{flip:012}"}},
                UpdateExpression=f"SET {_APPEND}",
                ConditionExpression="attribute_exists(code)",
                ExpressionAttributeValues=_lines(sent),
            )
    except ClientError as error:
        if error.response["Error"]["Code"] != CONDITION_FAILED:
            raise


_APPEND = "sent = list_append(if_not_exists(sent, :none), :lines)"


def _lines(sent: Sequence[Told]) -> dict[str, Any]:
    """The values for `_APPEND`; empty if nothing was sent, because DynamoDB refuses unused values."""
    if not sent:
        return {}
    lines = [json.dumps({"id": it.id, "kind": it.kind, "to": it.to, "at": it.at.isoformat()}) for it in sent]
    return {":none": {"L": []}, ":lines": {"L": [{"S": line} for line in lines]}}


def pings(code: Code, *, now: datetime, most: int) -> list[StoredPing]:
    """The newest pings first, expired ones left out. A query per 1 MB."""
    return [_stored_ping(row) for row in _rows(code, HistoryItem.sort.startswith("ping#"), now=now, most=most)]


def outlines(code: Code, *, up_to: int, now: datetime, most: int) -> list[StoredPing]:
    """The same without bodies, from a number down: what many pings tell together. A query per 1 MB, bodies counted."""
    numbers = HistoryItem.sort.between("ping#", f"ping#{up_to:012}")
    return [_stored_ping(row) for row in _rows(code, numbers, now=now, most=most, attributes=_OUTLINE)]


def pings_between(code: Code, first: int, last: int, *, now: datetime) -> list[StoredPing]:
    """Pings by their numbers, with bodies, the newest first. A query per 1 MB."""
    numbers = HistoryItem.sort.between(f"ping#{first:012}", f"ping#{last:012}")
    return [_stored_ping(row) for row in _rows(code, numbers, now=now, most=last - first + 1)]


def flips(code: Code, *, now: datetime, most: int) -> list[StoredFlip]:
    """The newest flips first, expired ones left out. A query per 1 MB."""
    return [_stored_flip(row) for row in _rows(code, HistoryItem.sort.startswith("flip#"), now=now, most=most)]


def flips_of_project(project: str, *, since: datetime, now: datetime, most: int) -> list[tuple[Code, Flip]]:
    """The newest flips of all checks of a project first, back to an instant. A query of the index per 1 MB; it may
    lag by some milliseconds.
    """
    with talking:
        rows = HistoryItem.flips.query(
            project,
            HistoryItem.flip_at >= since.timestamp(),
            filter_condition=HistoryItem.expires_at > now.timestamp(),
            scan_index_forward=False,
            limit=most,
        )
        return [(Code(row.code), _stored_flip(row).flip) for row in rows]


def judged(code: Code, *, now: datetime, most: int) -> list[Judged]:
    """The newest judgements first, expired ones left out. A query per 1 MB."""
    return [_judged(row) for row in _rows(code, HistoryItem.sort.startswith("judged#"), now=now, most=most)]


def judged_between(code: Code, since: datetime, until: datetime, *, now: datetime, most: int) -> list[Judged]:
    """The judgements of a span of time, both ends included, the newest first. A query per 1 MB."""
    instants = HistoryItem.sort.between(f"judged#{_ms(since):015}", f"judged#{_ms(until):015}~")
    return [_judged(row) for row in _rows(code, instants, now=now, most=most)]


def ping(code: Code, number: int, *, now: datetime) -> StoredPing:
    """One ping with its body. Raises NotFound, also when it has expired, and Unavailable."""
    try:
        with talking:
            row = HistoryItem.get(code, f"ping#{number:012}")
    except HistoryItem.DoesNotExist as error:
        raise NotFound(f"ping {number} is not known, or not any more") from error
    if row.expires_at <= now.timestamp():
        raise NotFound(f"ping {number} is not known any more")
    return _stored_ping(row)


def _row(tables: Tables, code: Code, sort: str, at: datetime) -> dict[str, Any]:
    expires = at + timedelta(days=tables.history_days)
    return {
        "code": {"S": code},
        "sort": {"S": sort},
        "v": {"N": str(SCHEMA)},
        "at": {"N": instant(at)},
        "expires_at": {"N": str(int(expires.timestamp()))},
    }


def _rows(
    code: Code, which: Condition, *, now: datetime, most: int, attributes: Sequence[str] | None = None
) -> Iterator[HistoryItem]:
    with talking:
        yield from HistoryItem.query(
            code,
            which,
            filter_condition=HistoryItem.expires_at > now.timestamp(),
            scan_index_forward=False,
            limit=most,
            consistent_read=True,
            attributes_to_get=None if attributes is None else list(attributes),
        )


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def _judged(row: HistoryItem) -> Judged:
    return Judged(
        at=_at(row),
        reason=_reason(row),
        count=None if row.items is None else int(row.items),
        since=None if row.since is None else datetime.fromtimestamp(row.since, UTC),
    )


def _stored_ping(row: HistoryItem) -> StoredPing:
    body = row.body if row.body_z is None else zlib.decompress(row.body_z)
    signal = Signal(row.signal)
    method, scheme, remote_addr, ua = (row.request or "   ").split(" ", 3)
    return StoredPing(
        number=int(row.sort.removeprefix("ping#")),
        ping=Ping(
            at=_at(row),
            signal=signal,
            exit_status=None if row.exit_status is None else int(row.exit_status),
            rid=row.rid or "",
            count=None if row.items is None else int(row.items),
            body=body or b"",
            method=method,
            scheme=scheme,
            remote_addr=remote_addr,
            ua=ua,
        ),
        signal=signal,
        took=None if row.took is None else timedelta(seconds=row.took),
        run_end=None
        if row.outcome is None
        else RunEnd(outcome=_OUTCOMES[row.outcome], exceeded_limit=bool(row.exceeded)),
    )


def _stored_flip(row: HistoryItem) -> StoredFlip:
    number = int(row.sort.removeprefix("flip#"))
    flip = Flip(number=number, at=_at(row), old=Status(row.old), new=Status(row.new), reason=_reason(row))
    return StoredFlip(flip, tuple(_told(line) for line in row.sent or ()))


def _told(line: str) -> Told:
    """A line that `put_record` or `note_sent` has added."""
    said = json.loads(line)
    at = datetime.fromisoformat(said["at"])
    return Told(id=said["id"], kind=Kind(said["kind"]), to=tuple(said["to"]), at=at)


def _at(row: HistoryItem) -> datetime:
    return datetime.fromtimestamp(row.at, UTC)


def _reason(row: HistoryItem) -> Reason | None:
    return None if row.reason is None else Reason(row.reason)
