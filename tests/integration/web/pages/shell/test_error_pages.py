"""What a person gets where there is no page, or none can be made: a page all the same, with the status that it had."""

from typing import Any

import pytest

from tests.integration.conftest import Answer
from tests.integration.faults import away
from tests.integration.web.pages.browsing import Browser
from tests.integration.web.pages.status.test_status_page import publish

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def ask(browser: Browser, path: str, verb: str = "GET", **request: Any) -> Answer:
    return browser.deployment.request(verb, path, **request)


def assert_is_a_page(answer: Answer, heading: str) -> None:
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert '<html lang="en">' in answer.text
    assert f"<title>{heading} · Overdue</title>" in answer.text
    assert f"<h1>{heading}</h1>" in answer.text


@pytest.mark.parametrize("path", ["/nope", "/checks", "/checks/", "/status/", "/signin", "/signin/", "/inbox/"])
def test_where_no_page_is_a_browser_is_told_so(browser: Browser, path: str) -> None:
    answer = ask(browser, path, headers=HTML)
    assert answer.status == 404
    assert_is_a_page(answer, "There is nothing here")
    assert '<a href="/">All checks</a>' in answer.text


@pytest.mark.parametrize("path", ["/nope", "/ping/x/y/z/w", "/badge"])
def test_a_program_is_told_so_in_two_words(browser: Browser, path: str) -> None:
    answer = ask(browser, path, headers={"Accept": "*/*"})
    assert (answer.status, answer.text) == (404, "not found")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize(
    ("verb", "path", "allowed"),
    [
        ("GET", "/signout", "POST"),
        ("GET", "/checks/backup/nope", "POST"),
        ("POST", "/", "GET, HEAD"),
        ("DELETE", "/checks/backup", "GET, HEAD"),
        ("PUT", "/status/shop", "GET, HEAD"),
        ("PUT", "/signin/x", "GET, HEAD, POST"),
        ("PUT", "/ack/x", "GET, HEAD, POST"),
        ("DELETE", "/new", "GET, HEAD, POST"),
        ("PATCH", "/checks/backup/edit", "GET, HEAD, POST"),
    ],
)
def test_what_an_address_takes_is_said(browser: Browser, verb: str, path: str, allowed: str) -> None:
    answer = ask(browser, path, verb, headers=HTML)
    assert (answer.status, answer.headers["Allow"]) == (405, allowed)
    assert_is_a_page(answer, "This is not how to ask")
    assert f"This address takes {allowed}, not {verb}." in answer.text


def test_a_page_that_cannot_be_made_for_want_of_its_secret_says_so(browser: Browser) -> None:
    browser.deployment.wiring.session_secret.forget()
    with away(browser.deployment.wiring.session_secret._ssm, "GetParameter"):
        answer = ask(browser, "/")
    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    assert_is_a_page(answer, "This page cannot be made at the moment")


def test_a_status_page_that_cannot_be_made_leads_nobody_to_signing_in(browser: Browser) -> None:
    publish(name="away")
    with away(browser.deployment.wiring.ports.tables.client, "Query"):
        answer = ask(browser, "/status/away")
    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    assert_is_a_page(answer, "This page cannot be made at the moment")
    assert 'href="/"' not in answer.text
