"""The advice for one check: suggestions with their alert counts, the alerts before and after, the next clock changes.

Puts together `suggest`, `replay` and `nights`; prints nothing and changes nothing. Start at `advice`.
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
    """A suggestion, and the number of alerts that it and the suggestions before it would have sent."""

    suggestion: Suggestion
    alerts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A "down" alert of the replay, and under which configuration it is sent.

    `now`: with the check as it is. `then`: with the changes. `until`: when the check came up again; None: still down.
    """

    at: datetime
    reason: Reason
    until: datetime | None
    now: bool
    then: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """The result of `advice`: the history it rests on, the suggestions, and the alerts before and after."""

    since: datetime | None  # the first ping of the history; None: no pings
    pings: int
    schedule: Schedule  # the one that `nights` describes
    suggestions: tuple[Tried, ...]
    is_what_if: bool  # True: `then` counts the caller's changes; False: all suggestions together
    now: int  # number of alerts with the check as it is
    then: int | None  # number of alerts with the changes; None: no changes
    told: tuple[Told, ...]
    nights: tuple[Night, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the document that `--json` prints: instants in ISO 8601, local times as HH:MM."""
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
    """Advise on a check from its pings.

    `what_if` has fields of the Management API; if it has any, the replay applies them instead of the suggestions.
    A probed check gets no suggestions. Raises BadInput.
    """
    config, is_probed = config_of(check), bool(check.get("probe"))
    history = history_of(pings, is_probed=is_probed)
    suggestions = () if is_probed else suggested(config, history)  # Overdue itself sets the times of a probe
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
    for suggestion in suggestions:
        config = proposed(config, {suggestion.field: suggestion.value})
        yield Tried(suggestion, len(replayed(config, history, now=now)))


def _compared(before: Sequence[Outage], after: Sequence[Outage]) -> tuple[Told, ...]:
    """Match the alerts by instant and reason, oldest first. A later alert for the same outage counts as another one."""
    by_key = {(outage.at, outage.reason): outage for outage in (*before, *after)}
    keys_before, keys_after = ({(outage.at, outage.reason) for outage in outages} for outages in (before, after))
    return tuple(
        Told(at=at, reason=reason, until=outage.until, now=(at, reason) in keys_before, then=(at, reason) in keys_after)
        for (at, reason), outage in sorted(by_key.items())
    )


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
