import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.domain.errors import BadInput
from overdue.local.clock import Clock


def test_an_hour_passes_in_a_second_at_speed_3600() -> None:
    before_s = time.monotonic()
    clock = Clock(3600)
    began_s = time.monotonic()
    first = clock.now()
    while time.monotonic() < began_s + 0.01:
        pass
    second = clock.now()
    longest_s = time.monotonic() - before_s
    assert timedelta(seconds=0.01 * 3600 * 0.9) < second - first <= timedelta(seconds=longest_s * 3600)


def test_it_begins_now_in_utc() -> None:
    before = datetime.now(UTC)
    at = Clock(1).now()
    assert at.tzinfo is UTC
    assert before <= at <= datetime.now(UTC) + timedelta(seconds=1)


def test_epoch_milliseconds_are_those_of_the_instant() -> None:
    clock = Clock(1)
    before = clock.now()
    epoch_ms = clock.epoch_ms()
    after = clock.now()
    at = datetime.fromtimestamp(epoch_ms / 1000, UTC)
    assert before - timedelta(milliseconds=1) <= at <= after + timedelta(milliseconds=1)


def test_sleeping_takes_service_time() -> None:
    clock = Clock(36_000)
    before = clock.now()
    assert clock.sleep(360, threading.Event()) is False  # 10 ms of real time
    assert clock.now() - before >= timedelta(seconds=360)


def test_a_sleep_ends_at_once_when_it_is_stopped() -> None:
    stop = threading.Event()
    stop.set()
    assert Clock(1).sleep(3600, stop) is True


@pytest.mark.parametrize("service_s", [0, -5])
def test_there_is_no_sleep_until_an_instant_that_has_passed(service_s: float) -> None:
    assert Clock(1).sleep(service_s, threading.Event()) is False


def test_a_sleep_of_centuries_can_be_stopped_too() -> None:
    stop = threading.Event()
    threading.Timer(0.01, stop.set).start()
    assert Clock(0.001).sleep(10**12, stop) is True


@pytest.mark.parametrize("speed", [0, -1, float("nan"), float("inf")])
def test_a_clock_that_stands_still_or_runs_backwards_is_refused(speed: float) -> None:
    with pytest.raises(BadInput, match="is not above 0"):
        Clock(speed)
