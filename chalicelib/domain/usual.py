"""How long a job usually takes: the middle 80 % of its recent successes (domain.md, rule 16)."""

from datetime import timedelta

from chalicelib.domain.recent import Ended, unpacked

FEWEST = 10  # below that it is not known, and says so


def usual(recent: bytes) -> tuple[timedelta, timedelta] | None:
    """The 10th and 90th percentile of the successful durations; None from fewer than 10."""
    took = [
        run.took.total_seconds()
        for run in unpacked(recent)
        if run.took is not None and run.ended in (Ended.SUCCESS, Ended.LATE)
    ]
    if len(took) < FEWEST:
        return None
    from statistics import quantiles  # 8 ms of a cold start, needed when an alert is decided only

    tenths = quantiles(took, n=10, method="inclusive")
    return timedelta(seconds=tenths[0]), timedelta(seconds=tenths[-1])
