"""The pages of a local server at one night's instant, with whatever checks one wants to see there.

Tests look at them, and `pictures` takes those of the documentation. Start at `standing_still`.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any, cast

from chalicelib import runtime
from chalicelib.domain.alerts import Reason
from chalicelib.domain.check import Check, Flip, Status
from chalicelib.domain.ids import Code
from chalicelib.services.signed_links.sessions import Signer, new_link
from chalicelib.store import batch_get, checks, history
from overdue.local import run
from overdue.local.clock import Clock
from tests.browser import story
from tests.builders import hours

CHROMIUM = Path("/usr/bin/chromium")


class StillClock:
    """It is always that instant. Whoever waits, waits until the end."""

    speed = 1.0

    def now(self) -> Any:
        return story.NOW

    def epoch_ms(self) -> int:
        return round(story.NOW.timestamp() * 1000)

    def sleep(self, _: float, stop: Event) -> bool:
        return stop.wait()


@dataclass
class Site:
    """The pages of a local server, whose checks a test chooses."""

    base: str
    told: set[Code] = field(default_factory=set)  # whose past is written: it outlives them

    def show(self, wanted: Sequence[Check]) -> None:
        """Let there be these checks, and no others."""
        tables = runtime.wiring().ports.tables
        for code in batch_get.codes(tables, "default"):
            checks.delete(tables, code, project="default")
        for check in wanted:
            checks.create(tables, check)
            if check.config.name == "fx-rates":
                down = Flip(number=3, at=story.at("03:58"), old=Status.UP, new=Status.DOWN, reason=Reason.FAILED)
                up = Flip(number=4, at=story.at("04:36"), old=Status.DOWN, new=Status.UP, reason=None)
                for flip in (down, up):
                    history.put_record(tables, check, flip)

    def link(self, *, may_write: bool = True) -> str:
        """A fresh link that signs in."""
        secret = runtime.wiring().session_secret.key(now=story.NOW)
        assert secret is not None
        link = new_link(project="default", may_write=may_write, now=story.NOW, session_lasts=hours(8))
        return f"{self.base}/signin/{Signer(secret).link(link)}"


@contextmanager
def standing_still() -> Iterator[Site]:
    """It takes over this process's environment: what that was before is put back at the end."""
    before = dict(os.environ)
    os.environ["OVERDUE_TZ"] = story.ZONE
    clock = cast("Clock", StillClock())
    try:
        with run.running(port=0, clock=clock, dynamodb_url=None, on_alert=lambda _: None) as ready:
            yield Site(ready.base)
    finally:
        os.environ.clear()
        os.environ.update(before)
        runtime.wiring.cache_clear()
