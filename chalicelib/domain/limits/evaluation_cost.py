"""Refuse a configuration whose evaluation would take too many steps (docs/reference/rules.md, rule 22; docs/adr/0015).

One validator for API, form, YAML and CLI. It simulates the longest evaluation that the rules allow: as many
consecutive misses as the check tolerates, each with its walk through schedule and maintenance windows, from the days on
which its windows are densest. Evaluations from all other instants are bounded by `windows` and `advance`. Start at
`require_affordable`.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from chalicelib.domain.advance import MOST_STEPS as MOST_OF_EVALUATION
from chalicelib.domain.advance import STEPS_OF_ONE
from chalicelib.domain.config import Config
from chalicelib.domain.field_errors import ErrorCode, FieldError
from chalicelib.domain.limits.steps import OverBudget, limited_to, spend
from chalicelib.domain.rules.due import occurrence_after
from chalicelib.domain.schedule.dense_days import dense_days
from chalicelib.domain.schedule.maintenance import Recurring, Walk, first_outside, parsed_window, spans_of
from chalicelib.domain.schedule.occurrences import Every, later
from chalicelib.domain.schedule.search_cache import with_new_cache

_TRIED = tuple(datetime(2028, month, 1, tzinfo=UTC) for month in (1, 7, 12))  # with all misses in a row
_MOST_DENSE = 10  # days of dense windows that are tried beside them, with one miss each
_TICK = timedelta.resolution


class _Problem(NamedTuple):
    """What an error will say. The error itself is not cached: raising it again would lengthen its traceback."""

    field: str
    code: ErrorCode
    value: object = None

    def error(self) -> FieldError:
        return FieldError(self.field, self.code, value=self.value)


def require_affordable(config: Config) -> None:
    """Raise FieldError if an evaluation of this check could take too many steps, or if windows cover all occurrences.

    Takes at most 30 ms, for most checks less than 1 ms.
    """
    found = _problem(cost_relevant(config))
    if found is not None:
        raise found.error()


def ignored_windows(config: Config) -> str | None:
    """A warning about a stored configuration that would be refused today; None if it would be accepted."""
    found = _problem(cost_relevant(config))
    if found is None:
        return None
    said = str(found.error())
    return f"{said}. Windows beyond the limit are ignored, so that a dead job is still reported."


def cost_relevant(config: Config) -> Config:
    """The configuration reduced to the fields that affect its cost, so that similar checks share a cached result."""
    return Config(
        schedule=config.schedule,
        tz=config.tz,
        grace=config.grace,
        early=config.early,
        windows=config.windows,
        misses_before_alert=config.misses_before_alert,
        group=config.group,
    )


@lru_cache(maxsize=1024)
def _problem(config: Config) -> _Problem | None:
    if config.group is not None or (isinstance(config.schedule, Every) and not config.windows):
        return None
    recurring = {
        line: window for line in config.windows if isinstance(window := parsed_window(line, config.tz), Recurring)
    }
    played = replace(config, windows=tuple(recurring))
    dense = dense_days(tuple(recurring.values()), most=_MOST_DENSE)
    try:
        if not (
            any(_walks_too_far(played, at, misses=config.misses_before_alert) for at in _TRIED)
            or any(_never_ends(played, at) or _walks_too_far(played, at, misses=1) for at in dense)
        ):
            return None
        hides_all = all(_walks_too_far(played, at, misses=1) for at in _TRIED[:2])
    except OverBudget:
        return _too_costly(played)
    return _Problem("windows", "hides_all") if hides_all else _too_costly(played)


def _never_ends(config: Config, at: datetime) -> bool:
    """Whether the windows that follow each other on a day are more than one walk can follow."""
    spans = spans_of(config.windows, config.tz)
    start = min(span.around(at - _TICK)[1] for span in spans)
    walk = Walk(config.windows, config.tz, spans=spans)
    walk.end_of(start)
    return walk.is_over


def _walks_too_far(config: Config, at: datetime, *, misses: int) -> bool:
    """Whether a simulated evaluation ignores windows. Raises OverBudget. Uses no cached searches."""
    search, spans = with_new_cache(config.schedule), spans_of(config.windows, config.tz)
    with limited_to(MOST_OF_EVALUATION):
        for _ in range(misses):
            walk = Walk(config.windows, config.tz, spans=spans)
            due = occurrence_after(search, at, early=config.early)
            due = None if due is None else first_outside(walk, config.schedule, search, due)
            missed_at = None if due is None else later(due, config.grace)
            if due is None or missed_at is None:
                return False
            until_end = Walk(config.windows, config.tz, spans=spans)
            until_end.end_of(missed_at)
            if walk.is_over or until_end.is_over:
                return True
            spend(STEPS_OF_ONE)
            at = due
    return False


def _too_costly(config: Config) -> _Problem:
    """At the field that costs most."""
    misses = config.misses_before_alert
    if config.windows and (misses == 1 or _costs_less_without_windows(config)):
        return _Problem("windows", "windows_cost_too_much")
    return _Problem("misses_before_alert", "misses_cost_too_much", misses)


def _costs_less_without_windows(config: Config) -> bool:
    return _problem(replace(config, windows=())) is None
