"""The history: what is stored, compressed, expired, and written twice."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.domain.alerts import Kind, Reason, Told
from chalicelib.domain.check import Flip, Judged, RunEnd, Status
from chalicelib.domain.errors import NotFound
from chalicelib.domain.ping import Ping, Signal
from chalicelib.domain.runs.recent_runs import Ended
from chalicelib.domain.schedule.occurrences import Every
from chalicelib.store import history
from chalicelib.store.history import StoredPing
from tests.builders import utc
from tests.integration.conftest import Deployment

pytestmark = pytest.mark.on_moto("it reads requests as strictly as DynamoDB")

NOON = utc("2026-03-01T12:00Z")


def raw(deployment: Deployment, code: str, sort: str) -> dict[str, object]:
    """A row as DynamoDB has it."""
    item: dict[str, object] = deployment.wiring.ports.tables.client.get_item(
        TableName=deployment.wiring.settings.history_table, Key={"code": {"S": code}, "sort": {"S": sort}}
    )["Item"]  # type: ignore[assignment]  # a dict of attribute values is one of objects
    return item


def test_a_ping_comes_back_whole(deployment: Deployment) -> None:
    code = deployment.add()
    ping = Ping(
        at=NOON,
        signal=Signal.FAIL,
        exit_status=75,
        rid="0f3a1b3c-7a51-4ac1-8d6f-1f6f5c1f0a11",
        count=0,
        body=b"\x00disk full",
        method="POST",
        scheme="https",
        remote_addr="2001:db8::1",
        ua="curl/8.5.0 (x86_64  linux)",
    )
    end = RunEnd(outcome=Ended.FAILED, exceeded_limit=True)
    stored = StoredPing(1, ping, Signal.FAIL, timedelta(seconds=9.25), end)

    history.put_ping(deployment.wiring.ports.tables, code, stored)

    assert history.pings(code, now=NOON, most=10) == [stored]
    assert history.ping(code, 1, now=NOON) == stored
    assert history.outlines(code, up_to=1, now=NOON, most=10) == [replace(stored, ping=replace(ping, body=b""))]


def test_a_ping_is_stored_with_how_its_run_ended(deployment: Deployment) -> None:
    code = deployment.add(schedule=Every(timedelta(hours=1)), max_runtime=timedelta(minutes=5))
    deployment.ping(code, at=NOON)
    deployment.ping(code, "/start", at=NOON + timedelta(minutes=62))
    deployment.ping(code, at=NOON + timedelta(minutes=64))

    assert [stored.run_end for stored in deployment.pings(code)] == [
        RunEnd(outcome=Ended.LATE, exceeded_limit=False),
        None,
        RunEnd(outcome=Ended.SUCCESS, exceeded_limit=False),
    ]


def test_a_row_from_before_it_stored_how_a_run_ended_can_be_read(deployment: Deployment) -> None:
    code = deployment.add(schedule=Every(timedelta(hours=1)), grace=timedelta(minutes=5))
    deployment.ping(code, at=NOON)
    deployment.sweep(missed_at := NOON + timedelta(minutes=65))
    tables = deployment.wiring.ports.tables
    judged = f"judged#{missed_at.timestamp() * 1000:015.0f}#period"
    for sort, name in (("ping#000000000001", "outcome"), (judged, "since")):
        row: Any = raw(deployment, code, sort)
        del row[name]
        tables.client.put_item(TableName=tables.history, Item=row)

    assert [stored.run_end for stored in deployment.pings(code)] == [None]
    assert history.judged(code, now=NOON, most=10) == [Judged(at=missed_at, reason=Reason.MISSED, count=None)]


def test_a_long_body_is_stored_compressed(deployment: Deployment) -> None:
    code = deployment.add()

    deployment.ping(code, body=b"a line of a log\n" * 600)

    row = raw(deployment, code, "ping#000000000001")
    assert "body" not in row
    assert len(str(row["body_z"])) < 1_000
    assert deployment.pings(code)[0].ping.body == b"a line of a log\n" * 600


def test_rows_expire_after_90_days_though_ttl_has_not_deleted_them_yet(deployment: Deployment) -> None:
    code = deployment.add()
    deployment.ping(code, "/fail", at=NOON)
    still_there, gone = NOON + timedelta(days=90, seconds=-1), NOON + timedelta(days=90)

    assert raw(deployment, code, "ping#000000000001")["expires_at"] == {"N": "1780142400"}
    assert len(history.pings(code, now=still_there, most=10)) == 1
    assert history.pings(code, now=gone, most=10) == []
    assert history.flips(code, now=gone, most=10) == []
    with pytest.raises(NotFound):
        history.ping(code, 1, now=gone)


def test_a_flip_that_is_written_again_keeps_what_was_sent(deployment: Deployment) -> None:
    code = deployment.add()
    deployment.ping(code, "/fail", at=NOON)
    [before] = deployment.flips(code)

    history.put_record(deployment.wiring.ports.tables, deployment.check(code), before.flip)

    assert deployment.flips(code) == [before]
    assert before.flip == Flip(number=1, at=NOON, old=Status.NEW, new=Status.DOWN, reason=Reason.FAILED)


def test_what_was_sent_after_a_flip_was_written_by_others_is_added_to_it(deployment: Deployment) -> None:
    code = deployment.add()
    deployment.ping(code, "/fail", at=NOON)
    [before] = deployment.flips(code)
    again = Told(id="a-repeat", kind=Kind.DOWN, to=("ops",), at=NOON + timedelta(minutes=1))

    history.put_record(deployment.wiring.ports.tables, deployment.check(code), before.flip, sent=(again,))

    assert [stored.sent for stored in deployment.flips(code)] == [(*before.sent, again)]
    assert len(before.sent) == 1


def test_judgements_of_a_storm_are_written_25_a_call_and_what_was_left_out_is_not_claimed(
    deployment: Deployment,
) -> None:
    some = [deployment.check(deployment.add(name=f"job-{i}")) for i in range(30)]
    held = [replace(check, records=(Judged(at=NOON, reason=Reason.MISSED, count=None),)) for check in some]
    tables = deployment.wiring.ports.tables
    calls: list[int] = []

    def leave_out_the_last(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        body = json.loads(params["body"])
        context["left"] = {tables.history: [body["RequestItems"][tables.history].pop()]}
        params["body"] = json.dumps(body).encode()

    def tell(parsed: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        calls.append(len(parsed))
        parsed["UnprocessedItems"] = context["left"]

    events = tables.client.meta.events
    events.register("before-call.dynamodb.BatchWriteItem", leave_out_the_last)
    events.register("after-call.dynamodb.BatchWriteItem", tell)
    written = history.put_judged(tables, held)
    events.unregister("before-call.dynamodb.BatchWriteItem", leave_out_the_last)
    events.unregister("after-call.dynamodb.BatchWriteItem", tell)

    claimed = {code for code, _ in written}
    stored = {check.code for check in held if history.judged(check.code, now=NOON, most=10)}
    assert (len(calls), len(claimed)) == (2, 28)
    assert claimed == stored


def test_what_no_ping_tells_is_kept(deployment: Deployment) -> None:
    code = deployment.add(min_count=5, count_window=timedelta(minutes=10))
    deployment.ping(code, query={"count": "7"}, at=NOON)
    deployment.ping(code, query={"count": "1"}, at=NOON + timedelta(minutes=12))
    deployment.sweep(NOON + timedelta(minutes=21))

    assert history.judged(code, now=NOON, most=10) == [
        Judged(at=NOON + timedelta(minutes=20), reason=Reason.STALLED, count=1, since=NOON + timedelta(minutes=10)),
        Judged(at=NOON + timedelta(minutes=10), reason=None, count=7, since=NOON),
    ]


def test_a_window_and_a_period_that_end_at_one_instant_are_both_kept(deployment: Deployment) -> None:
    check = deployment.check(deployment.add())
    window = Judged(at=NOON, reason=None, count=7)
    period = Judged(at=NOON, reason=Reason.MISSED, count=None)

    for record in (window, period):
        history.put_record(deployment.wiring.ports.tables, check, record)

    assert history.judged(check.code, now=NOON, most=10) == [window, period]


def test_every_row_bears_the_number_of_its_schema(deployment: Deployment) -> None:
    code = deployment.add()
    deployment.ping(code, "/fail", at=NOON)

    assert raw(deployment, code, "ping#000000000001")["v"] == {"N": "1"}
    assert raw(deployment, code, "flip#000000000001")["v"] == {"N": "1"}
