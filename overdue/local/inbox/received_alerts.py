"""The inbox of the local server: every alert that SNS delivers to it, kept, told and shown.

Start at `Inbox`. It is one more subscriber of the alerts' topic, over real HTTP. What a message must hold stands
in `received`; how an alert looks is the business of `inbox_page` and, in a terminal, of `letter`.
"""

import json
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from http import HTTPStatus

from werkzeug.wrappers import Request, Response

from chalicelib.domain.errors import BadInput
from overdue.local.clock import Clock
from overdue.local.inbox import inbox_page
from overdue.local.inbox.layout import NavLink
from overdue.local.inbox.sns_message import ReceivedAlert, received

MOST_ALERTS = 500  # kept; the oldest makes room

log = logging.getLogger(__name__)


class Inbox:
    """Keeps the newest alerts in memory; its methods are local routes, and may be called by several threads."""

    def __init__(
        self, *, clock: Clock, on_alert: Callable[[ReceivedAlert], None], nav: Sequence[NavLink], tz: str = "UTC"
    ) -> None:
        """`on_alert` is told of each alert, not of its repeats. `tz` is the zone shown when a page asks for none."""
        self._clock = clock
        self._on_alert = on_alert
        self._nav = tuple(nav)
        self._tz = tz
        self._lock = threading.Lock()
        self._alerts: dict[str, ReceivedAlert] = {}  # by id

    def deliver(self, request: Request) -> Response:
        """Take what SNS posts: alerts are kept, confirmations of a subscription are thanked for."""
        if refusal := _refusal(request, "POST"):
            return refusal
        try:
            alert = received(request.get_data())
        except BadInput as error:
            log.warning("the inbox could not read a message: %s", error)
            return Response(f"{error}\n", HTTPStatus.BAD_REQUEST)
        if alert is None:
            return Response("There is nothing to confirm here: the inbox takes what comes.\n")
        if self._keep(alert):
            self._on_alert(alert)
        return Response("OK\n")

    def _keep(self, alert: ReceivedAlert) -> bool:
        """Whether it is new; a repeat is counted."""
        with self._lock:
            known = self._alerts.get(alert.id)
            if known is not None:
                self._alerts[alert.id] = replace(known, deliveries=known.deliveries + 1)
                return False
            self._alerts[alert.id] = alert
            if len(self._alerts) > MOST_ALERTS:
                del self._alerts[min(self._alerts.values(), key=lambda each: each.sent_at).id]
            return True

    def alerts(self) -> tuple[ReceivedAlert, ...]:
        """All that are kept, newest first."""
        with self._lock:
            kept = tuple(self._alerts.values())
        return tuple(sorted(kept, key=lambda alert: alert.sent_at))[::-1]

    def page(self, request: Request) -> Response:
        """`/inbox`: the page; a POST empties the inbox."""
        if refusal := _refusal(request, "GET", "HEAD", "POST"):
            return refusal
        try:
            wish = inbox_page.wish(request, default_tz=self._tz)
        except BadInput as error:
            return Response(f"{error}\n", HTTPStatus.BAD_REQUEST)
        if request.method == "POST":
            with self._lock:
                self._alerts.clear()
            location = {"Location": replace(wish, kind=None).href()}
            return Response("The inbox is empty.\n", HTTPStatus.SEE_OTHER, location)
        clock = self._clock
        return inbox_page.shown(self.alerts(), wish, now=clock.now(), speed=clock.speed, nav=self._nav)

    def as_json(self, request: Request) -> Response:
        """`/inbox.json`: the messages, newest first, each with its number of deliveries."""
        if refusal := _refusal(request, "GET", "HEAD"):
            return refusal
        messages = [alert.message | {"deliveries": alert.deliveries} for alert in self.alerts()]
        body = json.dumps(messages, indent=2) + "\n"
        return Response(body, headers={"Cache-Control": "no-store"}, mimetype="application/json")


def _refusal(request: Request, *methods: str) -> Response | None:
    """A wrong method, or a POST from another site's page. Browsers before 2023 send Origin but no Sec-Fetch-Site."""
    if request.method not in methods:
        allowed = ", ".join(methods)
        return Response(f"{request.path} takes {allowed}\n", HTTPStatus.METHOD_NOT_ALLOWED, {"Allow": allowed})
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    is_ours = origin in (None, f"http://{request.host}") if site is None else site in ("same-origin", "none")
    if request.method == "POST" and not is_ours:
        return Response("Another site's page asked for this: nothing was done.\n", HTTPStatus.FORBIDDEN)
    return None
