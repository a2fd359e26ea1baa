"""Channels on a local server, as a process: its SNS really delivers to an address of this machine."""

import json
import time
from collections.abc import Callable
from pathlib import Path

from tests.e2e.service import OVERDUE, done, run, service
from tests.stand_in import stand_in

WAIT_S = 20.0


def eventually(is_so: Callable[[], bool]) -> None:
    """Wait for what another process does."""
    end = time.monotonic() + WAIT_S
    while not is_so():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def test_a_channel_of_a_local_server_gets_its_test_and_a_checks_alerts(tmp_path: Path) -> None:
    with stand_in() as hook, service(tmp_path) as local:

        def overdue(*arguments: str) -> str:
            return done([OVERDUE, *arguments], cwd=local.directory)

        refused = run([OVERDUE, "channels", "add", "ops", "ops@example.com", "--stage", "local"], cwd=local.directory)
        overdue("channels", "add", "hook", f"{hook.base}/alerts", "--stage", "local")
        states = json.loads(overdue("channels", "list", "--state", "--json"))
        overdue("channels", "test", "hook", "--stage", "local")
        tested = [json.loads(each.json()["Message"])["subject"] for each in hook.asked]
        overdue("checks", "add", "nightly", "--every", "1d", "--channels", "*")
        overdue("ping", "nightly", "--fail")
        eventually(lambda: len(hook.asked) == 2)

    assert refused.returncode == 1
    assert "A local server delivers to https and sqs only, not to email" in refused.stderr
    assert [(each["name"], each["state"]) for each in states] == [("hook", "ready"), ("inbox", "ready")]
    assert tested == ["TEST channel hook: alerts reach you"]
    assert json.loads(hook.asked[1].json()["Message"])["subject"].startswith("DOWN nightly: failed")
