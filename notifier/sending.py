"""Deliver one alert to one URL with Apprise: up to three tries in the remaining time, and a result without secrets.

Apprise reports the cause of a failure only in its log. That log is collected here and kept out of ours, because it may
contain parts of the URL.
"""

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from apprise import Apprise, AppriseAsset, NotifyFormat, NotifyType

from notifier.length import fit

PAUSES_S = (1.0, 3.0)  # before the second and the third try
ONE_TRY_S = 15.0  # the time that another try needs: connect, read, answer
TYPES = {
    "down": NotifyType.FAILURE,
    "up": NotifyType.SUCCESS,
    "reminder": NotifyType.WARNING,
    "escalation": NotifyType.FAILURE,
    "test": NotifyType.INFO,
}
LEAST_SECRET = 4  # characters; a shorter part of a URL is not redacted
LONGEST_TEXT = 300

log = logging.getLogger("apprise")


@dataclass(frozen=True, slots=True)
class Result:
    """The result of a delivery."""

    is_ok: bool
    tries: int
    text: str  # what happened, without any part of the URL


def send(
    url: str, document: dict[str, Any], *, remaining_s: Callable[[], float], sleep: Callable[[float], None]
) -> Result:
    """Deliver an alert. After a failure, try up to twice more while there is time."""
    service = Apprise(asset=_asset())
    if not service.add(url):
        return Result(False, 0, "Apprise no longer accepts this channel's URL. Remove the channel and add it again")
    message = fit(service[0], document["subject"], document["text"], document.get("sms", document["text"]))
    kind = TYPES.get((document.get("digest") or document)["kind"], NotifyType.INFO)
    for tries in range(1, len(PAUSES_S) + 2):
        with _collect_warnings() as warnings:
            is_ok = service.notify(
                body=message.text, title=message.subject, notify_type=kind, body_format=NotifyFormat.TEXT
            )
        if is_ok:
            return Result(True, tries, "delivered" if tries == 1 else f"delivered at try {tries}")
        if tries > len(PAUSES_S) or remaining_s() < PAUSES_S[tries - 1] + ONE_TRY_S:
            break
        sleep(PAUSES_S[tries - 1])
    why = _redact(warnings[-1], url) if warnings else "the service did not accept it"
    return Result(False, tries, f"{why} ({tries} {'try' if tries == 1 else 'tries'})")


def _asset() -> AppriseAsset:
    """Apprise named Overdue, without images from other servers and without plugins from disk."""
    return AppriseAsset(
        app_id="Overdue",
        app_desc="Overdue",
        app_url="",
        image_url_mask="",
        image_url_logo="",
        plugin_paths=[],
        async_mode=False,
    )


class _Collector(logging.Handler):
    """Collect log messages."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Collect a message."""
        self.messages.append(record.getMessage())


@contextmanager
def _collect_warnings() -> Iterator[list[str]]:
    """Collect what Apprise logs meanwhile, and log it nowhere else."""
    collector, did_propagate = _Collector(), log.propagate
    log.addHandler(collector)
    log.propagate = False
    try:
        yield collector.messages
    finally:
        log.propagate = did_propagate
        log.removeHandler(collector)


def _redact(text: str, url: str) -> str:
    """The text without any URL, and without the parts of this one."""
    text = re.sub(r"\S+://\S+", "(address)", " ".join(text.split()))
    parts = {part for form in (url, unquote(url)) for part in re.split(r"[/:@?&=#,]+", form.partition("://")[2])}
    for part in sorted((part for part in parts if len(part) >= LEAST_SECRET), key=len, reverse=True):
        text = text.replace(part, "…")
    return text[:LONGEST_TEXT]
