"""The outside watchdog: a GET of its URL, and no harm from one that is out of order."""

import json
import logging

import pytest

from chalicelib.services.liveness import watchdog
from tests.stand_in import Says, stand_in


def test_it_is_asked_once_by_get() -> None:
    with stand_in() as server:
        watchdog.call(f"{server.base}/ping/secret?from=overdue")

    [asked] = server.asked
    assert (asked.method, asked.path, asked.headers["user-agent"]) == ("GET", "/ping/secret?from=overdue", "Overdue")


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/secret",
        "http://127.0.0.1:99999/secret",
        "http://[/secret",
        "ftp://127.0.0.1/secret",
        "http://" + "s" * 70 + ".secret.invalid\u3002\ud800/",
    ],
)
def test_a_url_that_leads_nowhere_is_logged_without_it(url: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "overdue"):
        watchdog.call(url)

    [line] = [record.message for record in caplog.records if record.name == "overdue"]
    assert json.loads(line)["event"] == "watchdog_not_called"
    assert "secret" not in caplog.text


@pytest.mark.parametrize("status", [302, 404, 500])
def test_an_answer_that_is_no_yes_is_logged_and_not_repeated(status: int, caplog: pytest.LogCaptureFixture) -> None:
    answering = Says(status, headers={"Location": "/elsewhere"})
    with stand_in(lambda _: answering) as server, caplog.at_level(logging.INFO, "overdue"):
        watchdog.call(f"{server.base}/secret")

    assert len(server.asked) == 1
    assert json.loads(caplog.messages[-1])["why"] == f"it answered {status}"
