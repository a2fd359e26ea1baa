"""Maintenance windows, as the other rules ask for them (docs/reference/rules.md, rule 9).

Most checks have none, and then `schedule.maintenance`, 1 % of a ping's cold start, is not imported.
"""

from datetime import datetime

from chalicelib.domain.config import Config
from chalicelib.domain.schedule.occurrences import Schedule


def end_of(config: Config, at: datetime) -> datetime | None:
    """When the maintenance that is on at `at` ends; None: none is on."""
    if not config.windows:
        return None
    from chalicelib.domain.schedule.maintenance import window_end  # see above

    return window_end(config.windows, at, tz=config.tz)


def expected_outside(schedule: Schedule, due: datetime, lines: tuple[str, ...], *, tz: str) -> datetime | None:
    """When a success expected at `due` is expected given these windows, of which there are some; None: never again."""
    from chalicelib.domain.schedule import maintenance  # see above

    return maintenance.expected_outside(schedule, due, lines, tz=tz)
