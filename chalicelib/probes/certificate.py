"""When a server's certificate ends, and how that is said.

That it is valid now, and for this host, the TLS handshake has proved; what is read here is its own end only. Those of
the authorities above it end years later, and are not looked at.
"""

import ssl
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

DAY = timedelta(days=1)
TWO_DAYS = 2 * DAY


def ends_at(certificate: Mapping[str, Any]) -> datetime:
    """The end of a certificate as `SSLSocket.getpeercert` tells it."""
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(certificate["notAfter"]), UTC)


def ending(ends: datetime | None, *, limit_days: int, now: datetime) -> str | None:
    """That a certificate ends too soon; None: it does not, or there is none. At the limit, it is too soon."""
    if ends is None or limit_days == 0 or ends - now > limit_days * DAY:
        return None
    return f"certificate expires in {_in_words(ends - now)} ({ends:%Y-%m-%d}), limit {limit_days} days"


def _in_words(left: timedelta) -> str:
    """Whole days, and hours when there are less than two: never more than is left."""
    return f"{left // DAY} days" if left >= TWO_DAYS else f"{max(left // timedelta(hours=1), 0)} hours"
