"""How the stand-in for SNS delivers over http: at once, within 5 s, and what cannot be reached harms nobody else.

moto 5.2 posts while the publisher waits, without a time-out, and an address that refuses makes it answer 500: the
alert would count as not taken, and all other channels would get it again each minute. Start at `bear_what_is_away`.
"""

import json
import logging
from functools import cache
from typing import Any

from moto.sns.models import Subscription

from overdue.client import http
from overdue.client.http import Unreachable
from overdue.local.engines.environment import NOT_DELIVERED

TIMEOUT_S = 5.0
INBOX = "/inbox/deliver"  # what our own does not take stays with its check

_log = logging.getLogger("overdue.local")


@cache  # once a process
def bear_what_is_away() -> None:
    """Let a channel that cannot be reached be told of, by a line and by an attribute, and be no error of publishing."""
    unguarded = Subscription.publish

    def guarded(subscription: Subscription, message: str, message_id: str, *more: Any, **given: Any) -> None:
        if subscription.protocol not in ("http", "https") or subscription.endpoint.endswith(INBOX):
            unguarded(subscription, message, message_id, *more, **given)
        else:
            _deliver(subscription, message, message_id, *more, **given)

    Subscription.publish = guarded  # type: ignore[method-assign, assignment]  # moto has no hook for this


def _deliver(
    subscription: Subscription,
    message: str,
    message_id: str,
    subject: str | None = None,
    message_attributes: dict[str, Any] | None = None,
    *_: Any,
    message_structure: str | None = None,
    **__: Any,
) -> None:
    matcher = subscription._filter_policy_matcher  # noqa: SLF001  # as moto itself asks it
    if matcher is not None and not matcher.matches(message_attributes, message):
        return
    if message_structure == "json":
        message = subscription._parse_message_structure(message, subscription.protocol)  # noqa: SLF001
    envelope = subscription.get_post_data(message, message_id, subject)
    failure = _posted(subscription.endpoint, envelope)
    if failure is None:
        subscription.attributes.pop(NOT_DELIVERED, None)
        return
    subscription.attributes[NOT_DELIVERED] = failure
    _log.warning("An alert was not delivered: %s", failure)


def _posted(url: str, envelope: dict[str, Any]) -> str | None:
    """What went wrong; None: it has been taken."""
    headers = {"Content-Type": "text/plain; charset=UTF-8"}
    try:
        answer = http.send("POST", url, body=json.dumps(envelope).encode(), headers=headers, timeout_s=TIMEOUT_S)
    except Unreachable as error:
        return str(error)
    return None if answer.is_good else f"{http.origin(url)} answered {answer.status}"
