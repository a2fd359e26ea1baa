"""The security log: who was refused, who signed in or out, and who changed which check. It never contains a secret.

Each event is one log line (`chalicelib.log`) with `log: "security"`. A change is logged where it is carried out, after
it was written (docs/adr/0020). `overdue.aws.security_log` logs the operator's
commands, which use AWS credentials. Start at `log_change` and `Refusals`.
"""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from threading import Lock
from typing import Literal

from chalicelib import log
from chalicelib.domain.check import Check, Status
from chalicelib.domain.config import Config
from chalicelib.domain.ids import short

FULLY_LOGGED = 10  # refusals of a kind per minute and process; beyond it, the 20th, the 40th, the 80th, …

_Kind = Literal["key", "ping_key", "session", "alert_link"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """The caller of a request, and the address that it came from."""

    by: _Kind
    project: str
    name: str  # the name of the key, or the first characters of the session id; "" for a link
    key_prefix: str = ""  # the first four characters of a key; "" without one
    source: str  # the address that API Gateway saw

    def facts(self) -> dict[str, str]:
        """The fields of an event that identify the caller."""
        facts = {"project": self.project, "by": self.by, "actor": self.name, "key_prefix": self.key_prefix}
        return _known(facts | {"source": self.source})


def log_event(name: str, actor: Actor, **facts: str) -> None:
    """Log an action of a caller."""
    log.event(name, level=logging.INFO, log="security", **actor.facts(), **facts)


def log_change(actor: Actor, before: Check | None, after: Check | None) -> None:
    """Log that a check was created, changed or deleted. If only its state or nothing changed, log nothing."""
    check = after or before
    assert check is not None, "a check is there before its change or after it"
    about = {"check": short(check.code), "slug": check.config.slug}
    if before is None:
        log_event("check_created", actor, **about)
    elif after is None:
        log_event("check_deleted", actor, **about)
    elif changed := tuple(changed_fields(before, after)):
        log_event("check_changed", actor, **about, fields=",".join(changed))


def changed_fields(before: Check, after: Check) -> Iterator[str]:
    """The names of the fields that differ: configuration, pause, snooze, acknowledgement."""
    for field in fields(Config):
        if getattr(before.config, field.name) != getattr(after.config, field.name):
            yield field.name
    if (before.status is Status.PAUSED) != (after.status is Status.PAUSED):
        yield "paused"
    if before.snoozed_until != after.snoozed_until:
        yield "snoozed_until"
    if before.acknowledged_at != after.acknowledged_at:
        yield "acknowledged_at"


class Refusals:
    """Logs refused requests: the first ten of a kind in a minute, then fewer and fewer. One object per process.

    So a flood costs about 20 lines per process, minute and kind, whatever its rate. `in_this_minute` is the number of
    refusals so far.
    """

    def __init__(self) -> None:
        self._minute = 0
        self._counts: dict[str, int] = {}
        self._lock = Lock()

    def log(self, name: str, *, source: str, now: datetime, **facts: str | None) -> None:
        """Log that a request from an address was refused."""
        number = self._number(name, minute=int(now.timestamp()) // 60)
        if is_logged(number):
            about = _known({"source": source, **facts})
            log.event(name, level=logging.INFO, log="security", in_this_minute=number, **about)

    def _number(self, name: str, *, minute: int) -> int:
        with self._lock:
            if minute != self._minute:
                self._minute, self._counts = minute, {}
            self._counts[name] = self._counts.get(name, 0) + 1
            return self._counts[name]


def is_logged(number: int) -> bool:
    """Whether to log the nth refusal of a minute: 1 to 10, 20, 40, 80, …"""
    times, rest = divmod(number, FULLY_LOGGED)
    return number <= FULLY_LOGGED or (rest == 0 and times & (times - 1) == 0)


def _known(facts: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in facts.items() if value}
