"""What a flood at the rate of the HTTP API's throttle costs at list price (docs/how-to/limit-attack-costs.md).

Arithmetic only: requests x prices (overdue/aws/prices.json). Lambda's duration is computed as in `units`: 1 ms of CPU
at the share of a vCPU that the memory gives, and 3 ms per call. Start at `FLOODS`.
"""

from dataclasses import dataclass

from benchmarks.report import Row, report
from benchmarks.units import ACCESS_LOG, gb_s, logged
from overdue.aws.cost import prices

RATE, DAY_S = 1_000, 86_400  # pings a second that the HTTP API accepts: PingRate of the template
RECORDED_PER_MINUTE = 360  # pings that a check accepts at most: PingsPerMinute and its reserve
CPU_MS = 1.0
METRIC_BYTES = 230  # the log line of a recorded ping


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What one request makes the deployment do."""

    calls: int
    reads: float
    writes: float
    log_bytes: int = 0
    stored_kb: float = 0

    def usd_per_million(self) -> float:
        """The list price of a million such requests, without storage."""
        items = prices().items
        return 1e6 * (
            items["http_requests"].of(1)
            + items["lambda_requests"].of(1)
            + items["lambda_arm_gb_s"].of(gb_s(self.calls, CPU_MS))
            + items["dynamodb_reads"].of(self.reads)
            + items["dynamodb_writes"].of(self.writes)
            + items["log_gb"].of((logged(ACCESS_LOG) + self.log_bytes) / 1024**3)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Flood:
    """A day of requests at the rate of the throttle, `recorded` of them a second."""

    attacker: str
    refused: Request
    recorded: Request
    recorded_per_s: float
    most: float  # USD a day, as docs/how-to/limit-attack-costs.md says

    def usd_a_day(self) -> float:
        """The list price of a day, both kinds of requests, without storage."""
        million_a_day = DAY_S / 1e6
        refused = (RATE - self.recorded_per_s) * self.refused.usd_per_million()
        return million_a_day * (refused + self.recorded_per_s * self.recorded.usd_per_million())

    def gb_a_day(self) -> float:
        """The history that a day adds."""
        return self.recorded_per_s * DAY_S * self.recorded.stored_kb / 1e6


UNKNOWN = Request(calls=1, reads=1, writes=0)  # 404, or a check's 429: one strong read of its item
LARGE = Request(calls=1, reads=3, writes=0)  # the same for an item of 8 kB, with as much configuration
PLAIN = Request(calls=3, reads=1, writes=2, log_bytes=METRIC_BYTES, stored_kb=0.3)
# an 8 kB item with as much configuration moves in the index, and a body of 10,000 bytes that cannot be compressed
WORST = Request(calls=3, reads=3, writes=9 + 2 + 11, log_bytes=METRIC_BYTES, stored_kb=10.3)
FLOODS = (
    Flood(attacker="only the deployment's address", refused=UNKNOWN, recorded=PLAIN, recorded_per_s=0, most=130),
    Flood(attacker="one ping URL", refused=LARGE, recorded=WORST, recorded_per_s=RECORDED_PER_MINUTE / 60, most=160),
    Flood(attacker="a ping key, plain pings", refused=UNKNOWN, recorded=PLAIN, recorded_per_s=RATE, most=250),
    Flood(
        attacker="a ping key, the most expensive pings", refused=UNKNOWN, recorded=WORST, recorded_per_s=RATE, most=1400
    ),
)


def main() -> None:
    """Print a table, write JSON."""
    rows = [
        Row(
            f"{flood.attacker}: a day",
            f"{flood.recorded_per_s:g} recorded a second, {flood.gb_a_day():.1f} GB of history",
            flood.usd_a_day(),
            flood.most,
            "USD",
        )
        for flood in FLOODS
    ]
    report("attack", rows)


if __name__ == "__main__":
    main()
