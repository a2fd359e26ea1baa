"""Which values of a check contradict each other, each as an error of its own. Start at `contradictions`.

What a schedule and its windows cost is decided in `domain.limits.evaluation_cost`.
"""

from collections.abc import Iterator

from chalicelib.domain.config import Config
from chalicelib.domain.field_errors import FieldError
from chalicelib.domain.schedule.occurrences import Every


def contradictions(config: Config) -> Iterator[FieldError]:
    """Everything about this configuration that cannot be, field by field, in the order of the Management API."""
    if (config.min_count is None) != (config.count_window is None):
        pair = ("min_count", "count_window") if config.count_window is None else ("count_window", "min_count")
        yield FieldError(pair[0], "needs", bound=pair[1])
    if config.min_runtime and config.max_runtime and config.min_runtime > config.max_runtime:
        yield FieldError("min_runtime", "above", bound="max_runtime")
    if config.group is not None and (config.probe is not None or config.first_ping_by is not None):
        yield FieldError("group", "group_waits")
    if config.probe is not None and config.schedule != Every(config.probe.every):
        yield FieldError("probe", "probe_scheduled")
