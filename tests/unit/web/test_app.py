"""Which route takes a path: literal parts first, then parameters, then what takes all that stands below it. And what
becomes of a view that fails.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest
from chalice.app import Response

from chalicelib.web.app import App, Event
from overdue.local import gateway
from tests.wsgi import a_request


def an_app(at_end: Callable[[], None] = lambda: None, **given: Any) -> App:
    app = App(app_name="test", at_end=at_end, **given)

    @app.route("/ping/{first}", methods=["GET"])
    def ping(first: str) -> Response:
        return Response(f"ping {first}")

    @app.route("/api/{rest}", methods=["GET"])
    def api(rest: str) -> Response:
        return Response(f"api {rest}")

    @app.route("/api/health", methods=["GET"])
    def health() -> Response:
        return Response("health")

    @app.route("/broken", methods=["GET"])
    def broken() -> Response:
        raise ZeroDivisionError("in secret")

    return app


def answer(app: App, path: str) -> Any:
    event = gateway.event(a_request(path), epoch_ms=0, base="http://127.0.0.1:8000")
    event["requestContext"]["requestId"] = "JKJaXmPLvHcESHA="
    return app(event, gateway.Context("8f5d3c1e"))


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/ping/x", "ping x"),
        ("/ping/x/", "ping x"),
        ("/api/x", "api x"),
        ("/api/x/y/z", "api x/y/z"),
        ("/api/x/y/z/", "api x/y/z"),
        ("/api/x//y", "api x//y"),
        ("/api/health", "health"),
        ("/api/health/more", "api health/more"),
        ("/api", "not found"),
        ("/api/", "not found"),
        ("/apis/x", "not found"),
        ("/ping/x/y", "not found"),
        ("/", "not found"),
        ("//api/x", "not found"),
    ],
)
def test_a_path_finds_its_route(path: str, text: str) -> None:
    assert answer(an_app(), path)["body"] == text


def test_a_view_that_fails_is_logged_once_and_answers_json_that_tells_nothing(caplog: pytest.LogCaptureFixture) -> None:
    answered = answer(an_app(), "/broken")

    assert (answered["statusCode"], answered["headers"]["Content-Type"]) == (500, "application/json")
    assert json.loads(answered["body"]) == {"error": "an internal error: it is logged, and was not your doing"}
    [record] = caplog.records
    assert json.loads(record.message) == {
        "event": "bug",
        "level": "error",
        "request_id": "8f5d3c1e",
        "api_request_id": "JKJaXmPLvHcESHA=",
        "route": "$default",
    }
    assert record.exc_info is not None


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/nowhere", (404, "a page of 404")),
        ("/broken", (500, "a page of 500")),
        ("/api", (404, "not found")),
        ("/ping/x", (200, "ping x")),
    ],
)
def test_people_get_a_page_where_programs_get_a_word(path: str, expected: tuple[int, str]) -> None:
    def for_people(event: Event, status: int) -> Response | None:
        return None if event["path"] == "/api" else Response(f"a page of {status}", status_code=status)

    answered = answer(an_app(for_people=for_people), path)
    assert (answered["statusCode"], answered["body"]) == expected


def test_each_answered_request_ends_once() -> None:
    ends: list[str] = []
    app = an_app(at_end=lambda: ends.append("end"))

    answer(app, "/ping/x")
    answer(app, "/nowhere")

    assert ends == ["end"]
