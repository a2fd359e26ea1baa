"""Each rule that others lack, on a real server whose clock runs fast: API in, alerts out
(docs/reference/rules.md, rules 4, 7–9).
"""

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import requests

from tests.e2e.service import OVERDUE, Service, environment, service

SPEED = 60


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with service(tmp_path_factory.mktemp("rules"), "--speed", str(SPEED)) as found:
        yield found


def eventually(holds: Callable[[], bool], *, most_s: float = 60.0) -> None:
    """Wait until something holds; what is waited for happens in another process."""
    end = time.monotonic() + most_s
    while not holds():
        assert time.monotonic() < end, "it did not come to pass in time"
        time.sleep(0.1)


def api(running: Service, path: str, fields: dict[str, Any] | None = None) -> dict[str, Any]:
    """A POST, or a GET where there are no fields."""
    headers = {"X-Api-Key": running.ready["api_key"]}
    url = f"{running.ready['base']}/api/v3/checks/{path}"
    if fields is None:
        answer = requests.get(url, headers=headers, timeout=20)
    else:
        answer = requests.post(url, json=fields, headers=headers, timeout=20)
    assert answer.ok, answer.text
    found: dict[str, Any] = answer.json()
    return found


def made(running: Service, name: str, **fields: Any) -> str:
    usual = {"name": name, "timeout": 60, "grace": 60, "channels": "*"}
    code: str = api(running, "", usual | fields)["uuid"]
    return code


def ping(running: Service, code: str, action: str = "") -> None:
    assert requests.get(f"{running.ready['ping']}/{code}{action}", timeout=20).text == "OK"


def alerts(running: Service, name: str) -> list[dict[str, Any]]:
    """The alerts of a check, oldest first."""
    found: list[dict[str, Any]] = requests.get(f"{running.ready['inbox']}.json", timeout=20).json()
    of_check = [alert for alert in found if alert["check"]["name"] == name]
    return sorted(of_check, key=lambda alert: (alert["flip"], alert["at"]))


def shown(running: Service, code: str) -> dict[str, Any]:
    return api(running, code)


def overdue(running: Service, *arguments: str) -> str:
    """The real command, in the server's directory."""
    return subprocess.run(
        [OVERDUE, *arguments], cwd=running.directory, env=environment(), check=True, capture_output=True, text=True
    ).stdout


def test_the_third_failure_in_a_row_is_told(running: Service) -> None:
    code = made(running, "flaky", timeout=86400, failures_before_alert=3)
    ping(running, code)
    for _ in range(2):
        ping(running, code, "/fail")
    assert (shown(running, code)["status"], shown(running, code)["failures"]) == ("up", 2)
    ping(running, code, "/fail")
    eventually(lambda: len(alerts(running, "flaky")) == 1)
    assert "3rd failure in a row" in alerts(running, "flaky")[0]["text"]


def test_the_second_miss_in_a_row_is_told(running: Service) -> None:
    code = made(running, "lazy", misses_before_alert=2)
    ping(running, code)
    eventually(lambda: len(alerts(running, "lazy")) == 1)
    [alert] = alerts(running, "lazy")
    assert (alert["reason"], alert["misses_in_a_row"]) == ("missed", 2)
    assert shown(running, code)["misses"] == 2


def test_a_job_that_never_begins_is_missed(running: Service) -> None:
    made(running, "never", first_ping_by=60)
    eventually(lambda: len(alerts(running, "never")) == 1)
    assert "The first success was due by then." in alerts(running, "never")[0]["text"]


def test_what_goes_down_while_snoozed_is_told_at_the_end(running: Service) -> None:
    code = made(running, "noisy", timeout=86400, remind_every=60)
    ping(running, code)
    assert "No alert before" in _said(running, "checks", "snooze", "noisy", "5m")
    ping(running, code, "/7")
    until = shown(running, code)["snoozed_until"]
    eventually(lambda: bool(alerts(running, "noisy")))
    first = alerts(running, "noisy")[0]
    assert (first["kind"], first["exit_status"]) == ("down", 7)
    assert first["sent_at"] >= until


def test_an_acknowledged_outage_reminds_nobody(running: Service) -> None:
    code = made(running, "known", timeout=86400, remind_every=120)
    ping(running, code)
    ping(running, code, "/fail")
    eventually(lambda: len(alerts(running, "known")) == 1)
    acknowledged = json.loads(overdue(running, "checks", "ack", "known", "--json"))
    heard = len(alerts(running, "known"))
    assert acknowledged["acknowledged_at"] is not None
    assert shown(running, code)["due_at"] is None
    ping(running, code)
    eventually(lambda: len(alerts(running, "known")) == heard + 1)
    assert alerts(running, "known")[-1]["kind"] == "up"


def test_an_outage_that_nobody_sees_to_is_escalated_until_somebody_opens_its_link(running: Service) -> None:
    assert "Checks can escalate by" in _said(running, "escalations", "add", "nights", "1m *", "8h *")
    code = made(running, "unheard", timeout=86400, escalation_policy="nights")
    assert "after 1 min to all channels" in overdue(running, "checks", "show", "unheard")
    ping(running, code)
    ping(running, code, "/fail")
    eventually(lambda: len(alerts(running, "unheard")) == 2)
    down, escalated = alerts(running, "unheard")
    assert (down["kind"], escalated["kind"], escalated["ordinal"]) == ("down", "escalation", 1)
    link = escalated["ack_url"]
    assert '<form class="actions" method="post">' in requests.get(link, timeout=20).text
    assert shown(running, code)["acknowledged_at"] is None
    answer = requests.post(link, timeout=20)  # follows to the page that says so
    assert "by a link in an alert" in answer.text
    assert (shown(running, code)["acknowledged_by"], shown(running, code)["due_at"]) == ("a link in an alert", None)


def test_an_early_success_and_windows_move_what_is_expected(running: Service) -> None:
    """The hour of the server's clock is not ours: each is compared with a check that has no such rule."""
    plain = made(running, "plain", schedule="0 0 * * *", tz="UTC")
    early = made(running, "early", schedule="0 0 * * *", tz="UTC", early=86400)
    closed = made(running, "closed", timeout=86400, windows=["2020-01-01T00:00Z to 2199-01-01T00:00Z"])
    several = made(running, "several", schedules=["0 0 * * *", "*/5 * * * *"], tz="UTC")
    for code in (plain, early, closed, several):
        ping(running, code)
    assert shown(running, early)["next_ping"] > shown(running, plain)["next_ping"]
    assert shown(running, closed)["next_ping"] == "2199-01-02T00:00:00+00:00"
    assert shown(running, closed)["maintenance_until"] == "2199-01-01T00:00:00+00:00"
    assert shown(running, several)["next_ping"] <= shown(running, plain)["next_ping"]
    assert "every 5 minutes" in overdue(running, "checks", "show", "several")


def test_a_child_waits_for_its_parent_and_is_told_in_the_end(running: Service) -> None:
    db = made(running, "db", slug="db", timeout=86400)
    overdue(running, "checks", "add", "child", "--every", "1d", "--grace", "2m", "--depends-on", "db")
    child = json.loads(overdue(running, "checks", "show", "child", "--json"))["uuid"]
    for code in (db, child):
        ping(running, code)
        ping(running, code, "/fail")
    assert shown(running, child)["held_by"] == ["db"]
    assert "its alert waits for db" in overdue(running, "checks", "show", "child")
    ping(running, db)
    recovered = alerts(running, "db")[-1]
    assert (recovered["kind"], alerts(running, "child")) == ("up", [])
    eventually(lambda: bool(alerts(running, "child")))
    [alert] = alerts(running, "child")
    assert (alert["held_for"], "Held while    db was down" in alert["text"]) == (["db"], True)
    waited = datetime.fromisoformat(alert["sent_at"]) - datetime.fromisoformat(recovered["at"])
    assert waited >= timedelta(minutes=2)


def test_a_group_is_down_when_so_many_of_its_members_are(running: Service) -> None:
    first, second = (made(running, f"web-{n}", slug=f"web-{n}", timeout=86400) for n in (1, 2))
    for code in (first, second):
        ping(running, code)
    overdue(running, "checks", "add", "web", "--member", "web-1", "--member", "web-2")
    assert "down when all of web-1, web-2 are" in overdue(running, "checks", "show", "web")
    for code in (first, second):
        ping(running, code, "/fail")
    eventually(lambda: bool(alerts(running, "web")))
    assert "2 of 2 members are down: web-1, web-2." in alerts(running, "web")[0]["text"]
    ping(running, first)
    eventually(lambda: len(alerts(running, "web")) == 2)
    assert "1 of 2 members is down: web-2" in alerts(running, "web")[1]["text"]


def _said(running: Service, *arguments: str) -> str:
    """What a command says beside its result."""
    ended = subprocess.run(
        [OVERDUE, *arguments], cwd=running.directory, env=environment(), check=True, capture_output=True, text=True
    )
    return ended.stderr
