"""Alarms of CloudWatch as pings: queue depth and machines stand beside jobs, with the same channels and reminders.

What an alarm says to which check is `domain.alarm`'s business. An alarm that no check is named for is let go: only
what somebody wants to see here is made a check.
"""

from collections.abc import Mapping
from typing import Any

from chalicelib import log
from chalicelib.clock import Clock
from chalicelib.domain.check import Check, Status
from chalicelib.domain.errors import NotFound
from chalicelib.domain.ids import short
from chalicelib.domain.ping import Signal
from chalicelib.domain.sources.cloudwatch_alarm import heard_of
from chalicelib.runtime import Wiring
from chalicelib.services.record_ping import take
from chalicelib.store import checks


class Repeated(Exception):
    """EventBridge has brought the same change before: it promises at least once."""


def invoked(wiring: Wiring, _clock: Clock, event: Mapping[str, Any]) -> None:
    """Take one change. Raises Unavailable: Lambda brings it again."""
    heard = heard_of(event)
    if heard is None:
        return

    def hear(check: Check) -> Signal:
        if check.last_ping == heard.ping.at:
            raise Repeated
        is_held = check.status is Status.PAUSED and check.config.manual_resume
        is_ignored = is_held or check.config.group is not None
        return Signal.IGN if is_ignored else heard.ping.signal

    for code in checks.codes_by_slug(heard.project, heard.slug):
        try:
            take(wiring.ports, code, heard.ping, hear)
            log.event("alarm", check=short(code), signal=heard.ping.signal)
        except (NotFound, Repeated):
            continue
    wiring.meter.tell({}, at_s=heard.ping.at.timestamp())
