"""The Chalice app: routes and schedules registered, nothing else.

Chalice registers at import, so this stays cheap: every room but the pings' is imported inside its function.
"""

import os
import time
from datetime import datetime
from functools import cache
from typing import Any

from chalice.app import Cron, Rate, Response

from chalicelib import log
from chalicelib.clock import SystemClock
from chalicelib.runtime import Wiring
from chalicelib.web import ping as pings
from chalicelib.web.app import VERBS, App, Event, security_headers

log.begin(os.environ)


@cache
def wiring() -> Wiring:
    """The outside of this process, connected at the first request."""
    return Wiring(os.environ)


def for_people(event: Event, status: int) -> Response | None:
    """What a person with a browser gets where there is no page, or one failed; None: it is a program."""
    from chalicelib.web.accepts_html import is_for_people

    if not is_for_people(event):
        return None
    from chalicelib.web.pages.shell.error_pages import instead

    return instead(status)


app = App(
    app_name="overdue",
    at_end=lambda: wiring().meter.tell({}, at_s=time.time()),
    for_people=for_people,
    headers=lambda: security_headers(os.environ.get("OVERDUE_BASE_URL", "")),
)


@app.route("/ping/{first}", methods=VERBS, content_types=["*/*"])
def ping(first: str) -> Response:
    """`/ping/{uuid}`."""
    return pings.by_code(wiring(), app.current_request, first, None)


@app.route("/ping/{first}/{second}", methods=VERBS, content_types=["*/*"])
def ping_with_action(first: str, second: str) -> Response:
    """`/ping/{uuid}/{action}` and `/ping/{ping_key}/{slug}`: one name per path position."""
    return pings.by_code(wiring(), app.current_request, first, second)


@app.route("/ping/door/{nonce}", methods=VERBS, content_types=["*/*"])
def door(nonce: str) -> Response:
    """The sweep's own look at whether pings can come in."""
    from chalicelib.web.anonymous.self_ping import answered

    return answered(wiring(), app.current_request, nonce)


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
    from chalicelib.web.anonymous.badges import of_check

    return of_check(wiring(), app.current_request, rest)


@app.route("/badge/{rest}", methods=VERBS, content_types=["*/*"])
def badge_of_tag(rest: str) -> Response:
    """`/badge/{project}/{signature}[/{tag}].{svg|json|shields}`."""
    from chalicelib.web.anonymous.badges import of_tag

    return of_tag(wiring(), app.current_request, rest)


@app.route("/projects/{rest}", methods=VERBS, content_types=["*/*"])
def metrics(rest: str) -> Response:
    """`/projects/{id}/metrics/{read-only key}`, for Prometheus."""
    from chalicelib.web.anonymous.prometheus import page

    return page(wiring(), app.current_request, rest)


@app.route("/", methods=VERBS, content_types=["*/*"])
def overview() -> Response:
    """The dashboard's first page."""
    from chalicelib.web.pages.overview.overview import answered

    return answered(wiring(), app.current_request)


@app.route("/checks/{name}", methods=VERBS, content_types=["*/*"])
def check(name: str) -> Response:
    """A check's page, by its slug or its unique key."""
    from chalicelib.web.pages.check.check_page import answered

    return answered(wiring(), app.current_request, name)


@app.route("/checks/{name}/{action}", methods=VERBS, content_types=["*/*"])
def change_check(name: str, action: str) -> Response:
    """The forms of that page."""
    from chalicelib.web.pages.check.actions import acted

    return acted(wiring(), app.current_request, name, action)


@app.route("/signin/{token}", methods=VERBS, content_types=["*/*"])
def sign_in(token: str) -> Response:
    """What `overdue open` opens."""
    from chalicelib.web.pages.shell.sign_in import answered

    return answered(wiring(), app.current_request, token)


@app.route("/ack/{token}", methods=VERBS, content_types=["*/*"])
def acknowledge(token: str) -> Response:
    """The link in an alert."""
    from chalicelib.web.pages.acknowledge import answered

    return answered(wiring(), app.current_request, token)


@app.route("/signout", methods=VERBS, content_types=["*/*"])
def sign_out() -> Response:
    """The form in the footer."""
    from chalicelib.web.pages.shell.sign_in import signed_out

    return signed_out(wiring(), app.current_request)


@app.route("/new", methods=VERBS, content_types=["*/*"])
def new_check() -> Response:
    """The form that makes a check."""
    from chalicelib.web.pages.check_form.form_page import new

    return new(wiring(), app.current_request)


@app.route("/checks/{name}/edit", methods=VERBS, content_types=["*/*"])
def edit_check(name: str) -> Response:
    """The form that changes one."""
    from chalicelib.web.pages.check_form.form_page import edited

    return edited(wiring(), app.current_request, name)


@app.route("/status/{name}", methods=VERBS, content_types=["*/*"])
def status_page(name: str) -> Response:
    """What everybody may see."""
    from chalicelib.web.pages.status.status_page import answered

    return answered(wiring(), app.current_request, name)


@app.route("/static/{name}", methods=VERBS, content_types=["*/*"])
def static_file(name: str) -> Response:
    """Style sheet, script, icons."""
    from chalicelib.web.pages.shell.static_files import answered

    return answered(app.current_request, name)


@app.schedule(Rate(1, unit=Rate.MINUTES))
def sweep(event: Any) -> None:
    """Every minute: what is past its deadline."""
    from chalicelib.sweep.loop import invoked

    with log.invocation_of(event.context):
        invoked(wiring(), SystemClock(), event.detail)


@app.lambda_function()
def storm(event: Any, context: Any) -> None:
    """A part of a sweep when many checks are due, with a whole vCPU."""
    from chalicelib.sweep.loop import invoked_part

    with log.invocation_of(context):
        invoked_part(wiring(), SystemClock(), event)


@app.schedule(Rate(1, unit=Rate.MINUTES))
def prober(event: Any) -> None:
    """Every minute: the URLs whose turn it is."""
    from chalicelib.probes.probing import invoked

    with log.invocation_of(event.context):
        invoked(wiring(), SystemClock().now, until=datetime.fromisoformat(event.time))


@app.on_cw_event({"source": ["aws.cloudwatch"], "detail-type": ["CloudWatch Alarm State Change"]})
def alarms(event: Any) -> None:
    """An alarm of CloudWatch has changed: a ping of the check that is named as it is."""
    from chalicelib.handlers.cloudwatch_alarms import invoked

    with log.invocation_of(event.context):
        invoked(wiring(), event.to_dict())


@app.schedule(Cron(0, 10, "*", "*", "?", "*"))  # as domain.canary has it
def canary(event: Any) -> None:
    """Every day at 10:00 UTC: was yesterday's deliberate miss told? Then the next one."""
    from chalicelib.handlers.canary import invoked

    with log.invocation_of(event.context):
        invoked(wiring(), SystemClock())
