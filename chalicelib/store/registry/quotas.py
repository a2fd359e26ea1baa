"""Store the usage of each project: one registry row, `quota#<project>` / `checks`, with atomic counters.

`domain.quota` decides what follows from it. The row also says when the next notice to operators may be sent, so that
only one of many refused requests sends it. Instants are epoch seconds.
"""

from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.domain.limits.quota import Limits, Usage
from chalicelib.store.codecs.check_codec import instant
from chalicelib.store.tables import CONDITION_FAILED, CheckItem, Tables, talking


def read(tables: Tables, project: str) -> Usage | None:
    """The usage of a project, strongly read; None if it was never counted. Raises Unavailable."""
    with talking:
        row = tables.client.get_item(TableName=tables.registry, Key=_key(project), ConsistentRead=True).get("Item")
    return None if row is None else _usage(row)


def add(tables: Tables, project: str, seen: Usage, *, limits: Limits, by_ping: bool) -> bool:
    """Count one more check. False if the limits do not allow it, or the row has another count or minute than `seen`.

    One UpdateItem, which does not conflict with concurrent ones. Raises Unavailable.
    """
    what, condition = "ADD checks :one", "counted_at = :counted_at AND checks < :most"
    values = {":one": _number(1), ":most": _number(limits.checks), ":counted_at": {"N": instant(seen.counted_at)}}
    if by_ping:
        what += ", by_ping :one"
        condition += " AND #minute = :minute AND by_ping < :most_by_ping"
        values |= {":minute": _number(seen.minute), ":most_by_ping": _number(limits.by_ping)}
    return _update(tables, project, what, condition, values, has_minute=by_ping)


def renew(tables: Tables, project: str, used: Usage, *, instead_of: Usage | None) -> bool:
    """Write a new count or a new minute. False if the row no longer has the count and minute of `instead_of`.

    Raises Unavailable.
    """
    values = {":counted_at": {"N": instant(used.counted_at)}, ":minute": _number(used.minute)}
    values |= {":checks": _number(used.checks), ":by_ping": _number(used.by_ping)}
    what = "SET counted_at = :counted_at, #minute = :minute"
    if instead_of is None:
        what, condition = f"{what}, checks = :checks, by_ping = :by_ping", "attribute_not_exists(pk)"
    else:
        condition = "counted_at = :read_at AND #minute = :read_minute"
        values |= {":read_at": {"N": instant(instead_of.counted_at)}, ":read_minute": _number(instead_of.minute)}
        if used.counted_at != instead_of.counted_at:  # otherwise keep what others have counted meanwhile
            what += ", checks = :checks"
        if used.minute != instead_of.minute:
            what += ", by_ping = :by_ping"
    needed = {name: value for name, value in values.items() if name in what or name in condition}
    return _update(tables, project, what, condition, needed, has_minute=True)


def count(project: str) -> int:
    """Count the checks of a project in the slugs index: half a read unit per 4 kB (about 50 checks)."""
    with talking:
        return CheckItem.slugs.count(project)


def claim_notice(tables: Tables, project: str, *, now: datetime, until: datetime) -> bool:
    """Claim the notice to operators until `until`. True if the caller must send it now. Raises Unavailable."""
    condition = "attribute_not_exists(notice_after) OR notice_after <= :now"
    values = {":now": {"N": instant(now)}, ":until": {"N": instant(until)}}
    return _update(tables, project, "SET notice_after = :until", condition, values, has_minute=False)


def renew_notice(tables: Tables, project: str, *, until: datetime) -> None:
    """Suppress further notices to operators before `until`. Raises Unavailable."""
    values = {":until": {"N": instant(until)}}
    _update(tables, project, "SET notice_after = :until", "attribute_exists(pk)", values, has_minute=False)


def _update(
    tables: Tables, project: str, what: str, condition: str, values: dict[str, Any], *, has_minute: bool
) -> bool:
    names: Any = (
        {"ExpressionAttributeNames": {"#minute": "minute"}} if has_minute else {}
    )  # a reserved word of DynamoDB
    try:
        with talking:
            tables.client.update_item(
                TableName=tables.registry,
                Key=_key(project),
                UpdateExpression=what,
                ConditionExpression=condition,
                ExpressionAttributeValues=values,
                **names,
            )
    except ClientError as error:
        if error.response["Error"]["Code"] != CONDITION_FAILED:
            raise
        return False
    return True


def _key(project: str) -> dict[str, Any]:
    return {"pk": {"S": f"quota#{project}"}, "sk": {"S": "checks"}}


def _number(value: int) -> dict[str, Any]:
    return {"N": str(value)}


def _usage(row: Any) -> Usage:
    return Usage(
        checks=int(row["checks"]["N"]),
        counted_at=datetime.fromtimestamp(float(row["counted_at"]["N"]), UTC),
        minute=int(row["minute"]["N"]),
        by_ping=int(row["by_ping"]["N"]),
    )
