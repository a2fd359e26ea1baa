"""The canary's daily run: what has yesterday's miss proved? Then a ping, so that it misses again.

Nothing happens while there is no check of its slug, or while it is paused. What counts as proof is decided in
`domain.canary`; whether SNS's subscribers got it, no function can see.
"""

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chalicelib import log
from chalicelib.clock import Clock
from chalicelib.domain.channels import EVERY_CHANNEL
from chalicelib.domain.check import Check, Status
from chalicelib.domain.errors import NotFound
from chalicelib.domain.ids import short
from chalicelib.domain.ping import Ping, Signal, heard
from chalicelib.domain.sources.canary import PROJECT, SLUG, is_ripe, missing
from chalicelib.metrics import Metric
from chalicelib.runtime import Wiring
from chalicelib.services.record_ping import take
from chalicelib.store import checks, history

MOST_FLIPS = 10  # two a day are usual


def invoked(wiring: Wiring, clock: Clock, _event: Mapping[str, Any]) -> None:
    """One run, and its metrics. Raises Unavailable; a repeat is harmless."""
    now = clock.now()
    ping = Ping(at=now, signal=Signal.SUCCESS, method="POST", ua="Overdue canary")
    measured: dict[Metric, float] = {}
    for code in checks.codes_by_slug(PROJECT, SLUG):
        try:
            check = checks.get(wiring.ports.tables, code)
            if check.status is Status.PAUSED:
                continue
            if is_ripe(check, now=now):
                measured["CanaryFailed"] = max(measured.get("CanaryFailed", 0), _failed(wiring, check, now=now))
            take(wiring.ports, code, ping, lambda check: heard(check, ping))
        except NotFound:
            continue  # deleted meanwhile, or the index is behind
    wiring.meter.tell(measured, at_s=now.timestamp())


def _failed(wiring: Wiring, check: Check, *, now: datetime) -> int:
    """1 when something is unproved, which is then logged; 0 when all is well."""
    flips = [(stored.flip, stored.sent) for stored in history.flips(check.code, now=now, most=MOST_FLIPS)]
    channels = {
        channel.name: channel.created_at
        for channel in wiring.registry.channels(check.project, now=now)
        if EVERY_CHANNEL in check.config.channels or channel.id in check.config.channels
    }
    found = missing(check, flips, channels=channels)
    if found:
        log.event("canary_failed", level=logging.ERROR, check=short(check.code), missing="; ".join(found))
    else:
        log.event("canary_sang", check=short(check.code), channels=len(channels))
    return 1 if found else 0
