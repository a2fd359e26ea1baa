"""What a process needs of the outside, made once: clients, tables, registry, the way to SNS.

What a plain ping does without is imported when it is first asked for.
"""

import gc
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import cache, cached_property
from typing import TYPE_CHECKING

from chalicelib.domain.alerts import Alert
from chalicelib.domain.check import Check
from chalicelib.domain.errors import Undelivered
from chalicelib.metrics import Meter
from chalicelib.services.transaction import Ports, Together
from chalicelib.settings import Settings, settings
from chalicelib.store.tables import connect

if TYPE_CHECKING:
    from chalicelib.domain.digest import Digest
    from chalicelib.security_log import Refusals
    from chalicelib.services.admission import Admission
    from chalicelib.services.liveness.watchdog import Watchdog
    from chalicelib.services.publisher import Publisher
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
        with _nothing_is_garbage():
            tables = connect(self.settings)
        self.meter = Meter.of(environ)
        at_least = self.settings.digest_from
        together = Together(at_least=at_least, publish=self._publish_digest) if at_least else None
        self.ports = Ports(tables=tables, publish=self._publish, tally=self.meter.tally, together=together)

    @cached_property
    def publisher(self) -> "Publisher":
        """Words and publishes alerts. Most pings cause none: 15 ms of a cold start."""
        from chalicelib.services.publisher import Publisher

        return Publisher(self.settings, self.registry)

    def _publish(self, check: Check, alert: Alert, *, now: datetime) -> tuple[str, ...]:
        return self.publisher(check, alert, now=now)

    def _publish_digest(self, digest: "Digest", *, now: datetime) -> Mapping[str, Undelivered]:
        return self.publisher.digest(digest, now=now)

    @cached_property
    def registry(self) -> "Registry":
        """Keys and channels. A ping by code needs neither: 6 ms of its cold start."""
        from chalicelib.store.registry.projects import Registry

        return Registry()

    @cached_property
    def admission(self) -> "Admission":
        """Admits new checks. Not needed for pings of existing checks."""
        from chalicelib.services.admission import Admission

        return Admission.of(self.settings, self.ports.tables, self.registry)

    @cached_property
    def session_secret(self) -> "SecureString":
        """The secret that signs sign-in links and sessions."""
        from chalicelib.store.secure_strings import PATIENTLY, SESSION_SECRET, SecureString

        return SecureString(self.settings, SESSION_SECRET, PATIENTLY)

    @cached_property
    def refusals(self) -> "Refusals":
        """Logs refused requests. Most pings are not refused."""
        from chalicelib.security_log import Refusals

        return Refusals()

    @cached_property
    def watchdog(self) -> "Watchdog":
        """The outside watchdog that the sweep calls."""
        from chalicelib.services.liveness.watchdog import Watchdog

        return Watchdog(self.settings)

    @cached_property
    def alert_link_secret(self) -> "SecureString":
        """The secret that signs the acknowledge links in alerts."""
        from chalicelib.store.secure_strings import ALERT_LINK_SECRET, PATIENTLY, SecureString

        return SecureString(self.settings, ALERT_LINK_SECRET, PATIENTLY)


@contextmanager
def _nothing_is_garbage() -> Iterator[None]:
    """Keep the collector off while botocore builds its models from 2 MB of JSON, then have it skip all there is.

    It would walk through everything imported so far again and again: 45 ms of 130 at a cold start (Python 3.11).
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if gc.get_freeze_count() == 0:  # once a process: what has since become garbage would never go
            gc.freeze()
        if was_on:
            gc.enable()
