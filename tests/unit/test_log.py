"""Log lines: one JSON object each, with the ids of their invocation, and without whole codes."""

import json
import logging
import subprocess
import sys
import threading
from typing import Any

import pytest

from chalicelib import log
from overdue.local.gateway import Context

PROGRAM = """
import os
from chalicelib import log
from overdue.local.gateway import Context

os.environ["AWS_LAMBDA_FUNCTION_NAME"] = "overdue-prod-api"
log.begin(os.environ)
log.begin(os.environ)
log.invoked(Context("8f5d3c1e-0b52-4f7e-9d3a-2f6c1a7b9e40"), api_request_id="JKJaXmPLvHcESHA=")
log.event("conflict", check="7f0e8d4c")
try:
    raise ValueError("no such status in 7f0e8d4c-1b2a-4c3d-8e9f-0123456789ab")
except ValueError:
    log.crash("check_failed", check="7f0e8d4c")
"""


def on_lambda() -> list[dict[str, Any]]:
    """The lines that a function writes to stdout, where the logs of Lambda's own would stand on the root logger."""
    done = subprocess.run([sys.executable, "-c", PROGRAM], check=True, capture_output=True, text=True)
    assert done.stderr == ""
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_on_lambda_each_line_is_one_object_with_the_ids_of_the_invocation() -> None:
    event, _ = on_lambda()

    assert event == {
        "event": "conflict",
        "level": "info",
        "request_id": "8f5d3c1e-0b52-4f7e-9d3a-2f6c1a7b9e40",
        "api_request_id": "JKJaXmPLvHcESHA=",
        "check": "7f0e8d4c",
    }


def test_a_traceback_stands_within_its_line_and_shows_no_whole_code() -> None:
    _, crash = on_lambda()

    assert (crash["event"], crash["level"], crash["check"]) == ("check_failed", "error", "7f0e8d4c")
    assert crash["request_id"] == "8f5d3c1e-0b52-4f7e-9d3a-2f6c1a7b9e40"
    assert crash["traceback"].startswith("Traceback (most recent call last):\n")
    assert crash["traceback"].endswith("ValueError: no such status in 7f0e8d4c…")


def test_an_invocation_ends_when_the_next_begins(caplog: pytest.LogCaptureFixture) -> None:
    log.invoked(Context("first"), api_request_id="api")
    log.invoked(Context("second"))

    with caplog.at_level(logging.INFO, "overdue"):
        log.event("swept")

    assert json.loads(caplog.messages[0]) == {"event": "swept", "level": "info", "request_id": "second"}


def test_another_threads_lines_bear_the_ids_that_it_is_given(caplog: pytest.LogCaptureFixture) -> None:
    log.invoked(Context("ours"))

    def work(ids: log.Invocation) -> None:
        log.within(ids)
        log.event("alert")

    thread = threading.Thread(target=work, args=(log.invocation(),))

    with caplog.at_level(logging.INFO, "overdue"):
        thread.start()
        thread.join()

    assert json.loads(caplog.messages[0])["request_id"] == "ours"


def test_what_a_scheduled_function_raises_is_logged_once_and_fails_it(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(ZeroDivisionError), log.invocation_of(Context("ours")):
        _ = 1 / 0

    [record] = caplog.records
    assert json.loads(record.message) == {"event": "bug", "level": "error", "request_id": "ours"}
    assert record.exc_info is not None
