"""The acknowledge links in alerts: addresses, signed with the stage's secret for alert links, if there is one.

No alert waits for a link: SSM is asked at most once a minute, with a short timeout. If it does not answer, alerts are
sent without a link. `alerts.acknowledging` decides what a link contains.
"""

from datetime import datetime

from chalicelib import log
from chalicelib.domain.alerts import Alert, Kind
from chalicelib.domain.check import Check
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.ids import unique_key
from chalicelib.services.signed_links.ack_tokens import LASTS, NamedOutage, sign_token
from chalicelib.settings import Settings
from chalicelib.store.secure_strings import ALERT_LINK_SECRET, BRIEFLY, REMEMBERED, SecureString

_OF_AN_OUTAGE = (Kind.DOWN, Kind.REMINDER, Kind.ESCALATION)


class AckLinks:
    """Makes them. One a process."""

    def __init__(self, settings: Settings) -> None:
        self._base = settings.base_url
        self._kept = SecureString(settings, ALERT_LINK_SECRET, BRIEFLY)
        self._asked: tuple[datetime, bytes | None] | None = None

    def of(self, check: Check, alert: Alert, *, now: datetime) -> str | None:
        """The link of an alert; None: it tells of no outage that lasts, or there is nothing to sign it with."""
        if alert.kind not in _OF_AN_OUTAGE:
            return None
        secret = self._secret(now)
        if secret is None:
            return None
        key = unique_key(check.code)
        named = NamedOutage(project=check.project, unique_key=key, flip=alert.flip, until=now + LASTS)
        return f"{self._base}/ack/{sign_token(secret, named)}"

    def _secret(self, now: datetime) -> bytes | None:
        """The secret, or None, remembered alike: one that does not come would cost each alert its second."""
        if self._asked is not None and abs(now - self._asked[0]) < REMEMBERED:
            return self._asked[1]
        try:
            found = self._kept.key(now=now)
        except (Unavailable, ValueError) as error:  # ValueError: somebody has written something else there
            log.event("no_ack_link", why=type(error).__name__)
            found = None
        self._asked = (now, found)
        return found
