"""Entry points of the Lambda functions: what turns the tables of app.py into routes, schedules and events of Chalice.

A handler is named as "module:function" and imported when it is first called. Every function imports app.py, and a ping
must not import the pages. Chalice sees what its own decorators would give it: the paths and verbs of routes, and for
each other function its trigger and its name, by which Lambda calls it: app.NAME. Start at `routes` and `on_schedule`.

A route's handler gets (wiring, request, *values of the path's parameters) and returns a Response; any other handler
gets (wiring, clock, event), the event as Lambda brings it. What they raise is logged; Lambda sees a function fail.
"""

import os
import time
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from typing import Any

from chalice.app import Response, ScheduleExpression

from chalicelib import log
from chalicelib.clock import SystemClock
from chalicelib.runtime import wiring
from chalicelib.web.accepts_html import is_for_people
from chalicelib.web.app import VERBS, App, Event, security_headers

Entry = Callable[..., None]  # what Lambda calls
View = Callable[..., Response]


@cache
def load(handler: str) -> Callable[..., Any]:
    """Import a handler, named "module:function"."""
    module, _, function = handler.partition(":")
    loaded: Callable[..., Any] = getattr(import_module(module), function)
    return loaded


def routes(handlers: Mapping[str, str | View], *, error_page: str) -> App:
    """The app behind the HTTP API, from path → handler. Each path takes all verbs: its handler refuses some.

    `error_page` gets a status, and returns what people get where a program would get a bare 404 or 500.
    """
    log.begin(os.environ)

    def for_people(event: Event, status: int) -> Response | None:
        return load(error_page)(status) if is_for_people(event) else None

    app = App(
        app_name="overdue",
        at_end=lambda: wiring().meter.tell({}, at_s=time.time()),
        for_people=for_people,
        headers=lambda: security_headers(os.environ.get("OVERDUE_BASE_URL", "")),
    )
    for path, handler in handlers.items():
        app.route(path, methods=VERBS, content_types=["*/*"], name=path)(_view(app, handler))
    return app


def _view(app: App, handler: str | View) -> View:
    def view(**parameters: str) -> Response:
        serve: View = load(handler) if isinstance(handler, str) else handler
        return serve(wiring(), app.current_request, *parameters.values())

    return view


def on_schedule(app: App, name: str, schedule: ScheduleExpression, handler: str) -> Entry:
    """A function that EventBridge calls by the clock: at a Rate or a Cron of Chalice's."""
    entry: Entry = app.schedule(schedule, name=name)(_of_chalice_event(name, handler))
    return entry


def on_event(app: App, name: str, pattern: dict[str, Any], handler: str) -> Entry:
    """A function that EventBridge calls for each event that matches a pattern."""
    entry: Entry = app.on_cw_event(pattern, name=name)(_of_chalice_event(name, handler))
    return entry


def on_invoke(app: App, name: str, handler: str) -> Entry:
    """A function that another one invokes."""

    def call(event: Any, context: Any) -> None:
        _call(handler, event, context)

    call.__name__ = name
    entry: Entry = app.lambda_function(name=name)(call)
    return entry


def _of_chalice_event(name: str, handler: str) -> Entry:
    """What Chalice calls with its own event; it names the function by `__name__`."""

    def call(event: Any) -> None:
        _call(handler, event.to_dict(), event.context)

    call.__name__ = name
    return call


def _call(handler: str, event: Any, context: Any) -> None:
    with log.invocation_of(context):
        load(handler)(wiring(), SystemClock(), event)
