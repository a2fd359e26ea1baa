"""Admit a new check, or refuse it because its project has reached a limit (docs/adr/0018).

Used by every way of creating a check: API, form, apply, `?create=1`. Start at `Admission.admit`. Admitting a check
costs a read and a write of the project's row. A process remembers a refusal while it is certain to hold, so further
refusals need no call. The first refusal in an hour also sends a notice to the operators.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self

from chalicelib import log
from chalicelib.domain.errors import Unavailable, Undelivered
from chalicelib.domain.limits.quota import Limits, NotAdmitted, Refusal, needs_count, refusal, with_count, with_minute
from chalicelib.services.liveness.self_ping import FrontDoor
from chalicelib.settings import Settings
from chalicelib.store.registry import quotas
from chalicelib.store.registry.projects import Registry
from chalicelib.store.tables import Tables

if TYPE_CHECKING:
    from chalicelib.alerts.text import Message

MOST_TRIES = 10
NOTICE_EVERY = timedelta(hours=1)  # for each project
NOTICE_RETRY = timedelta(minutes=1)  # if the sender dies, a refusal after this time sends the notice


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """Admits new checks. One object per process, because it remembers refusals."""

    tables: Tables
    limits: Limits
    notify: "Callable[[Message], None]"  # sends a message to the operators. Raises Undelivered
    _refusals: dict[tuple[str, bool], Refusal] = field(
        default_factory=dict, init=False
    )  # by project, and whether it applies to pings only

    @classmethod
    def of(cls, settings: Settings, tables: Tables, registry: Registry) -> Self:
        """That of a deployment: its limits, and the way to its operators."""
        limits = Limits(checks=settings.checks_per_project, by_ping=settings.creates_per_minute)
        return cls(tables=tables, limits=limits, notify=FrontDoor(settings, registry).tell)

    def admit(self, project: str, *, by_ping: bool, now: datetime) -> None:
        """Count one more check of a project. Create nothing if it raises NotAdmitted or Unavailable."""
        self._raise_known_refusal(project, by_ping=by_ping, now=now)
        for _ in range(MOST_TRIES):
            used = quotas.read(self.tables, project)
            if used is None or needs_count(used, self.limits, now=now):
                renewed = with_minute(with_count(used, quotas.count(project), now=now), now=now)
                quotas.renew(self.tables, project, renewed, instead_of=used)
                continue
            current = with_minute(used, now=now)
            why = refusal(current, self.limits, by_ping=by_ping)
            if why is not None:
                self._refusals[project, why.is_rate] = why
                self._notify(project, why, now=now)
                raise NotAdmitted(why)
            if current != used and not quotas.renew(self.tables, project, current, instead_of=used):
                continue
            if quotas.add(self.tables, project, current, limits=self.limits, by_ping=by_ping):
                return
        raise Unavailable("too many checks are created at once: try again in a few seconds")

    def _raise_known_refusal(self, project: str, *, by_ping: bool, now: datetime) -> None:
        for is_rate in (False, True) if by_ping else (False,):
            known = self._refusals.get((project, is_rate))
            if known is not None and now < known.until:
                raise NotAdmitted(known)

    def _notify(self, project: str, why: Refusal, *, now: datetime) -> None:
        """Notify the operators, at most once per hour and project. If that fails, a later refusal tries again."""
        from chalicelib.alerts.operator_notices import refusal_notice  # few are refused: 2 % of a cold start

        try:
            if not quotas.claim_notice(self.tables, project, now=now, until=now + NOTICE_RETRY):
                return
            self.notify(refusal_notice(project, why))
            quotas.renew_notice(self.tables, project, until=now + NOTICE_EVERY)
        except (Undelivered, Unavailable) as error:
            log.event("operators_not_told", why=str(error))
            return
        log.event("operators_told", word="checks_refused", project=project)
