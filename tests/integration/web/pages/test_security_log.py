"""The security log of requests: one event for each change, sign-in, sign-out and refusal, and never a secret."""

import json
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

import app as lambda_app
from chalicelib import runtime
from chalicelib.domain.ids import Code
from chalicelib.domain.limits.quota import Limits
from chalicelib.store.secure_strings import ALERT_LINK_SECRET, get_or_create
from chalicelib.web.api.routes import ROUTES
from chalicelib.web.pages.check import actions
from tests.builders import hours, minutes
from tests.integration.conftest import PING_KEY
from tests.integration.web.calling import KEYS, Api
from tests.integration.web.pages.browsing import STAGE, Browser, send

STEPS = [{"after": 900, "channels": "ops-email"}]


@dataclass
class Stage:
    """A person who is signed in, a key, a check that is down, and what has been logged."""

    browser: Browser
    api: Api
    code: Code
    caplog: pytest.LogCaptureFixture

    def events(self) -> list[dict[str, Any]]:
        """The events of the security log since the last call."""
        found = [json.loads(record.getMessage()) for record in self.caplog.records if record.name == "overdue"]
        self.caplog.clear()
        return [event for event in found if event.get("log") == "security"]

    def form(self, **fields: str) -> dict[str, str]:
        return {"csrf": self.browser.csrf(), **fields}

    def act(self, action: str, **fields: str) -> None:
        assert self.browser.post(f"/checks/backup/{action}", self.form(**fields)).status == 303

    def call(self, verb: str, path: str, fields: Any = None) -> None:
        body = b"" if fields is None else json.dumps(fields).encode()
        assert self.api.call(verb, path.format(code=self.code), body=body).status in (200, 201)

    def ack_link(self) -> str:
        deployment = self.browser.deployment
        deployment.ping(self.code)
        deployment.ping(self.code, "/fail", at=deployment.now + minutes(1))
        urls = [alert["ack_url"] for alert in deployment.alerts()]
        return str(next(url for url in reversed(urls) if url)).removeprefix("https://overdue.example.com")

    def secrets(self) -> list[str]:
        """What no event may contain."""
        cookie = self.browser.cookies.get("__Host-overdue", "-")
        return [*KEYS.values(), PING_KEY, self.code, cookie, "https://", "/ping/", 'csrf":', "tell nobody"]


@pytest.fixture
def stage(browser: Browser, caplog: pytest.LogCaptureFixture) -> Stage:
    runtime.wiring.cache_clear()
    browser.deployment.wiring = runtime.wiring()
    get_or_create(browser.deployment.wiring.alert_link_secret._ssm, STAGE, ALERT_LINK_SECRET)
    caplog.set_level(logging.INFO, "overdue")
    browser.sign_in()
    code = browser.deployment.add(name="backup", desc="tell nobody")
    browser.deployment.ping(code, "/fail")
    here = Stage(browser, Api(browser.deployment), code, caplog)
    here.events()
    return here


def after(first: Callable[[Stage], object], then: Callable[[Stage], object]) -> Callable[[Stage], object]:
    """One thing, which is not looked at, and then the other."""

    def do(stage: Stage) -> None:
        first(stage)
        stage.events()
        then(stage)

    return do


Doing = tuple[Callable[[Stage], object], dict[str, Any]]
KEY: dict[str, Any] = {"by": "key", "actor": "rw", "key_prefix": "wwww"}
API: dict[str, Doing] = {
    "POST checks": (
        lambda it: it.call("POST", "/checks/", {"name": "new", "slug": "new"}),
        {"event": "check_created", "slug": "new"},
    ),
    "POST checks/{code}": (
        lambda it: it.call("POST", "/checks/{code}", {"grace": 7200, "desc": ""}),
        {"event": "check_changed", "slug": "backup", "fields": "desc,grace"},
    ),
    "DELETE checks/{code}": (
        lambda it: it.call("DELETE", "/checks/{code}"),
        {"event": "check_deleted", "slug": "backup"},
    ),
    "POST checks/{code}/pause": (
        lambda it: it.call("POST", "/checks/{code}/pause"),
        {"event": "check_changed", "fields": "paused"},
    ),
    "POST checks/{code}/resume": (
        after(lambda it: it.call("POST", "/checks/{code}/pause"), lambda it: it.call("POST", "/checks/{code}/resume")),
        {"event": "check_changed", "fields": "paused"},
    ),
    "POST checks/{code}/snooze": (
        lambda it: it.call("POST", "/checks/{code}/snooze", {"for": 7200}),
        {"event": "check_changed", "fields": "snoozed_until"},
    ),
    "POST checks/{code}/unsnooze": (
        after(
            lambda it: it.call("POST", "/checks/{code}/snooze", {"for": 7200}),
            lambda it: it.call("POST", "/checks/{code}/unsnooze"),
        ),
        {"event": "check_changed", "fields": "snoozed_until"},
    ),
    "POST checks/{code}/ack": (
        lambda it: it.call("POST", "/checks/{code}/ack"),
        {"event": "check_changed", "fields": "acknowledged_at"},
    ),
    "POST escalations": (
        lambda it: it.call("POST", "/escalations/", {"name": "nights", "steps": STEPS}),
        {"event": "escalation_policy_saved", "policy": "nights"},
    ),
    "DELETE escalations/{policy}": (
        after(
            lambda it: it.call("POST", "/escalations/", {"name": "nights", "steps": STEPS}),
            lambda it: it.call("DELETE", "/escalations/nights"),
        ),
        {"event": "escalation_policy_deleted", "policy": "nights"},
    ),
}
SESSION: dict[str, Any] = {"by": "session"}
ACTIONS: dict[str, Doing] = {
    "pause": (lambda it: it.act("pause"), {"event": "check_changed", "fields": "paused"}),
    "resume": (
        after(lambda it: it.act("pause"), lambda it: it.act("resume")),
        {"event": "check_changed", "fields": "paused"},
    ),
    "snooze": (lambda it: it.act("snooze", until="3600"), {"event": "check_changed", "fields": "snoozed_until"}),
    "unsnooze": (
        after(lambda it: it.act("snooze", until="3600"), lambda it: it.act("unsnooze")),
        {"event": "check_changed", "fields": "snoozed_until"},
    ),
    "acknowledge": (lambda it: it.act("acknowledge"), {"event": "check_changed", "fields": "acknowledged_at"}),
    "delete": (lambda it: it.act("delete", confirm="backup"), {"event": "check_deleted", "slug": "backup"}),
}
PAGES: dict[str, Doing] = {
    "/new": (
        lambda it: send(it.browser, name="typed"),
        SESSION | {"event": "check_created", "slug": "typed"},
    ),
    "/checks/{name}/edit": (
        lambda it: send(it.browser, "/checks/backup/edit", tags="prod"),
        SESSION | {"event": "check_changed", "fields": "tags"},
    ),
    "/ack/{token}": (
        lambda it: it.browser.post(it.ack_link(), at=it.browser.deployment.now + minutes(2)),
        {"event": "check_changed", "fields": "acknowledged_at", "by": "alert_link"},
    ),
    "/signin/{token}": (
        lambda it: Browser(it.browser.deployment).sign_in(may_write=False),
        SESSION | {"event": "signed_in", "scope": "read-only", "until": "2026-03-01T20:00:00+00:00"},
    ),
    "/signout": (lambda it: it.browser.post("/signout", it.form()), SESSION | {"event": "signed_out"}),
    "/ping/{first}/{second}": (
        lambda it: it.browser.deployment.request("GET", f"/ping/{PING_KEY}/made", query={"create": "1"}),
        {"event": "check_created", "slug": "made", "by": "ping_key", "actor": "ping key", "key_prefix": "ping"},
    ),
    "/ping/{first}/{second}/{third}": (
        lambda it: it.browser.deployment.request("GET", f"/ping/{PING_KEY}/made/start", query={"create": "1"}),
        {"event": "check_created", "slug": "made", "by": "ping_key", "actor": "ping key", "key_prefix": "ping"},
    ),
}
EVERYTHING = [
    *(pytest.param(do, KEY | event, id=name) for name, (do, event) in API.items()),
    *(pytest.param(do, SESSION | event, id=f"/checks/backup/{name}") for name, (do, event) in ACTIONS.items()),
    *(pytest.param(do, event, id=name) for name, (do, event) in PAGES.items()),
]
# What changes nothing: it is only looked at, or records a ping, which is no change that somebody makes to a check.
HARMLESS = {"/", "/ping/{first}", "/ping/door/{nonce}", "/b/{rest}", "/badge/{rest}", "/projects/{rest}"} | {
    *("/checks/{name}", "/status/{name}", "/static/{name}"),
}


def test_every_route_that_changes_something_is_walked() -> None:
    paths = {re.sub(r"[(][?]P<(.+?)>.*?[)]", r"{\1}", route.path.pattern): route.verbs for route in ROUTES}
    api = {f"{verb} {path}" for path, verbs in paths.items() for verb in verbs if verb != "GET"}
    assert set(API) == api
    assert set(ACTIONS) == {*actions._CHANGES, "delete"}
    assert set(PAGES) == set(lambda_app.app.routes) - HARMLESS - {"/api/{rest}", "/checks/{name}/{action}"}


@pytest.mark.parametrize(("do", "expected"), EVERYTHING)
def test_each_change_is_one_event_that_says_who_and_what_and_no_secret(
    stage: Stage, do: Callable[[Stage], object], expected: dict[str, Any]
) -> None:
    secrets = stage.secrets()
    do(stage)
    [event] = stage.events()
    assert {name: event.get(name) for name in expected} == expected
    assert (event["project"], event["source"], event["level"]) == ("default", "203.0.113.1", "info")
    assert [secret for secret in secrets if secret in json.dumps(event)] == []


def test_what_changes_nothing_is_no_event(stage: Stage) -> None:
    stage.call("POST", "/checks/{code}", {"grace": 3600})
    stage.call("POST", "/checks/{code}/unsnooze")
    stage.browser.deployment.ping(stage.code)
    stage.api.get(f"/checks/{stage.code}")
    assert stage.browser.get("/checks/backup").status == 200
    assert stage.events() == []


def test_a_policy_that_changes_is_an_event_of_its_own_and_one_of_each_check(stage: Stage) -> None:
    stage.call("POST", "/escalations/", {"name": "nights", "steps": STEPS})
    stage.call("POST", "/checks/{code}", {"escalation_policy": "nights"})
    stage.events()
    stage.call("POST", "/escalations/", {"name": "nights", "steps": [{"after": 60, "channels": "ops-email"}]})
    assert [event["event"] for event in stage.events()] == ["escalation_policy_saved", "check_changed"]


def an_api_call(verb: str, path: str, key: str | None) -> Callable[[Stage], object]:
    headers = {} if key is None else {"X-Api-Key": key}
    return lambda it: it.browser.deployment.request(
        verb, f"/api/v3{path.format(code=it.code)}", headers=headers, body=b"{}"
    )


def full(it: Stage) -> object:
    """The project has all the checks that it may have."""
    wiring = it.browser.deployment.wiring
    vars(wiring)["admission"] = replace(wiring.admission, limits=Limits(checks=1, by_ping=1))
    return None


def used_link(it: Stage) -> None:
    link = it.browser.link()
    Browser(it.browser.deployment).post(link)
    it.events()
    Browser(it.browser.deployment).post(link)


def read_only(it: Stage) -> None:
    looking = Browser(it.browser.deployment)
    looking.sign_in(may_write=False)
    csrf = looking.csrf()
    it.events()
    looking.post("/checks/backup/pause", {"csrf": csrf})


REFUSED = [
    pytest.param(
        an_api_call("GET", "/checks/", "x" * 32),
        {"event": "key_refused", "key_prefix": "xxxx", "at": "api"},
        id="a wrong key",
    ),
    pytest.param(an_api_call("GET", "/checks/", "hunter2"), {"event": "key_refused", "at": "api"}, id="no key at all"),
    pytest.param(
        an_api_call("POST", "/checks/", KEYS["ro"]),
        {"event": "key_refused", "key_prefix": "rrrr", "at": "api"},
        id="a read-only key that would write",
    ),
    pytest.param(
        an_api_call("GET", "/checks/{code}", KEYS["other"]),
        {"event": "forbidden", "why": "other_project", "project": "other", "actor": "other"},
        id="another project's check",
    ),
    pytest.param(
        lambda it: it.browser.deployment.request("GET", f"/ping/{'y' * 22}/backup"),
        {"event": "key_refused", "key_prefix": "yyyy", "at": "ping"},
        id="a wrong ping key",
    ),
    pytest.param(
        lambda it: it.browser.deployment.request("GET", f"/ping/{KEYS['rw']}/backup"),
        {"event": "key_refused", "key_prefix": "wwww", "at": "ping"},
        id="an API key that would ping",
    ),
    pytest.param(
        lambda it: it.browser.deployment.request("GET", f"/projects/default/metrics/{'z' * 32}"),
        {"event": "key_refused", "key_prefix": "zzzz", "at": "metrics"},
        id="a wrong key for metrics",
    ),
    pytest.param(
        lambda it: Browser(it.browser.deployment).get("/"),
        {"event": "forbidden", "why": "not_signed_in"},
        id="a page without a session",
    ),
    pytest.param(
        lambda it: Browser(it.browser.deployment).post("/checks/backup/pause"),
        {"event": "forbidden", "why": "not_signed_in"},
        id="a form without a session",
    ),
    pytest.param(
        lambda it: it.browser.post("/checks/backup/pause", {"csrf": "0" * 32}),
        {"event": "csrf_refused", "why": "token", "by": "session"},
        id="a form without its token",
    ),
    pytest.param(
        lambda it: it.browser.post("/checks/backup/pause", it.form(), headers={"Sec-Fetch-Site": "cross-site"}),
        {"event": "csrf_refused", "why": "other_site"},
        id="another site's form",
    ),
    pytest.param(
        lambda it: (full(it), it.browser.deployment.request("GET", f"/ping/{PING_KEY}/new", query={"create": "1"})),
        {"event": "forbidden", "why": "too_many_checks", "at": "ping"},
        id="one check too many, by a ping",
    ),
    pytest.param(
        lambda it: (full(it), it.api.post("/checks/", {"name": "new"}, status=403)),
        {"event": "forbidden", "why": "too_many_checks", "by": "key", "actor": "rw"},
        id="one check too many, by the API",
    ),
    pytest.param(
        lambda it: (full(it), send(it.browser, name="new")),
        {"event": "forbidden", "why": "too_many_checks", "by": "session"},
        id="one check too many, by the form",
    ),
    pytest.param(read_only, {"event": "forbidden", "why": "read_only", "by": "session"}, id="a read-only session"),
    pytest.param(used_link, {"event": "sign_in_refused", "why": "used", "project": "default"}, id="a link used twice"),
    pytest.param(
        lambda it: it.browser.post("/signin/x"), {"event": "sign_in_refused", "why": "unknown"}, id="a link of nobody"
    ),
    pytest.param(
        lambda it: it.browser.post(it.browser.link(), at=it.browser.deployment.now + hours(1)),
        {"event": "sign_in_refused", "why": "expired"},
        id="an expired link",
    ),
]


@pytest.mark.parametrize(("do", "expected"), REFUSED)
def test_each_refusal_is_one_event_that_says_where_from_and_no_secret(
    stage: Stage, do: Callable[[Stage], object], expected: dict[str, Any]
) -> None:
    secrets = [*stage.secrets(), "hunter2", "x" * 5, "y" * 5, "z" * 5]
    do(stage)
    [event] = stage.events()
    assert {name: event.get(name) for name in expected} == expected
    assert (event["source"], event["level"], event["in_this_minute"]) == ("203.0.113.1", "info", 1)
    assert [secret for secret in secrets if secret in json.dumps(event)] == []


def test_a_source_is_what_api_gateway_saw_and_not_what_a_client_claims(stage: Stage) -> None:
    stage.browser.deployment.request(
        "GET", f"/ping/{'y' * 22}/backup", headers={"X-Forwarded-For": "198.51.100.7, 203.0.113.1"}
    )
    assert [event["source"] for event in stage.events()] == ["203.0.113.1"]


def test_a_flood_of_refused_keys_is_a_few_lines(stage: Stage) -> None:
    for _ in range(200):
        stage.browser.deployment.request("GET", f"/ping/{'y' * 22}/backup")
    assert [event["in_this_minute"] for event in stage.events()] == [*range(1, 11), 20, 40, 80, 160]
