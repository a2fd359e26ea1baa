"""Headers that each answer of a deployment has, whatever answers: pings, pages, files, refusals, errors."""

import pytest

import app as lambda_app
from chalicelib import runtime
from chalicelib.web.app import security_headers
from tests.integration.conftest import Deployment
from tests.integration.web.pages.browsing import Browser

HTML = {"Accept": "text/html"}
CONCRETE = {"first": "x", "second": "y", "third": "z", "nonce": "n", "rest": "x/y", "name": "x", "action": "pause"}


@pytest.mark.parametrize("path", ["/nothing/here/at/all", *sorted(lambda_app.app.routes)])
@pytest.mark.parametrize("verb", ["GET", "POST", "OPTIONS", "BREW"])
def test_no_answer_is_sniffed_and_browsers_come_back_by_https_only(
    deployment: Deployment, path: str, verb: str
) -> None:
    for headers in ({}, HTML):
        answer = deployment.request(verb, path.format(token="t", **CONCRETE), headers=dict(headers))
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_a_bug_is_answered_with_them_too(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OVERDUE_CHECKS_TABLE")
    runtime.wiring.cache_clear()
    answer = deployment.request("GET", "/api/v3/checks/")
    monkeypatch.undo()
    runtime.wiring.cache_clear()
    assert (answer.status, answer.headers["X-Content-Type-Options"]) == (500, "nosniff")


def test_over_plain_http_there_is_no_hsts_header() -> None:
    assert security_headers("http://127.0.0.1:8080") == {"X-Content-Type-Options": "nosniff"}


def test_no_page_can_be_framed_or_loads_what_is_not_its_own_or_tells_its_address(browser: Browser) -> None:
    browser.sign_in()
    browser.deployment.add(name="backup")
    for path in ("/", "/new", "/checks/backup", "/checks/backup/edit", "/checks/none", "/signin/x", "/ack/x", "/none"):
        headers = browser.get(path, headers=HTML).headers
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Content-Security-Policy"].startswith("default-src 'none'; ")
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Cache-Control"] == "no-store", path
