"""The security log: who was refused, who signed in or out, and who changed which check. Never a secret.

Each event is one line of the log (`chalicelib.log`) with `log: "security"`. A change is logged where it is carried out,
after it was written; see docs/adr/0020. Start at `log_change` and `Refusals`. What the operator's commands do with AWS
credentials is logged by `overdue.security_log`.
"""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from threading import Lock
from typing import Literal

from chalicelib import log
from chalicelib.domain.check import Check, Config, Status, short

FULLY_LOGGED = 10  # refusals of a kind per minute and process; beyond it, the 20th, the 40th, the 80th, …

_Kind = Literal["key", "ping_key", "session", "alert_link"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who makes a request, and from which address."""

    by: _Kind
    project: str
    name: str  # of a key; of a session, the first characters of its id; "" for a link
    key_prefix: str = ""  # the first four characters of a key; "" without one
    source: str  # the address that API Gateway saw

    def facts(self) -> dict[str, str]:
        """Who it is, for an event."""
        facts = {"project": self.project, "by": self.by, "actor": self.name, "key_prefix": self.key_prefix}
        return _known(facts | {"source": self.source})


def log_event(name: str, actor: Actor, **facts: str) -> None:
    """Log what somebody did."""
    log.event(name, level=logging.INFO, log="security", **actor.facts(), **facts)


def log_change(actor: Actor, before: Check | None, after: Check | None) -> None:
    """Log that somebody made, changed or deleted a check. A change of nothing, or of the state alone, is no event."""
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
    """The names of what a person can change, where it differs: configuration fields, pause, snooze, acknowledgement."""
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
    """Logs refused requests: all of the first ten of a kind in a minute, then ever fewer. One object per process.

    A flood therefore costs each process some 20 lines a minute and kind, whatever its rate; `in_this_minute` says how
    many there have been.
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
    """Whether the refusal of this number within its minute is logged: 1 to 10, 20, 40, 80, …"""
    times, rest = divmod(number, FULLY_LOGGED)
    return number <= FULLY_LOGGED or (rest == 0 and times & (times - 1) == 0)


def _known(facts: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in facts.items() if value}
