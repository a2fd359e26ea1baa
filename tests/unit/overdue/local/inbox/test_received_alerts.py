import json
from concurrent.futures import ThreadPoolExecutor

from werkzeug.wrappers import Request

from overdue.local.clock import Clock
from overdue.local.inbox.layout import NavLink
from overdue.local.inbox.received_alerts import Inbox
from overdue.local.inbox.sns_message import ReceivedAlert
from tests.wsgi import a_request


def an_inbox(told: list[ReceivedAlert]) -> Inbox:
    return Inbox(clock=Clock(1), on_alert=told.append, nav=[NavLink("/inbox", "Alerts")])


def a_delivery(number: int) -> Request:
    message = {
        "version": 1,
        "id": str(number),
        "kind": "down",
        "sent_at": f"2026-10-24T00:{number // 60:02}:{number % 60:02}Z",
        "channels": ["inbox"],
        "subject": "DOWN backup",
        "text": "backup is down",
        "sms": "",
    }
    body = json.dumps({"Type": "Notification", "Message": json.dumps(message)}).encode()
    return a_request("/inbox/deliver", method="POST", body=body)


def test_the_oldest_alert_makes_room_for_the_501st() -> None:
    inbox = an_inbox([])
    for number in range(501):
        assert inbox.deliver(a_delivery(number)).status_code == 200
    kept = [alert.id for alert in inbox.alerts()]
    assert (len(kept), kept[0], kept[-1]) == (500, "500", "1")


def test_8_threads_that_deliver_the_same_alerts_are_all_counted_and_told_of_once() -> None:
    told: list[ReceivedAlert] = []
    inbox = an_inbox(told)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda number: inbox.deliver(a_delivery(number % 50)), range(400)))
    assert [alert.deliveries for alert in inbox.alerts()] == [8] * 50
    assert len(told) == 50
