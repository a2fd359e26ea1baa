"""Compute the cost of a stage in a month: usage times list price, so far and projected to the month's end.

Pure arithmetic; start at `bill`. `usage` reads the usage from AWS; prices.json has the prices with date and sources.
The free amounts belong to the whole account and a stage's share of them is unknown, so a bill has a figure with them
and one without.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from chalicelib.domain.errors import BadInput

LEAST = timedelta(hours=6)  # shortest period from which usage is projected to the month's end
FILE = Path(__file__).with_name("prices.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """The price of one item: `usd` for each `per` units, with `free` units per month and account."""

    name: str
    usd: float
    per: int
    free: float

    def of(self, quantity: float) -> float:
        """The cost of a quantity at list price, in USD."""
        return quantity * self.usd / self.per


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """The dated price list of one region."""

    region: str
    as_of: str
    sources: tuple[str, ...]
    items: Mapping[str, Price]


def prices() -> Prices:
    """Read the price list that ships with this version."""
    listed = json.loads(FILE.read_text(encoding="utf-8"))
    items = {key: Price(**value) for key, value in listed["items"].items()}
    return Prices(region=listed["region"], as_of=listed["as_of"], sources=tuple(listed["sources"]), items=items)


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """The part of a month that has passed while the stage existed."""

    month: datetime  # its first instant, UTC
    since: datetime  # the month's first instant or the creation of the stack, whichever is later
    until: datetime  # now or the month's end, whichever is earlier

    @property
    def end(self) -> datetime:
        """The first instant of the next month."""
        return next_month(self.month)

    @property
    def share(self) -> float:
        """The period as a fraction of the month, 0 to 1."""
        return (self.until - self.since) / (self.end - self.month)

    @property
    def share_at_end(self) -> float:
        """The period extended to the month's end, as a fraction of the month, 0 to 1."""
        return (self.end - self.since) / (self.end - self.month)

    @property
    def growth(self) -> float:
        """The factor by which usage grows until the month's end at the same pace; 1 if the period is too short."""
        return self.share_at_end / self.share if self.is_telling else 1.0

    @property
    def is_telling(self) -> bool:
        """Whether the period is long enough to project usage to the month's end."""
        return self.until - self.since >= LEAST


def next_month(month: datetime) -> datetime:
    """The first instant of the following month."""
    return month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1)


def month_of(text: str | None, *, now: datetime) -> datetime:
    """The first instant of a month such as "2026-11", UTC; of the current month for None.

    Raises BadInput for another format and for a month in the future.
    """
    if text is None:
        return now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    try:
        month = datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC)
    except ValueError as error:
        raise BadInput(f'--month "{text}" is not a month. Use YYYY-MM, such as 2026-11.') from error
    if month > now:
        raise BadInput(f"--month {text} is in the future")
    return month


def period(month: datetime, *, made_at: datetime, now: datetime) -> Period:
    """The part of a month that a bill covers. Raises BadInput if the stage was created after that month."""
    if made_at >= next_month(month):
        raise BadInput(f"The stage was created on {made_at:%Y-%m-%d} and cost nothing in {month:%Y-%m}.")
    return Period(month=month, since=max(month, made_at), until=min(now, next_month(month)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """The usage of a stage within a period. Keys are those of the price list."""

    used: Mapping[str, float]  # usage-based items, which grow with the month
    standing: Mapping[str, float]  # items billed by the month, for the time that they exist
    checks: int  # DynamoDB updates this count every six hours
    pings: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One item of a bill, in USD at list price."""

    name: str
    quantity: float
    so_far: float
    month: float  # projected to the month's end
    month_less_free: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """The cost of a month, in USD."""

    lines: tuple[Line, ...]  # most expensive first
    so_far: float
    month: float
    month_less_free: float  # if nothing else in the account uses the free amounts
    month_per_check: float | None  # None: no checks
    per_1000_pings: float | None  # from the cost so far; None: no pings


def bill(counted: Counted, listed: Prices, within: Period) -> Bill:
    """Compute the bill. Usage grows at an even pace until the month's end; standing items cost their share of it."""
    lines = [_used(listed.items[key], quantity, within.growth) for key, quantity in counted.used.items() if quantity]
    lines += [_standing(listed.items[key], quantity, within) for key, quantity in counted.standing.items() if quantity]
    lines.sort(key=lambda line: -line.month)
    so_far, month = sum(line.so_far for line in lines), sum(line.month for line in lines)
    return Bill(
        lines=tuple(lines),
        so_far=so_far,
        month=month,
        month_less_free=sum(line.month_less_free for line in lines),
        month_per_check=month / counted.checks if counted.checks else None,
        per_1000_pings=so_far / counted.pings * 1000 if counted.pings else None,
    )


def _used(price: Price, quantity: float, growth: float) -> Line:
    at_end = quantity * growth
    return Line(
        name=price.name,
        quantity=quantity,
        so_far=price.of(quantity),
        month=price.of(at_end),
        month_less_free=price.of(max(at_end - price.free, 0)),
    )


def _standing(price: Price, quantity: float, within: Period) -> Line:
    return Line(
        name=price.name,
        quantity=quantity,
        so_far=price.of(quantity) * within.share,
        month=price.of(quantity) * within.share_at_end,
        month_less_free=price.of(max(quantity - price.free, 0)) * within.share_at_end,
    )
