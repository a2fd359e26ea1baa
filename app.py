"""The Chalice app: routes and schedules registered, nothing else.

Chalice registers at import, so this stays cheap: every room but the pings' is imported inside its function.
"""

import logging
import os
from functools import cache
from typing import Any

from chalice.app import Rate, Response

from chalicelib.web import pings
from chalicelib.web.app import VERBS, App
from chalicelib.wiring import SystemClock, Wiring

app = App(app_name="overdue")
logging.getLogger("overdue").setLevel(logging.INFO)


@cache
def wiring() -> Wiring:
    """The outside of this process, connected at the first request."""
    return Wiring(os.environ)


@app.route("/ping/{first}", methods=VERBS, content_types=["*/*"])
def ping(first: str) -> Response:
    """`/ping/{uuid}`."""
    return pings.by_code(wiring(), app.current_request, first, None)


@app.route("/ping/{first}/{second}", methods=VERBS, content_types=["*/*"])
def ping_with_action(first: str, second: str) -> Response:
    """`/ping/{uuid}/{action}` and `/ping/{ping_key}/{slug}`: one name per path position."""
    return pings.by_code(wiring(), app.current_request, first, second)


@app.route("/ping/{first}/{second}/{third}", methods=VERBS, content_types=["*/*"])
def ping_by_slug_with_action(first: str, second: str, third: str) -> Response:
    """`/ping/{ping_key}/{slug}/{action}`."""
    return pings.by_slug(wiring(), app.current_request, first, second, third)


@app.route("/api/{rest}", methods=VERBS, content_types=["*/*"])
def api(rest: str) -> Response:
    """The Management API, all of it."""
    from chalicelib.web.api.routes import answered

    return answered(wiring(), app.current_request, rest)


@app.route("/b/{rest}", methods=VERBS, content_types=["*/*"])
def badge_of_check(rest: str) -> Response:
    """`/b/{2|3}/{badge_key}.{svg|json|shields}`."""
    from chalicelib.web.badges import of_check

    return of_check(wiring(), app.current_request, rest)


@app.route("/badge/{rest}", methods=VERBS, content_types=["*/*"])
def badge_of_tag(rest: str) -> Response:
    """`/badge/{project}/{signature}[/{tag}].{svg|json|shields}`."""
    from chalicelib.web.badges import of_tag

    return of_tag(wiring(), app.current_request, rest)


@app.route("/projects/{rest}", methods=VERBS, content_types=["*/*"])
def metrics(rest: str) -> Response:
    """`/projects/{id}/metrics/{read-only key}`, for Prometheus."""
    from chalicelib.web.metrics import page

    return page(wiring(), app.current_request, rest)


@app.schedule(Rate(1, unit=Rate.MINUTES))
def sweep(event: Any) -> None:  # noqa: ARG001  # Chalice hands the event over
    """Every minute: what is past its deadline."""
    from chalicelib.sweep import sweep as minute

    minute(wiring().ports, SystemClock())
