"""The arithmetic of a month's cost; each figure was computed by hand."""

from datetime import datetime

import pytest

from chalicelib.domain.errors import BadInput
from overdue.aws.cost import Counted, Period, Price, Prices, bill, month_of, period, prices
from tests.builders import utc

REQUESTS = Price(name="Requests", usd=1.0, per=1_000_000, free=0)
CALLS = Price(name="Invocations", usd=0.2, per=1_000_000, free=1_000_000)
ALARMS = Price(name="Alarms", usd=0.1, per=1, free=10)
KEYS = Price(name="Keys", usd=1.0, per=1, free=0)
LISTED = Prices(
    region="us-east-1",
    as_of="2026-11-25",
    sources=(),
    items={"requests": REQUESTS, "calls": CALLS, "alarms": ALARMS, "keys": KEYS},
)
NOVEMBER = utc("2026-11-01T00:00Z")
TEN_DAYS = Period(month=NOVEMBER, since=NOVEMBER, until=utc("2026-11-11T00:00Z"))  # a third of 30 days


def counted(used: dict[str, float], standing: dict[str, float], *, checks: int = 0, pings: int = 0) -> Counted:
    return Counted(used=used, standing=standing, checks=checks, pings=pings)


def test_usage_grows_until_the_months_end_and_standing_items_cost_their_share() -> None:
    done = bill(counted({"requests": 500_000}, {"keys": 1}, checks=50, pings=400_000), LISTED, TEN_DAYS)

    requests, keys = done.lines
    assert (requests.name, keys.name) == ("Requests", "Keys")
    assert [requests.so_far, requests.month] == pytest.approx([0.5, 1.5])
    assert [keys.so_far, keys.month] == pytest.approx([0.333333, 1.0], abs=1e-6)
    assert done.so_far == pytest.approx(0.8333, abs=1e-4)
    assert done.month == pytest.approx(2.5)
    assert done.month_per_check == pytest.approx(0.05)  # 2.50 for 50
    assert done.per_1000_pings == pytest.approx(0.0020833, abs=1e-6)  # 0.8333 for 400,000


def test_free_amounts_are_subtracted_from_the_whole_month_and_never_below_zero() -> None:
    done = bill(counted({"calls": 600_000}, {"alarms": 18}), LISTED, TEN_DAYS)

    alarms, calls = done.lines
    assert [alarms.month, alarms.month_less_free] == pytest.approx([1.8, 0.8])
    # 1.8 million invocations by the end: 0.36, of which 0.8 million are paid
    assert [calls.month, calls.month_less_free] == pytest.approx([0.36, 0.16])
    few = bill(counted({"calls": 100}, {"alarms": 4}), LISTED, TEN_DAYS)
    assert few.month_less_free == 0


def test_a_stage_that_exists_for_half_a_month_pays_half_and_grows_from_its_creation() -> None:
    half = Period(month=NOVEMBER, since=utc("2026-11-16T00:00Z"), until=utc("2026-11-21T00:00Z"))  # 5 of 15 days

    done = bill(counted({"requests": 1_000_000}, {"keys": 1}), LISTED, half)

    assert {line.name: (round(line.so_far, 6), round(line.month, 6)) for line in done.lines} == {
        "Requests": (1.0, 3.0),
        "Keys": (round(5 / 30, 6), 0.5),
    }


def test_a_past_month_does_not_grow() -> None:
    over = Period(month=NOVEMBER, since=NOVEMBER, until=utc("2026-12-01T00:00Z"))

    done = bill(counted({"requests": 1_000_000}, {"keys": 1}), LISTED, over)

    assert (done.so_far, done.month) == (2.0, 2.0)


def test_less_than_six_hours_are_not_projected_to_a_month() -> None:
    early = Period(month=NOVEMBER, since=NOVEMBER, until=utc("2026-11-01T05:59Z"))
    later = Period(month=NOVEMBER, since=NOVEMBER, until=utc("2026-11-01T06:00Z"))  # one of 120 parts

    assert bill(counted({"requests": 1_000_000}, {}), LISTED, early).month == 1.0
    assert bill(counted({"requests": 1_000_000}, {}), LISTED, later).month == pytest.approx(120.0)


def test_the_most_expensive_item_comes_first_and_unused_items_are_left_out() -> None:
    done = bill(counted({"requests": 1_000_000, "calls": 0}, {"keys": 1, "alarms": 2}), LISTED, TEN_DAYS)

    assert [line.name for line in done.lines] == ["Requests", "Keys", "Alarms"]
    assert (done.month_per_check, done.per_1000_pings) == (None, None)


@pytest.mark.parametrize(
    ("month", "end"),
    [("2026-11-01T00:00Z", "2026-12-01T00:00Z"), ("2026-12-01T00:00Z", "2027-01-01T00:00Z")],
)
def test_a_month_ends_with_the_next(month: str, end: str) -> None:
    assert Period(month=utc(month), since=utc(month), until=utc(month)).end == utc(end)


def test_the_default_is_the_current_month() -> None:
    now = utc("2026-11-25T12:34Z")

    assert month_of(None, now=now) == NOVEMBER
    assert month_of("2026-02", now=now) == utc("2026-02-01T00:00Z")
    with pytest.raises(BadInput, match=r'--month "2026-13" is not a month\. Use YYYY-MM'):
        month_of("2026-13", now=now)
    with pytest.raises(BadInput, match="--month 2026-12 is in the future"):
        month_of("2026-12", now=now)


def test_only_the_time_in_which_the_stage_existed_counts() -> None:
    made, now = utc("2026-11-10T06:00Z"), utc("2026-12-03T00:00Z")

    def of(month: datetime) -> tuple[datetime, datetime]:
        found = period(month, made_at=made, now=now)
        return found.since, found.until

    assert of(NOVEMBER) == (made, utc("2026-12-01T00:00Z"))
    assert of(utc("2026-12-01T00:00Z")) == (utc("2026-12-01T00:00Z"), now)
    with pytest.raises(BadInput, match="The stage was created on 2026-11-10 and cost nothing in 2026-10"):
        period(utc("2026-10-01T00:00Z"), made_at=made, now=now)


def test_the_cost_of_a_fleet_of_500_checks_at_the_shipped_prices() -> None:
    """500 checks pinged every 5 minutes for 30 days: 4.32 million pings, each one request, write, put and read."""
    month = Period(month=NOVEMBER, since=NOVEMBER, until=utc("2026-12-01T00:00Z"))
    used: dict[str, float] = {
        "http_requests": 4_320_000,  # 4.32
        "lambda_requests": 4_363_200,  # with a sweep a minute: 0.87264
        "lambda_arm_gb_s": 50_000,  # 0.66667
        "dynamodb_writes": 8_640_000,  # 5.40
        "dynamodb_reads": 10_000_000,  # 1.25
        "log_gb": 2,  # 1.00
    }
    standing: dict[str, float] = {"metrics": 10, "alarms": 18, "dashboards": 1, "kms_keys": 1}  # 3.00 1.80 3.00 1.00

    done = bill(Counted(used=used, standing=standing, checks=500, pings=4_320_000), prices(), month)

    assert done.month == pytest.approx(22.3093, abs=1e-4)
    # less 0.20 of invocations, all GB-seconds, all logs, the metrics, ten alarms, the dashboard
    assert done.month_less_free == pytest.approx(13.44264, abs=1e-4)
    assert done.month_per_check == pytest.approx(0.0446, abs=1e-4)
    assert done.per_1000_pings == pytest.approx(0.00516, abs=1e-5)


def test_each_price_has_a_date_and_sources() -> None:
    listed = prices()

    assert datetime.fromisoformat(listed.as_of)
    assert all(source.startswith("https://aws.amazon.com/") for source in listed.sources)
    assert all(price.usd > 0 and price.per >= 1 for price in listed.items.values())
