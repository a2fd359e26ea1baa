"""Metrics: what an invocation did, as one line in CloudWatch's embedded metric format on stdout.

CloudWatch Logs turns such a line into metrics by itself (Amazon CloudWatch User Guide, "Specification: Embedded
metric format"). Start at `Meter`. What is counted is told by `change` and whoever calls it, into one `Tally`.

Hand-written because AWS Lambda Powertools adds 14 ms of imports to a cold start and 7.6 MB to the unpacked package.
"""

import json
import sys
from collections.abc import Mapping
from functools import cache
from threading import Lock
from typing import Literal

from chalicelib import log

NAMESPACE = "Overdue"

Counted = Literal["Pings", "Conflicts", "Flips", "Alerts", "Undelivered", "PushedBack"]
Metric = Counted | Literal["Swept", "SweepLag", "OldestOverdue", "CanaryFailed", "Probes", "ProbesLeft"]

_TIGHT = (",", ":")  # CloudWatch bills logs by the byte, and each ping writes one such line
_SECONDS: frozenset[Metric] = frozenset(("SweepLag", "OldestOverdue"))  # all others are counts


class Tally:
    """What has been counted since it was last taken; several threads may count."""

    def __init__(self) -> None:
        self._counts: dict[Metric, float] = {}
        self._lock = Lock()

    def add(self, metric: Counted, number: int = 1) -> None:
        """Count."""
        with self._lock:
            self._counts[metric] = self._counts.get(metric, 0) + number

    def take(self) -> dict[Metric, float]:
        """What has been counted, never zero; it begins anew."""
        with self._lock:
            taken, self._counts = self._counts, {}
        return taken


class Meter:
    """Where metrics leave the process. Without a stage nothing does: in tests and locally there is no CloudWatch."""

    def __init__(self, stage: str | None) -> None:
        self._stage = stage
        self.tally = Tally()

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> "Meter":
        """The meter of a function that knows its stage, or one that stays silent."""
        return cls(environ.get("OVERDUE_STAGE") or None if log.is_lambda(environ) else None)

    def tell(self, measured: Mapping[Metric, float], *, at_s: float) -> None:
        """End an invocation: write what has been counted and measured, if there is anything. `at_s` is epoch time."""
        counted = self.tally.take()
        if self._stage is None or not (counted or measured):
            return
        sys.stdout.write(line(self._stage, {**counted, **measured}, at_s=at_s) + "\n")
        sys.stdout.flush()


def line(stage: str, metrics: Mapping[Metric, float], *, at_s: float) -> str:
    """The document of one invocation. At most a hundred metrics are allowed in one; we have ten."""
    request_id = log.invocation().request_id
    ids = {} if request_id is None else {"request_id": request_id}  # finds the invocation's other lines
    rest = json.dumps({"Stage": stage, **metrics, **ids}, separators=_TIGHT)
    return f'{{"_aws":{{"Timestamp":{round(at_s * 1000)},"CloudWatchMetrics":{_directives(*metrics)}}},{rest[1:]}'


@cache  # nearly all lines tell of one ping: 4 µs of 7
def _directives(*metrics: Metric) -> str:
    """What CloudWatch shall make of a document with these metrics."""
    named = [{"Name": name, "Unit": "Seconds" if name in _SECONDS else "Count"} for name in metrics]
    return json.dumps([{"Namespace": NAMESPACE, "Dimensions": [["Stage"]], "Metrics": named}], separators=_TIGHT)
