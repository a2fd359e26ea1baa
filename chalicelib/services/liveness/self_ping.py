"""The front door as a sweep sees it from outside: it asks this deployment's public URL, and tells operators of it.

A real request by the very route that pings take, so that name, certificate, throttling, function and table are all in
it. Only this deployment can answer a nonce rightly: neither a cache nor another server at that name can.
"""

import secrets
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

import urllib3
from botocore.config import Config

from chalicelib import log
from chalicelib.alerts.sns import publish_text
from chalicelib.domain.ingress.ingress_ledger import proof
from chalicelib.settings import Settings
from chalicelib.store.registry.projects import Registry
from chalicelib.store.tables import sns_client

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

    from chalicelib.alerts.text import Message

TRIES = 2  # a cold start may take more than the first has
TRY_S = 3.0
MOST_BYTES = 1_000


class FrontDoor:
    """Of one deployment."""

    def __init__(self, settings: Settings, registry: Registry) -> None:
        self._settings = settings
        self._registry = registry

    def why_closed(self, *, now: datetime) -> str | None:
        """Why a ping could not come in, in words; None: it could. Six seconds at most. Raises Unavailable."""
        nonce = secrets.token_hex(16)
        expected = proof(self._registry.badge_secret(now=now), nonce)
        why = _why_not(f"{self._settings.base_url}/ping/door/{nonce}", expected)
        for _ in range(TRIES - 1):
            if why is not None:
                why = _why_not(f"{self._settings.base_url}/ping/door/{nonce}", expected)
        return why

    def tell(self, message: "Message") -> None:
        """Publish to the platform topic. Raises Undelivered."""
        if self._settings.platform_topic is None:
            log.event("no_platform_topic", said=message.subject)
            return
        publish_text(self._sns, self._settings.platform_topic, subject=message.subject, text=message.text)

    @cached_property
    def _sns(self) -> "SNSClient":
        return sns_client(self._settings, Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 2}))

    @property
    def base(self) -> str:
        """The URL that jobs ping at."""
        return self._settings.base_url

    @property
    def tz(self) -> str:
        """The zone that operators read."""
        return self._settings.tz


def _why_not(url: str, expected: str) -> str | None:
    try:
        with urllib3.PoolManager(timeout=urllib3.Timeout(total=TRY_S), retries=False) as pool:  # nor redirects
            answer = pool.request("GET", url, headers={"User-Agent": "Overdue"}, preload_content=False)
            body = answer.read(MOST_BYTES)
    except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:  # all that a URL of any shape can raise
        return f"no answer ({type(error).__name__})"
    if answer.status != 200:
        return f"it answered {answer.status}"
    return None if body == expected.encode() else "something else answered there"
