"""What a stage costs in a month: usage × list prices, and what it comes to by the month's end. Arithmetic only.

Start at `bill`. What is counted at AWS is `cost_counting`'s business; the prices, with their date and sources, stand
in prices.json. What a workload's own share of the account's free amounts is nobody can know: they are shown apart.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from chalicelib.domain.errors import BadInput

LEAST = timedelta(hours=6)  # of which something can be said about a month
FILE = Path(__file__).with_name("prices.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What a number of something costs; `free` of it are, each month."""

    name: str
    usd: float
    per: int
    free: float

    def of(self, quantity: float) -> float:
        """At list price, in USD."""
        return quantity * self.usd / self.per


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """A dated list of prices of one region."""

    region: str
    as_of: str
    sources: tuple[str, ...]
    items: Mapping[str, Price]


def prices() -> Prices:
    """The list that this version knows."""
    found = json.loads(FILE.read_text(encoding="utf-8"))
    items = {key: Price(**value) for key, value in found["items"].items()}
    return Prices(region=found["region"], as_of=found["as_of"], sources=tuple(found["sources"]), items=items)


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A month, as far as the stage was there and it has passed."""

    month: datetime  # its first instant, UTC
    since: datetime  # the later of that and the stack's creation
    until: datetime  # the earlier of now and the month's end

    @property
    def end(self) -> datetime:
        """The first instant of the next month."""
        return next_month(self.month)

    @property
    def share(self) -> float:
        """Of the month: how much is counted."""
        return (self.until - self.since) / (self.end - self.month)

    @property
    def share_at_end(self) -> float:
        """Of the month: how much it will be."""
        return (self.end - self.since) / (self.end - self.month)

    @property
    def growth(self) -> float:
        """By how much what was used will grow to the month's end; 1, too, where nobody can know yet."""
        return self.share_at_end / self.share if self.is_telling else 1.0

    @property
    def is_telling(self) -> bool:
        """Whether so much has passed that the rest can be guessed from it."""
        return self.until - self.since >= LEAST


def next_month(month: datetime) -> datetime:
    """The first instant of the month after."""
    return month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1)


def month_of(text: str | None, *, now: datetime) -> datetime:
    """The first instant of a month such as 2026-11; None: of this one. Raises BadInput for what is to come."""
    if text is None:
        return now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    try:
        month = datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC)
    except ValueError as error:
        raise BadInput(f'--month "{text}" is none: write it like 2026-11') from error
    if month > now:
        raise BadInput(f"--month {text} has not begun yet")
    return month


def period(month: datetime, *, made_at: datetime, now: datetime) -> Period:
    """What is counted of a month. Raises BadInput when the stage was not there yet."""
    if made_at >= next_month(month):
        raise BadInput(f"the stage was made on {made_at:%Y-%m-%d}: it has cost nothing in {month:%Y-%m}")
    return Period(month=month, since=max(month, made_at), until=min(now, next_month(month)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What was counted, by the keys of the price list."""

    used: Mapping[str, float]  # grows with the month
    standing: Mapping[str, float]  # costs by the month that it is there
    checks: int  # DynamoDB counts them every six hours
    pings: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One item of a bill, in USD at list price."""

    name: str
    quantity: float
    so_far: float
    month: float  # by its end, as it has gone so far
    month_less_free: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """What a month costs, in USD."""

    lines: tuple[Line, ...]  # the dearest first
    so_far: float
    month: float
    month_less_free: float  # when nothing else in the account uses what is free
    month_per_check: float | None  # None: no check is known
    per_1000_pings: float | None  # of what was used and stood so far; None: no ping came


def bill(counted: Counted, listed: Prices, within: Period) -> Bill:
    """Work it out. What is used grows evenly to the month's end, what stands costs by its share of the month."""
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
