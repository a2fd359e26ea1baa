"""From a deadline to its alert's arrival, on the local server at the speed of real time. Takes four minutes.

200 checks are due at scattered instants; the sweep runs every minute, as in the cloud. Limit: p99 of 2 s.
"""

import random
import statistics
import threading
import urllib.request
from datetime import datetime

from benchmarks.report import Row, report
from overdue.local.clock import Clock
from overdue.local.inbox.sns_message import ReceivedAlert
from overdue.local.run import running

CHECKS = 200
PERIOD_S, LEAST_GRACE_S, MOST_GRACE_S = 60, 60, 150
WAIT_S = PERIOD_S + MOST_GRACE_S + 30.0


def main() -> None:
    """Measure, print a table, write JSON."""
    clock = Clock(1.0)
    late: list[float] = []
    all_came = threading.Event()

    def hear(alert: ReceivedAlert) -> None:
        late.append((clock.now() - datetime.fromisoformat(alert.message["at"])).total_seconds())
        if len(late) == CHECKS:
            all_came.set()

    chance = random.Random(20260301)
    with running(port=0, clock=clock, dynamodb_url=None, on_alert=hear) as ready:
        for i in range(CHECKS):
            grace_s = chance.randint(LEAST_GRACE_S, MOST_GRACE_S)
            query = f"create=1&period={PERIOD_S}&grace={grace_s}"
            urllib.request.urlopen(f"{ready.ping}/{ready.ping_key}/job-{i}?{query}").read()
        all_came.wait(WAIT_S)
    figures = statistics.quantiles(late, n=100)
    how = f"{len(late)} alerts, median {statistics.median(late):.2f} s, longest {max(late):.2f} s"
    report(
        "latency",
        [
            Row("deadline to alert: p99", how, figures[98], 2.0, "s"),
            Row("alerts that did not come", f"of {CHECKS}", CHECKS - len(late), 0, "alerts"),
        ],
    )


if __name__ == "__main__":
    main()
