"""Checks in DynamoDB. `beat` and `decide` are the only two writes that change what one is
(docs/reference/architecture.md, A ping).

Both are one conditional UpdateItem that names what has changed, never a put of the whole item, which would
erase what its condition does not cover. What guards them is in docs/adr/0002.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError
from pynamodb.exceptions import UpdateError

from chalicelib.domain.check import Beat, Check, Verdict
from chalicelib.domain.errors import Conflict, NotFound
from chalicelib.domain.ids import NO_CHECK, Code, short
from chalicelib.domain.runs.ended_runs import end_marks
from chalicelib.store.codecs import check_codec
from chalicelib.store.tables import CONDITION_FAILED, CheckItem, Tables, talking
from chalicelib.store.update import Update

NEWEST = "(attribute_not_exists(last_ping) OR last_ping <= :read_at)"


class Lost(Conflict):
    """A write came too late. `current` is the check as it is now, where DynamoDB has told; `was_sent_twice`, whether
    the answer to a first sending was lost, which may have taken effect.
    """

    def __init__(self, code: Code, current: Check | None, *, was_sent_twice: bool) -> None:
        super().__init__(f"check {short(code)} has changed since it was read")
        self.current = current
        self.was_sent_twice = was_sent_twice


def get(tables: Tables, code: Code) -> Check:
    """One strongly consistent read. Raises NotFound and Unavailable."""
    with talking:
        answer = tables.client.get_item(TableName=tables.checks, Key={"code": {"S": code}}, ConsistentRead=True)
    if "Item" not in answer:
        raise NotFound(f"there is no check {short(code)}")
    return check_codec.from_item(answer["Item"])


def create(tables: Tables, check: Check) -> None:
    """Put a check that is not there yet. Raises Conflict when its code is taken, and Unavailable."""
    try:
        with talking:
            tables.client.put_item(
                TableName=tables.checks,
                Item=check_codec.to_item(check),
                ConditionExpression="attribute_not_exists(code)",
            )
    except ClientError as error:
        if error.response["Error"]["Code"] != CONDITION_FAILED:
            raise
        raise Conflict(f"there is a check {short(check.code)} already") from error


def require_table(tables: Tables) -> None:
    """Read a check that does not exist. Raises Unavailable while the table of checks cannot be read."""
    with suppress(NotFound):
        get(tables, NO_CHECK)


def delete(tables: Tables, code: Code, *, project: str) -> Check:
    """Delete a check, if it is this project's; return it as it was. Its history stays until it expires.

    Raises NotFound, also for another project's, and Unavailable.
    """
    try:
        with talking:
            answer = tables.client.delete_item(
                TableName=tables.checks,
                Key={"code": {"S": code}},
                ConditionExpression="#project = :project",
                ExpressionAttributeNames={"#project": "project"},  # one of DynamoDB's own words
                ExpressionAttributeValues={":project": {"S": project}},
                ReturnValues="ALL_OLD",
            )
    except ClientError as error:
        if error.response["Error"]["Code"] != CONDITION_FAILED:
            raise
        raise NotFound(f"there is no check {short(code)} in this project") from error
    return check_codec.from_item(answer["Attributes"])


def codes_by_slug(project: str, slug: str) -> list[Code]:
    """The codes of the checks with this slug: one query of the index, which may lag by some milliseconds."""
    with talking:
        return [Code(row.code) for row in CheckItem.slugs.query(project, CheckItem.slug == slug)]


def due_codes(shard: int, *, until: datetime, most: int) -> Iterator[tuple[datetime, Code]]:
    """The checks of a shard due by `until`, with their instants, earliest first. A query per 1 MB (17,000 checks)."""
    found = CheckItem.due.query(shard, CheckItem.due_at <= until.timestamp(), limit=most)
    with talking:
        for row in found:
            yield datetime.fromtimestamp(row.due_at, until.tzinfo), Code(row.code)


def coming_codes(shard: int, *, after: datetime, most: int) -> list[Code]:
    """The checks of a shard that need a look soonest after an instant. One query."""
    with talking:
        return [Code(row.code) for row in CheckItem.due.query(shard, CheckItem.due_at > after.timestamp(), limit=most)]


def beat(tables: Tables, outcome: Beat) -> Check:
    """Write a heartbeat, if no decision has been made since; return the check, with the number of the ping.

    A hundred workers on one check do not conflict. A beat is lost only to a change of version, a newer ping, a changed
    due_at if this beat moves it, a count window that another beat began, or a start of the run that it ends. Raises
    Lost and Unavailable.
    """
    before, after = outcome.before, outcome.after
    update = Update(before, after)
    update.require("version = :read_version", {":read_version": {"N": str(before.version)}})
    if outcome.is_newest:
        update.require(NEWEST, {":read_at": {"N": check_codec.instant(outcome.at)}})
    if after.due_at != before.due_at:
        update.require_due_at(before.due_at)
    _require_runs(update, outcome)
    if after.window is not None and (before.window is None or after.window.at != before.window.at):
        update.require_window(before.window)  # concurrent pings that begin a window must both count
    if after.runs is not before.runs:
        known = {run.rid: run for run in before.runs}
        for run in after.runs:  # writing or dropping a log line must not reopen a run that was closed meanwhile
            old = known.get(run.rid)
            if old is not None and old.at == run.at and old != run:
                update.require_run(run.rid)
    number = int(_send(tables, before.code, update)["n_pings"]["N"])
    return after if number == after.n_pings else replace(after, n_pings=number)


def _require_runs(update: Update, outcome: Beat) -> None:
    """Add conditions on runs, so that concurrent pings leave the same runs open in whichever order they are written."""
    before, after, at = outcome.before, outcome.after, outcome.at
    if outcome.unstarted == "":  # an end without a rid would also close a run opened meanwhile
        update.require_as_many_runs(before.runs)
    if outcome.unstarted is not None and (outcome.unstarted or before.runs):
        update.require_no_older_run(outcome.unstarted, at)
    if outcome.opened is not None:
        update.require_no_newer_run(outcome.opened, at)
    if after.runs is not before.runs:
        for rid in {run.rid for run in before.runs} - {run.rid for run in after.runs}:
            update.require_no_newer_run(rid, at)
    if not before.ended and after.ended:
        update.require_no_ends()
    if not outcome.is_newest and outcome.opened is not None:
        for mark in end_marks(outcome.opened):
            update.require_no_newer_end(mark, at)
    elif not outcome.is_newest and after.ended != before.ended:
        for end in set(after.ended) - set(before.ended):
            update.require_no_newer_end(end.mark, at)


def decide(tables: Tables, outcome: Verdict) -> Check:
    """Write a decision, if nothing at all has happened to the check since; return it as it is now.

    Raises Lost and Unavailable.
    """
    before, after = outcome.before, replace(outcome.after, version=outcome.before.version + 1)
    update = Update(before, after)
    update.require(
        "version = :read_version AND n_pings = :read_n_pings",
        {":read_version": {"N": str(before.version)}, ":read_n_pings": {"N": str(before.n_pings)}},
    )
    update.set("version", {"N": str(after.version)})
    try:
        _send(tables, before.code, update)
    except Lost as lost:
        # it has lost to itself: decided once more, a failure would be counted twice
        if not (lost.was_sent_twice and lost.current == check_codec.from_item(check_codec.to_item(after))):
            raise
    return after


def _send(tables: Tables, code: Code, update: Update) -> Any:
    try:
        with talking:
            return tables.client.update_item(**update.call(tables.checks, code))["Attributes"]
    except ClientError as error:
        if error.response["Error"]["Code"] != CONDITION_FAILED:
            raise
        current: Any = error.response.get("Item")
        was_sent_twice = error.response["ResponseMetadata"].get("RetryAttempts", 0) > 0
        raise Lost(code, check_codec.from_item(current) if current else None, was_sent_twice=was_sent_twice) from error


def join(tables: Tables, member: Code, group: Code) -> Check:
    """Let a check know that it belongs to a group; return it as it is then. Nothing that a decision rests on: its
    version stays. Raises NotFound.
    """
    return check_codec.from_item(_note(tables, member, "ADD in_groups :group", {":group": {"SS": [group]}}))


def leave(tables: Tables, member: Code, group: Code) -> None:
    """Let a check know that it belongs to a group no more. Raises NotFound."""
    _note(tables, member, "DELETE in_groups :group", {":group": {"SS": [group]}})


def note_throttled(tables: Tables, check: Check, *, since: datetime, at: datetime) -> None:
    """Record on a check that pings were refused: one write per minute and check, by the first of concurrent calls.

    No decision depends on it, so the version is unchanged. Raises Unavailable.
    """
    values: dict[str, Any] = {":since": {"N": check_codec.instant(since)}, ":at": {"N": check_codec.instant(at)}}
    unchanged = "attribute_not_exists(throttled_at)"
    if check.throttled_at is not None:
        unchanged = "throttled_at = :read_at"
        values[":read_at"] = {"N": check_codec.instant(check.throttled_at)}
    what = "SET throttled_since = :since, throttled_at = :at"
    with suppress(NotFound):  # deleted meanwhile, or another request was first
        _note(tables, check.code, what, values, condition=f"attribute_exists(code) AND {unchanged}")


def make_due(tables: Tables, group: Code, *, now: datetime) -> None:
    """Let the next sweep look at a group. Whoever looks at it right now does not know what has happened meanwhile: the
    new version makes his write lose. Raises NotFound.
    """
    due: dict[str, Any] = {":now": {"N": check_codec.instant(now)}, ":shard": {"N": str(check_codec.shard(group))}}
    _note(tables, group, "SET due_at = :now, due_shard = :shard ADD version :one", due | {":one": {"N": "1"}})


def _note(
    tables: Tables, code: Code, what: str, values: dict[str, Any], *, condition: str = "attribute_exists(code)"
) -> Any:
    """One UpdateItem of a check that exists; the item as it is then."""
    try:
        with talking:
            return tables.client.update_item(
                TableName=tables.checks,
                Key={"code": {"S": code}},
                UpdateExpression=what,
                ConditionExpression=condition,
                ExpressionAttributeValues=values,
                ReturnValues="ALL_NEW",
            )["Attributes"]
    except ClientError as error:
        if error.response["Error"]["Code"] != CONDITION_FAILED:
            raise
        raise NotFound(f"there is no check {short(code)}") from error


FIRST_PUSH_BACK = timedelta(minutes=5)
LONGEST_PUSH_BACK = timedelta(hours=1)


def setbacks(item: check_codec.Item) -> int:
    """The number of consecutive push-backs, from a check's undecoded item."""
    return int(item["setbacks"]["N"]) if "setbacks" in item else 0


def push_back(code: Code, *, seen: datetime, now: datetime, setbacks: int) -> bool:
    """Push back a check that cannot be evaluated or may kill the invocation: 5 minutes, doubled per setback up to 1 h.

    False if it is no longer due at `seen`. This is the only write that sets `due_at` later than the true instant;
    otherwise such a check would use up every sweep's time. Decodes nothing, because decoding may be what fails. Raises
    Unavailable.
    """
    to = now + min(FIRST_PUSH_BACK * (1 << min(setbacks, 8)), LONGEST_PUSH_BACK)
    try:
        with talking:
            CheckItem(code).update(
                actions=[CheckItem.due_at.set(round(to.timestamp(), 3)), CheckItem.setbacks.add(1)],
                condition=(CheckItem.due_at <= (seen + timedelta(milliseconds=1)).timestamp()),
            )
    except UpdateError as error:
        if error.cause_response_code != CONDITION_FAILED:
            raise
        return False
    return True


def clear_setbacks(code: Code) -> None:
    """Reset the push-backs of a check that was evaluated. Raises Unavailable."""
    try:
        with talking:
            CheckItem(code).update(actions=[CheckItem.setbacks.remove()], condition=CheckItem.setbacks.exists())
    except UpdateError as error:
        if error.cause_response_code != CONDITION_FAILED:
            raise
