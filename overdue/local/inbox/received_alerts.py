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

from chalicelib.domain.errors import BadInput
from overdue.local.clock import Clock
from overdue.local.exchange import LocalAnswer, LocalRequest, plain
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

    def deliver(self, request: LocalRequest) -> LocalAnswer:
        """Take what SNS posts: alerts are kept, confirmations of a subscription are thanked for."""
        if refusal := _refusal(request, "POST"):
            return refusal
        try:
            alert = received(request.body)
        except BadInput as error:
            log.warning("the inbox could not read a message: %s", error)
            return plain(HTTPStatus.BAD_REQUEST, str(error))
        if alert is None:
            return plain(HTTPStatus.OK, "There is nothing to confirm here: the inbox takes what comes.")
        if self._keep(alert):
            self._on_alert(alert)
        return plain(HTTPStatus.OK, "OK")

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

    def page(self, request: LocalRequest) -> LocalAnswer:
        """`/inbox`: the page; a POST empties the inbox."""
        if refusal := _refusal(request, "GET", "HEAD", "POST"):
            return refusal
        try:
            wish = inbox_page.wish(request, default_tz=self._tz)
        except BadInput as error:
            return plain(HTTPStatus.BAD_REQUEST, str(error))
        if request.method == "POST":
            with self._lock:
                self._alerts.clear()
            return replace(
                plain(HTTPStatus.SEE_OTHER, "The inbox is empty."),
                headers=(("Location", replace(wish, kind=None).href()),),
            )
        clock = self._clock
        return inbox_page.shown(self.alerts(), wish, now=clock.now(), speed=clock.speed, nav=self._nav)

    def as_json(self, request: LocalRequest) -> LocalAnswer:
        """`/inbox.json`: the messages, newest first, each with its number of deliveries."""
        if refusal := _refusal(request, "GET", "HEAD"):
            return refusal
        messages = [alert.message | {"deliveries": alert.deliveries} for alert in self.alerts()]
        headers = (("Content-Type", "application/json"), ("Cache-Control", "no-store"))
        body = json.dumps(messages, indent=2) + "\n"
        return LocalAnswer(status=HTTPStatus.OK, headers=headers, body=body.encode())


def _refusal(request: LocalRequest, *methods: str) -> LocalAnswer | None:
    """A wrong method, or a POST from another site's page. Browsers before 2023 send Origin but no Sec-Fetch-Site."""
    if request.method not in methods:
        answer = plain(HTTPStatus.METHOD_NOT_ALLOWED, f"{request.path} takes {', '.join(methods)}")
        return replace(answer, headers=(*answer.headers, ("Allow", ", ".join(methods))))
    site, origin = request.header("sec-fetch-site"), request.header("origin")
    is_ours = origin in (None, f"http://{request.header('host')}") if site is None else site in ("same-origin", "none")
    if request.method == "POST" and not is_ours:
        return plain(HTTPStatus.FORBIDDEN, "Another site's page asked for this: nothing was done.")
    return None
