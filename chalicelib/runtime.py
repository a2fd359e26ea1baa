"""What a process needs of the outside, made once: clients, tables, registry, the way to SNS.

What a plain ping does without is imported when it is first asked for.
"""

import os
from collections.abc import Mapping
from datetime import datetime
from functools import cache, cached_property
from typing import TYPE_CHECKING

from chalicelib.cold_start import collector_off
from chalicelib.domain.alerts import Alert
from chalicelib.domain.check import Check
from chalicelib.domain.errors import Undelivered
from chalicelib.metrics import Meter
from chalicelib.services.transaction import Ports, Together
from chalicelib.settings import Settings, settings
from chalicelib.store.tables import connect

if TYPE_CHECKING:
    from chalicelib.domain.digest import Digest
    from chalicelib.services.admission import Admission
    from chalicelib.services.liveness.watchdog import Watchdog
    from chalicelib.services.publisher import Publisher
    from chalicelib.services.security_log import Refusals
    from chalicelib.store.registry.projects import Registry
    from chalicelib.store.secure_strings import SecureString


@cache
def wiring() -> "Wiring":
    """That of this process, connected at the first call."""
    return Wiring(os.environ)


class Wiring:
    """All of it, for one process."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.settings: Settings = settings(environ)
        with collector_off("connect"):
            tables = connect(self.settings)
        self.meter = Meter.of(environ)
        at_least = self.settings.digest_from
        together = Together(at_least=at_least, publish=self._publish_digest) if at_least else None
        self.ports = Ports(tables=tables, publish=self._publish, tally=self.meter.tally, together=together)

    @cached_property
    def publisher(self) -> "Publisher":
        """Words and publishes alerts."""
        from chalicelib.services.publisher import Publisher  # most pings cause no alert: 4 % of a cold start

        return Publisher(self.settings, self.registry)

    def _publish(self, check: Check, alert: Alert, *, now: datetime) -> tuple[str, ...]:
        return self.publisher(check, alert, now=now)

    def _publish_digest(self, digest: "Digest", *, now: datetime) -> Mapping[str, Undelivered]:
        return self.publisher.digest(digest, now=now)

    @cached_property
    def registry(self) -> "Registry":
        """Keys and channels."""
        from chalicelib.store.registry.projects import Registry  # a ping by code needs neither: 1 %

        return Registry()

    @cached_property
    def admission(self) -> "Admission":
        """Admits new checks. Not needed for pings of existing checks."""
        from chalicelib.services.admission import Admission  # most pings create no check: 1 %

        return Admission.of(self.settings, self.ports.tables, self.registry)

    @cached_property
    def session_secret(self) -> "SecureString":
        """The secret that signs sign-in links and sessions."""
        from chalicelib.store.secure_strings import PATIENTLY, SESSION_SECRET, SecureString  # pages only

        return SecureString(self.settings, SESSION_SECRET, PATIENTLY)

    @cached_property
    def refusals(self) -> "Refusals":
        """Logs refused requests."""
        from chalicelib.services.security_log import Refusals  # most pings are not refused

        return Refusals()

    @cached_property
    def watchdog(self) -> "Watchdog":
        """The outside watchdog that the sweep calls."""
        from chalicelib.services.liveness.watchdog import Watchdog  # the sweep only

        return Watchdog(self.settings)

    @cached_property
    def alert_link_secret(self) -> "SecureString":
        """The secret that signs the acknowledge links in alerts."""
        from chalicelib.store.secure_strings import ALERT_LINK_SECRET, PATIENTLY, SecureString  # as above

        return SecureString(self.settings, ALERT_LINK_SECRET, PATIENTLY)
