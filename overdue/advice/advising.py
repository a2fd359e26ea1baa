"""All that a check's history advises, put together: suggestions with what each would have told, the alerts with and
without, the nights on which clocks change. Start at `advice`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.domain.alerts import Reason
from chalicelib.domain.config import Config
from chalicelib.domain.schedule.occurrences import Every, Schedule
from overdue.advice.nights import Night, nights
from overdue.advice.replay import Heard, Outage, config_of, history_of, proposed, replayed
from overdue.advice.suggest import Suggestion, suggested
from overdue.client.schemas import CheckJson, PingJson


@dataclass(frozen=True, slots=True)
class Tried:
    """A suggestion, and how many alerts it would have given, together with those before it."""

    suggestion: Suggestion
    alerts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An alert that people would have got: as the check is, as it would be then, or both."""

    at: datetime
    reason: Reason
    until: datetime | None
    now: bool
    then: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What is known, and what follows."""

    since: datetime | None  # of the first ping that was played; None: there is none
    pings: int
    schedule: Schedule  # whose nights are told
    suggestions: tuple[Tried, ...]
    is_what_if: bool  # `then` is what was asked; else all suggestions together
    now: int  # alerts
    then: int | None  # None: nothing else is proposed
    told: tuple[Told, ...]
    nights: tuple[Night, ...]

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "since": None if self.since is None else _iso(self.since),
            "pings": self.pings,
            "alerts_now": self.now,
            "alerts_then": self.then,
            "then": "what if" if self.is_what_if else "all suggestions",
            "suggestions": [
                {
                    "field": each.suggestion.field,
                    "value": each.suggestion.value,
                    "option": each.suggestion.option,
                    "why": each.suggestion.why,
                    "alerts": each.alerts,
                }
                for each in self.suggestions
            ],
            "alerts": [
                {
                    "at": _iso(each.at),
                    "reason": each.reason.value,
                    "until": None if each.until is None else _iso(each.until),
                    "now": each.now,
                    "then": each.then,
                }
                for each in self.told
            ],
            "nights": [
                {
                    "at": _iso(night.at),
                    "clocks": "forward" if night.is_forward else "back",
                    **{name: [f"{each:%H:%M}" for each in getattr(night, name)] for name in _EFFECTS},
                }
                for night in self.nights
            ],
        }


_EFFECTS = ("skipped", "moved", "doubled")


def advice(check: CheckJson, pings: Sequence[PingJson], *, what_if: Mapping[str, object], now: datetime) -> Advice:
    """What a check's pings advise; with fields of the API in `what_if`, what those would do. Raises BadInput."""
    config, is_probed = config_of(check), bool(check.get("probe"))
    history = history_of(pings, is_probed=is_probed)
    suggestions = () if is_probed else suggested(config, history)  # a probe keeps its own time
    fields = what_if or {each.field: each.value for each in suggestions}
    before = replayed(config, history, now=now)
    after = replayed(_with(config, fields), history, now=now) if fields else before
    schedule = _with(config, fields).schedule
    return Advice(
        since=history[0].ping.at if history else None,
        pings=len(history),
        schedule=config.schedule if isinstance(schedule, Every) else schedule,
        suggestions=tuple(_tried(config, suggestions, history, now=now)),
        is_what_if=bool(what_if),
        now=len(before),
        then=len(after) if fields else None,
        told=_compared(before, after),
        nights=nights(config.schedule if isinstance(schedule, Every) else schedule, after=now),
    )


def _with(config: Config, fields: Mapping[str, object]) -> Config:
    return proposed(config, fields) if fields else config


def _tried(
    config: Config, suggestions: Sequence[Suggestion], history: Sequence[Heard], *, now: datetime
) -> Iterator[Tried]:
    for each in suggestions:
        config = proposed(config, {each.field: each.value})
        yield Tried(each, len(replayed(config, history, now=now)))


def _compared(before: Sequence[Outage], after: Sequence[Outage]) -> tuple[Told, ...]:
    """By instant and reason; an alert that comes later is another one."""
    named = {(outage.at, outage.reason): outage for outage in (*before, *after)}
    first, second = ({(outage.at, outage.reason) for outage in outages} for outages in (before, after))
    return tuple(
        Told(at=at, reason=reason, until=outage.until, now=(at, reason) in first, then=(at, reason) in second)
        for (at, reason), outage in sorted(named.items())
    )


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
