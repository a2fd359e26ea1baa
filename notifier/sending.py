"""One alert to one URL, by Apprise: a few tries within the time that is left, and what came of it, without secrets.

Apprise tells whether it worked, and why not only in its log: that is caught here, and kept out of ours.
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
ONE_TRY_S = 15.0  # what must be left of the function's time to try again: connect, read, answer
TYPES = {
    "down": NotifyType.FAILURE,
    "up": NotifyType.SUCCESS,
    "reminder": NotifyType.WARNING,
    "escalation": NotifyType.FAILURE,
    "test": NotifyType.INFO,
}
LEAST_SECRET = 4  # characters of a part of a URL that is taken out of what is said
LONGEST_SAID = 300

log = logging.getLogger("apprise")


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of it."""

    is_ok: bool
    tries: int
    said: str  # in words; nothing of the URL is in them


def send(
    url: str, document: dict[str, Any], *, remaining_s: Callable[[], float], sleep: Callable[[float], None]
) -> Sent:
    """Deliver an alert. What fails is tried twice more, while there is time."""
    service = Apprise(asset=_asset())
    if not service.add(url):
        return Sent(False, 0, "Apprise does not take the URL of this channel any more: make the channel again")
    message = fit(service[0], document["subject"], document["text"], document.get("sms", document["text"]))
    kind = TYPES.get((document.get("digest") or document)["kind"], NotifyType.INFO)
    for tries in range(1, len(PAUSES_S) + 2):
        with _overheard() as heard:
            is_ok = service.notify(
                body=message.text, title=message.subject, notify_type=kind, body_format=NotifyFormat.TEXT
            )
        if is_ok:
            return Sent(True, tries, "delivered" if tries == 1 else f"delivered at try {tries}")
        if tries > len(PAUSES_S) or remaining_s() < PAUSES_S[tries - 1] + ONE_TRY_S:
            break
        sleep(PAUSES_S[tries - 1])
    why = _discreet(heard[-1], url) if heard else "the service did not take it"
    return Sent(False, tries, f"{why} ({tries} {'try' if tries == 1 else 'tries'})")


def _asset() -> AppriseAsset:
    """Named Overdue, without pictures from another's server, and without loading plugins from disk."""
    return AppriseAsset(
        app_id="Overdue",
        app_desc="Overdue",
        app_url="",
        image_url_mask="",
        image_url_logo="",
        plugin_paths=[],
        async_mode=False,
    )


class _Ear(logging.Handler):
    """Keeps what is said."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line."""
        self.heard.append(record.getMessage())


@contextmanager
def _overheard() -> Iterator[list[str]]:
    """What Apprise warns of meanwhile; it goes nowhere else, as it may hold parts of a URL."""
    ear, did_propagate = _Ear(), log.propagate
    log.addHandler(ear)
    log.propagate = False
    try:
        yield ear.heard
    finally:
        log.propagate = did_propagate
        log.removeHandler(ear)


def _discreet(said: str, url: str) -> str:
    """Without addresses, and without any part of this one."""
    said = re.sub(r"\S+://\S+", "(address)", " ".join(said.split()))
    parts = {part for text in (url, unquote(url)) for part in re.split(r"[/:@?&=#,]+", text.partition("://")[2])}
    for part in sorted((part for part in parts if len(part) >= LEAST_SECRET), key=len, reverse=True):
        said = said.replace(part, "…")
    return said[:LONGEST_SAID]
