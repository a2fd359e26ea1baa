"""The service's clock: it begins now, and may run faster than people's, so that a night passes in minutes.

Start at `Clock`. Only the local server has one; in the cloud, service time is time.
"""

import math
import threading
import time
from datetime import UTC, datetime, timedelta

from chalicelib.domain.errors import BadInput

FASTEST = 36_000  # ten hours in a second: beyond it, a single request takes longer than a sweep


class Clock:
    """Runs `speed` times as fast as the machine's steady clock, from the instant of its making. Never goes back."""

    def __init__(self, speed: float) -> None:
        """Raises BadInput when the speed is no positive number, or more than a machine can follow."""
        if not (math.isfinite(speed) and 0 < speed <= FASTEST):
            raise BadInput(
                f"speed {speed:g} is not above 0 and at most {FASTEST}: "
                "60 lets an hour pass in a minute, 1 is real time"
            )
        self.speed = speed
        self._began_s = time.monotonic()
        self._began_at = datetime.now(UTC)

    def now(self) -> datetime:
        """The instant in service time, aware, in UTC."""
        return self._began_at + timedelta(seconds=(time.monotonic() - self._began_s) * self.speed)

    def epoch_ms(self) -> int:
        """The same as whole milliseconds since 1970, as API Gateway stamps a request."""
        return round(self.now().timestamp() * 1000)

    def sleep(self, service_s: float, stop: threading.Event) -> bool:
        """Wait for so long in service time, or until `stop` is set: whether it is. Not at all for 0 and less."""
        return stop.wait(min(service_s / self.speed, threading.TIMEOUT_MAX))
