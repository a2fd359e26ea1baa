"""Word to the outside that the sweep works: who hears nothing for some minutes knows that it does not.

Any heartbeat service works, including another Overdue's ping URL. The URL is a secret and never logged. It is stored in
SSM, where only the sweep can read it. Start at `Watchdog`.
"""

from datetime import datetime, timedelta

import urllib3

from chalicelib import log
from chalicelib.domain.errors import Unavailable
from chalicelib.settings import Settings
from chalicelib.store.secure_strings import BRIEFLY, WATCHDOG_URL, SecureString

TIMEOUT_S = 3.0  # to connect, and again for the answer to begin
REMEMBERED = timedelta(minutes=10)  # 4,320 reads a month; a read per sweep would exceed KMS's 20,000 free requests


class Watchdog:
    """Calls the watchdog. One object per process, because it caches the URL."""

    def __init__(self, settings: Settings) -> None:
        self._of_environment = settings.watchdog_url
        self._kept = SecureString(settings, WATCHDOG_URL, BRIEFLY)
        self._asked: tuple[datetime, str | None] | None = None

    def call(self, *, now: datetime) -> None:
        """Call the watchdog, if there is one."""
        url = self._of_environment or self._url(now)
        if url is not None:
            call(url)

    def _url(self, now: datetime) -> str | None:
        """The URL in SSM; if SSM does not answer, the last one read."""
        if self._asked is None or abs(now - self._asked[0]) >= REMEMBERED:
            try:
                self._asked = now, self._kept.current(now=now)
            except Unavailable as error:
                log.event("watchdog_url_unread", why=str(error))
        return None if self._asked is None else self._asked[1]


def call(url: str) -> None:
    """One GET. That it fails is logged, and is nobody's business here: silence is the message."""
    try:
        with urllib3.PoolManager(timeout=TIMEOUT_S, retries=False) as pool:  # redirects are not followed either
            status = pool.request("GET", url, headers={"User-Agent": "Overdue"}, preload_content=False).status
    except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:  # all that a URL of any shape can raise
        log.event("watchdog_not_called", why=type(error).__name__)
        return
    if status >= 300:
        log.event("watchdog_not_called", why=f"it answered {status}")
