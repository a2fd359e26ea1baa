"""Word to the outside that the sweep works: who hears nothing for some minutes knows that it does not.

Any heartbeat service will do, another Overdue's ping URL, too. The URL is a secret, and is never logged.
"""

import urllib3

from chalicelib import log

TIMEOUT_S = 3.0  # to connect, and again for the answer to begin


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
