"""What Hypothesis draws for the state machine: configurations, pings, what operators do, how time passes."""

from dataclasses import dataclass
from datetime import timedelta
from itertools import permutations

from hypothesis import strategies as st

from chalicelib.domain.config import NO_FILTERS, Config, Filters
from chalicelib.domain.configure import Acknowledge, Change, Edit, Pause, Resume
from chalicelib.domain.ping import Signal
from chalicelib.domain.schedule.occurrences import Cron, Every
from tests.builders import R1, R2, hours, minutes, seconds, utc
from tests.properties.reference import CRON_AT

NOON = utc("2026-03-01T12:00Z")
FEW = 3  # checks
REMINDED = minutes(5)


@dataclass(frozen=True)
class Pinged:
    """A ping arrives, made some seconds ago."""

    signal: Signal
    rid: str
    ago: timedelta
    method: str = "POST"


Event = Pinged | Change


def some(*spans: timedelta) -> st.SearchStrategy[timedelta]:
    """One of these."""
    return st.sampled_from(spans)


CONFIGS = st.builds(
    Config,
    schedule=st.one_of(
        st.builds(Every, some(minutes(5), minutes(10), hours(1))), st.just(Cron(CRON_AT, "Asia/Kolkata"))
    ),
    grace=some(minutes(1), minutes(5), minutes(10)),
    max_runtime=st.one_of(st.none(), some(minutes(2), minutes(10), minutes(30))),
    min_runtime=st.sampled_from([None, minutes(1)]),
    remind_every=st.sampled_from([None, REMINDED, minutes(30)]),
    manual_resume=st.booleans(),
    failures_before_alert=st.sampled_from([1, 1, 2]),
    misses_before_alert=st.sampled_from([1, 1, 2]),
    first_ping_by=st.sampled_from([None, minutes(10)]),
    early=st.sampled_from([timedelta(), minutes(2)]),
    filters=st.sampled_from([NO_FILTERS, Filters(methods="POST")]),
)
PINGS: st.SearchStrategy[Event] = st.builds(
    Pinged,
    signal=st.sampled_from([Signal.SUCCESS, Signal.SUCCESS, Signal.START, Signal.START, Signal.FAIL, Signal.LOG]),
    rid=st.sampled_from(["", R1, R2]),
    ago=some(timedelta(), timedelta(), seconds(0.5), seconds(2), seconds(6)),
    method=st.sampled_from(["POST", "GET"]),
)
CHANGES: st.SearchStrategy[Event] = st.one_of(
    st.builds(Edit, CONFIGS), st.sampled_from([Pause(), Resume(), Acknowledge(by="ci")])
)
SPANS = some(seconds(1), seconds(30), minutes(1), minutes(4), minutes(5), minutes(9), hours(1), hours(7))
CROSSING = [*permutations((Signal.START, Signal.SUCCESS, Signal.FAIL), 2), *[(Signal.SUCCESS, Signal.SUCCESS)] * 3]
NUMBERS = st.integers(0, FEW - 1)
