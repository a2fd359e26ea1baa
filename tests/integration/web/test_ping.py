"""Pings by uuid: every line of the wire contract that a client can meet, and what is stored of it."""

from datetime import timedelta

import pytest

from chalicelib.domain.alerts import Reason
from chalicelib.domain.check import Status
from chalicelib.domain.config import Filters
from chalicelib.domain.ids import Code
from chalicelib.domain.ping import Signal
from chalicelib.domain.schedule.occurrences import Every
from tests.builders import utc
from tests.integration.conftest import Deployment

RID = "0f3a1b3c-7a51-4ac1-8d6f-1f6f5c1f0a11"
UNKNOWN = "11111111-2222-4333-8444-555555555555"


def test_a_success_brings_a_new_check_up_and_is_recorded(deployment: Deployment) -> None:
    code = deployment.add()

    answer = deployment.ping(code, at=utc("2026-03-01T12:00:00.123Z"))

    assert (answer.status, answer.text) == (200, "OK")
    check = deployment.check(code)
    assert (check.status, check.n_pings) == (Status.UP, 1)
    assert check.last_ping == check.last_success == utc("2026-03-01T12:00:00.123Z")
    assert check.due_at == utc("2026-03-02T13:00:00.123Z")
    [stored] = deployment.pings(code)
    assert (stored.number, stored.signal, stored.ping.method) == (1, Signal.SUCCESS, "GET")
    assert (stored.ping.ua, stored.ping.remote_addr, stored.ping.scheme) == ("curl/8.5.0", "203.0.113.1", "https")


def test_an_answer_tells_the_body_limit_and_lets_browsers_in_but_no_cache(deployment: Deployment) -> None:
    answer = deployment.ping(deployment.add())

    assert answer.headers == {
        "Content-Type": "text/plain; charset=utf-8",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Strict-Transport-Security": "max-age=31536000",
        "Ping-Body-Limit": "10000",
        "Access-Control-Allow-Origin": "*",
    }


@pytest.mark.parametrize(
    ("action", "signal", "exit_status", "status"),
    [
        ("", Signal.SUCCESS, None, Status.UP),
        ("/", Signal.SUCCESS, None, Status.UP),
        ("/start", Signal.START, None, Status.NEW),
        ("/fail", Signal.FAIL, None, Status.DOWN),
        ("/log", Signal.LOG, None, Status.NEW),
        ("/0", Signal.SUCCESS, 0, Status.UP),
        ("/1", Signal.FAIL, 1, Status.DOWN),
        ("/007", Signal.FAIL, 7, Status.DOWN),
        ("/255", Signal.FAIL, 255, Status.DOWN),
    ],
)
def test_the_end_of_the_url_says_what_happened(
    deployment: Deployment, action: str, signal: Signal, exit_status: int | None, status: Status
) -> None:
    code = deployment.add()

    assert deployment.ping(code, action).text == "OK"

    [stored] = deployment.pings(code)
    assert (stored.signal, stored.ping.exit_status) == (signal, exit_status)
    assert deployment.check(code).status is status


@pytest.mark.parametrize("verb", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "BREW"])
def test_any_verb_is_a_ping(deployment: Deployment, verb: str) -> None:
    code = deployment.add()

    assert deployment.request(verb, f"/ping/{code}").status == 200

    [stored] = deployment.pings(code)
    assert stored.ping.method == verb


def test_a_browser_asking_whether_it_may_is_no_ping(deployment: Deployment) -> None:
    code = deployment.add()

    answer = deployment.request("OPTIONS", f"/ping/{code}", headers={"Access-Control-Request-Method": "POST"})

    assert answer.status == 204
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert deployment.check(code).n_pings == 0


@pytest.mark.parametrize(
    ("path", "query", "status", "text"),
    [
        pytest.param(f"/ping/{UNKNOWN}", {}, 404, "not found", id="unknown uuid"),
        pytest.param(f"/ping/{UNKNOWN}/fail", {}, 404, "not found", id="unknown uuid, with an action"),
        pytest.param(f"/ping/{UNKNOWN}/256", {}, 404, "not found", id="an unknown check goes before a bad status"),
        pytest.param("/ping/{code}/256", {"rid": "1"}, 400, "invalid url format", id="a bad status before a bad rid"),
        pytest.param("/ping/{code}", {"rid": "1", "count": "x"}, 400, "invalid uuid format", id="a rid before a count"),
        pytest.param("/ping/{code}/256", {}, 400, "invalid url format", id="status over 255"),
        pytest.param("/ping/{code}/99999999999999999999999", {}, 400, "invalid url format", id="status of 23 digits"),
        pytest.param("/ping/{code}/FAIL", {}, 400, "invalid url format", id="action in upper case"),
        pytest.param("/ping/{code}/Start", {}, 400, "invalid url format", id="action in mixed case"),
        pytest.param("/ping/{code}/bogus", {}, 404, "not found", id="no action at all"),
        pytest.param("/ping/{code}/success", {}, 404, "not found", id="success is no action"),
        pytest.param("/ping/{code}/-1", {}, 404, "not found", id="negative status"),
        pytest.param("/ping/{code}/1.5", {}, 404, "not found", id="fraction"),
        pytest.param("/ping/{code}/+1", {}, 404, "not found", id="a sign"),
        pytest.param("/ping/{code}/٣", {}, 404, "not found", id="a digit of another script"),
        pytest.param("/ping/{code}/fail/fail", {}, 404, "not found", id="a part too many"),
        pytest.param("/ping/{code}/a/b/c", {}, 404, "not found", id="far too many parts"),
        pytest.param("/ping/{code}x", {}, 404, "not found", id="a letter too many"),
        pytest.param("/ping/{upper}", {}, 404, "not found", id="uuid in upper case"),
        pytest.param("/ping/{bare}", {}, 404, "not found", id="uuid without hyphens"),
        pytest.param("/ping/", {}, 404, "not found", id="nothing after the slash"),
        pytest.param("/ping", {}, 404, "not found", id="nothing at all"),
        pytest.param("/ping//{code}", {}, 404, "not found", id="an empty part"),
        pytest.param("/ping/{code}/\x00", {}, 404, "not found", id="NUL"),
        pytest.param("/ping/../ping/{code}", {}, 404, "not found", id="dots"),
        pytest.param("/ping/{code}\n", {}, 404, "not found", id="a line end behind the uuid"),
        pytest.param("/ping/{code}", {"rid": ""}, 400, "invalid uuid format", id="empty rid"),
        pytest.param("/ping/{code}", {"rid": RID.replace("-", "")}, 400, "invalid uuid format", id="rid, no hyphens"),
        pytest.param("/ping/{code}", {"rid": RID + "\n"}, 400, "invalid uuid format", id="rid with a line end"),
        pytest.param("/ping/{code}", {"count": "-1"}, 400, "invalid count", id="negative count"),
        pytest.param("/ping/{code}", {"count": "1.5"}, 400, "invalid count", id="half an item"),
        pytest.param("/ping/{code}", {"count": ""}, 400, "invalid count", id="empty count"),
        pytest.param("/ping/{code}", {"count": "1e3"}, 400, "invalid count", id="count with an exponent"),
        pytest.param("/ping/{code}", {"count": "9" * 400}, 400, "invalid count", id="count of 400 digits"),
        pytest.param("/ping/{code}", {"count": "٣"}, 400, "invalid count", id="count in another script"),
    ],
)
def test_a_refused_ping_says_why_and_changes_nothing(
    deployment: Deployment, path: str, query: dict[str, str], status: int, text: str
) -> None:
    code = deployment.add()
    before = deployment.check(code)

    answer = deployment.request(
        "GET", path.format(code=code, upper=code.upper(), bare=code.replace("-", "")), query=query
    )

    assert (answer.status, answer.text) == (status, text)
    assert "no-store" in answer.headers["Cache-Control"]
    assert "Ping-Body-Limit" not in answer.headers
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert deployment.check(code) == before
    assert deployment.pings(code) == []


def test_the_end_of_a_run_bears_its_duration(deployment: Deployment) -> None:
    code = deployment.add()

    deployment.ping(code, "/start", query={"rid": RID.upper()}, at=utc("2026-03-01T12:00:00Z"))
    deployment.ping(code, query={"rid": RID}, at=utc("2026-03-01T12:04:10.500Z"))

    end, start = deployment.pings(code)
    assert (end.ping.rid, end.took) == (RID, timedelta(minutes=4, seconds=10.5))
    assert (start.ping.rid, start.took) == (RID, None)
    assert deployment.check(code).runs == ()


def test_a_success_that_closes_a_run_of_another_name_has_no_duration(deployment: Deployment) -> None:
    code = deployment.add()

    deployment.ping(code, "/start", query={"rid": RID}, at=utc("2026-03-01T12:00Z"))
    deployment.ping(code, at=utc("2026-03-01T12:04Z"))

    assert deployment.check(code).runs == ()
    assert [stored.took for stored in deployment.pings(code)] == [None, None]


def test_a_body_is_stored_as_it_came_and_cut_at_the_limit(deployment: Deployment) -> None:
    code = deployment.add()
    noise = bytes(range(256)) * 50

    deployment.ping(code, body=b"\x00\xff\x1b hello")
    deployment.ping(code, body=noise)

    long, short = deployment.pings(code)
    assert short.ping.body == b"\x00\xff\x1b hello"
    assert long.ping.body == noise[:10_000]


def test_an_alert_tells_the_end_of_a_body_though_only_its_beginning_is_kept(deployment: Deployment) -> None:
    code = deployment.add()

    deployment.ping(code, "/fail", body=b"q" * 20_000 + b"\nTHE END\n")

    [alert] = deployment.alerts()
    assert alert["output"].endswith("THE END")
    assert deployment.pings(code)[0].ping.body == b"q" * 10_000


@pytest.mark.parametrize("content_type", ["text/plain", "application/json", "application/x-www-form-urlencoded", "a/b"])
def test_a_body_may_be_of_any_type(deployment: Deployment, content_type: str) -> None:
    code = deployment.add()

    deployment.ping(code, body=b"a=1&b=2", headers={"Content-Type": content_type})

    assert deployment.pings(code)[0].ping.body == b"a=1&b=2"


def test_a_message_in_the_query_is_a_body_for_who_cannot_send_one(deployment: Deployment) -> None:
    code = deployment.add()

    deployment.ping(code, query={"msg": "3 files skipped: ✔"})

    assert deployment.pings(code)[0].ping.body == "3 files skipped: ✔".encode()


@pytest.mark.parametrize(
    ("claimed", "stored"),
    [
        ("198.51.100.7, 203.0.113.9", "198.51.100.7"),
        ("198.51.100.7:1234", "198.51.100.7"),
        ("2001:db8::1", "2001:db8::1"),
        ("<script>, 203.0.113.9", "203.0.113.1"),
        ("", "203.0.113.1"),
    ],
)
def test_the_remote_address_is_the_claimed_one_unless_it_is_junk(
    deployment: Deployment, claimed: str, stored: str
) -> None:
    code = deployment.add()

    assert deployment.ping(code, headers={"X-Forwarded-For": claimed}).status == 200

    assert deployment.pings(code)[0].ping.remote_addr == stored


def test_a_user_agent_is_cut_at_200_characters(deployment: Deployment) -> None:
    code = deployment.add()

    deployment.ping(code, headers={"User-Agent": "a" * 300})

    assert deployment.pings(code)[0].ping.ua == "a" * 200


def test_a_user_agent_that_is_no_text_is_no_reason_to_lose_a_ping(deployment: Deployment) -> None:
    code = deployment.add()

    assert deployment.ping(code, headers={"User-Agent": "\ud800\x00\xff"}).status == 200

    assert deployment.check(code).n_pings == 1


def test_what_the_filters_ignore_is_stored_and_answered_but_changes_nothing(deployment: Deployment) -> None:
    code = deployment.add(filters=Filters(methods="POST"))

    assert deployment.request("GET", f"/ping/{code}").status == 200

    assert deployment.pings(code)[0].signal is Signal.IGN
    assert (deployment.check(code).status, deployment.check(code).n_pings) == (Status.NEW, 1)


def test_a_failure_goes_down_and_the_alert_is_out_before_the_answer(deployment: Deployment) -> None:
    code = deployment.add()
    deployment.ping(code, at=utc("2026-03-01T12:00Z"))

    deployment.ping(code, "/75", body=b"disk full\n", at=utc("2026-03-01T13:00Z"))

    [alert] = deployment.alerts()
    assert (alert["kind"], alert["reason"], alert["check"]["name"]) == ("down", "failed", "nightly-backup")
    assert alert["subject"] == "DOWN nightly-backup: failed, exit status 75"
    check = deployment.check(code)
    assert (check.status, check.reason, check.alerts, check.records) == (Status.DOWN, Reason.FAILED, (), ())
    down, up = deployment.flips(code)
    assert (up.flip.new, up.sent) == (Status.UP, ())
    assert (down.flip.new, down.flip.at) == (Status.DOWN, utc("2026-03-01T13:00Z"))
    assert [told.id for told in down.sent] == [alert["id"]]


def test_a_recovery_tells_so_once(deployment: Deployment) -> None:
    code = deployment.add()
    deployment.ping(code, "/fail", at=utc("2026-03-01T12:00Z"))
    deployment.alerts()

    deployment.ping(code, at=utc("2026-03-01T12:38Z"))
    deployment.ping(code, at=utc("2026-03-01T12:39Z"))

    [alert] = deployment.alerts()
    assert (alert["kind"], alert["subject"]) == ("up", "UP nightly-backup: was down for 38 min")


def test_two_pings_out_of_order_leave_the_newer_one_standing(deployment: Deployment) -> None:
    code = deployment.add()
    deployment.ping(code, "/fail", at=utc("2026-03-01T12:00:05Z"))

    assert deployment.ping(code, at=utc("2026-03-01T12:00:03Z")).status == 200

    check = deployment.check(code)
    assert (check.status, check.last_ping, check.n_pings) == (Status.DOWN, utc("2026-03-01T12:00:05Z"), 2)


@pytest.mark.parametrize(
    ("end", "alerts"),
    [
        pytest.param({"rid": "33333333-3333-4333-8333-333333333333"}, ["overrun"], id="by another run: it hangs"),
        pytest.param({"rid": RID}, [], id="by its own end"),
    ],
)
def test_a_start_that_a_success_has_overtaken_is_watched_unless_it_has_ended(
    deployment: Deployment, end: dict[str, str], alerts: list[str]
) -> None:
    code = deployment.add(max_runtime=timedelta(minutes=10))
    deployment.ping(code, query=end, at=utc("2026-03-01T12:00:05Z"))
    deployment.ping(code, "/start", query={"rid": RID}, at=utc("2026-03-01T12:00:04Z"))

    deployment.sweep(utc("2026-03-01T12:11Z"))

    assert [alert["reason"] for alert in deployment.alerts()] == alerts


def test_the_item_of_a_plain_check_stays_under_one_write_unit(deployment: Deployment) -> None:
    code = deployment.add(schedule=Every(timedelta(hours=1)), tags="billing prod", desc="Sends the invoices.")
    for hour in range(40):
        deployment.ping(code, "/start", query={"rid": RID}, at=deployment.now + timedelta(hours=hour))
        deployment.ping(code, query={"rid": RID}, body=b"x" * 500, at=deployment.now + timedelta(hours=hour, minutes=4))

    raw = deployment.wiring.ports.tables.client.get_item(
        TableName=deployment.wiring.settings.checks_table, Key={"code": {"S": code}}
    )["Item"]

    assert size_of(raw) < 1024


def size_of(item: object) -> int:
    """A DynamoDB item's size: names and values in UTF-8, a number about half its digits, rounded up, plus one."""
    match item:
        case {"S": str(text)}:
            return len(text.encode())
        case {"B": bytes(data)}:
            return len(data)
        case {"N": str(number)}:
            return (len(number) + 1) // 2 + 1
        case {"BOOL": _}:
            return 1
        case {"M": dict(members)}:
            return 3 + sum(len(name) + 1 + size_of(value) for name, value in members.items())
        case dict():
            return sum(len(name.encode()) + size_of(value) for name, value in item.items())
    raise AssertionError(f"no size is known of {item!r}")


def test_codes_are_never_logged_whole(deployment: Deployment, caplog: pytest.LogCaptureFixture) -> None:
    code: Code = deployment.add()

    deployment.ping(code, "/fail")

    assert code not in caplog.text
    assert code[:8] in caplog.text


def test_a_check_accepts_300_pings_a_minute_and_refuses_the_rest_with_one_read(deployment: Deployment) -> None:
    code, noon = deployment.add(), utc("2026-03-01T12:00:05Z")
    for number in range(300):
        assert deployment.ping(code, at=noon + timedelta(milliseconds=number)).status == 200
    calls = calls_of(deployment)

    first, second = (deployment.ping(code, at=noon + timedelta(seconds=wait)) for wait in (10, 20))

    assert (first.status, first.text) == (429, "too many pings: a check takes 300 a minute, try again in 45 s")
    assert (first.headers["Retry-After"], second.headers["Retry-After"]) == ("45", "35")
    assert calls == ["GetItem", "UpdateItem", "GetItem"]  # the first is recorded
    check = deployment.check(code)
    assert (check.n_pings, check.throttled_since, check.throttled_at) == (300, *[noon + timedelta(seconds=10)] * 2)
    assert deployment.ping(code, at=noon + timedelta(seconds=55)).status == 200


def test_a_throttled_check_still_accepts_a_failure(deployment: Deployment) -> None:
    code = deployment.add()
    for number in range(301):
        deployment.ping(code, at=deployment.now + timedelta(milliseconds=number))

    assert deployment.ping(code, "/fail", at=deployment.now + timedelta(seconds=9)).status == 200

    assert deployment.check(code).status is Status.DOWN


def calls_of(deployment: Deployment) -> list[str]:
    """The operations that are sent to DynamoDB from now on."""
    calls: list[str] = []
    client = deployment.wiring.ports.tables.client
    client.meta.events.register("before-call.dynamodb", lambda model, **_: calls.append(model.name))
    return calls
