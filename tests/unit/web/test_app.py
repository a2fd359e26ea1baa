"""Which route takes a path: literal parts first, then parameters, then what takes all that stands below it."""

import pytest
from chalice.app import Response

from chalicelib.web.app import App
from overdue.local import gateway
from overdue.local.exchange import LocalRequest


def an_app() -> App:
    app = App(app_name="test")

    @app.route("/ping/{first}", methods=["GET"])
    def ping(first: str) -> Response:
        return Response(f"ping {first}")

    @app.route("/api/{rest}", methods=["GET"])
    def api(rest: str) -> Response:
        return Response(f"api {rest}")

    @app.route("/api/health", methods=["GET"])
    def health() -> Response:
        return Response("health")

    return app


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
    request = LocalRequest(method="GET", path=path, query="", headers=(), body=b"", peer="127.0.0.1", keeps_alive=True)
    event = gateway.event(request, epoch_ms=0, base="http://127.0.0.1:8000")
    assert an_app()(event, None)["body"] == text
