"""Errors of fields in the fixed texts of the Management API (docs/reference/wire.md, Management API).

Start at `refused`. The texts and their order are part of the contract; what may be said beyond them goes into `detail`.
"""

from chalicelib.domain.field_errors import FieldError
from chalicelib.web.api.call import Refused

_PROBLEMS = {
    "not_text": "is not a string",
    "not_number": "is not a number",
    "not_flag": "is not a boolean",
    "not_list": "is not an array",
    "not_object": "is not an object",
    "has_nul": "contains a NUL character",
    "too_long": "is too long",
    "too_small": "is too small",
    "too_large": "is too large",
    "not_slug": "does not match pattern",
    "not_duration": "does not match pattern",
    "not_choice": "has unexpected value",
    "no_items": "is empty",
    "too_many": "has too many items",
    "empty": "has an empty text",
    "lacks_part": "lacks a field",
    "unknown_part": "has a field that is not known",
}
_PROBLEMS_WITH_DETAIL = {
    "not_schedule": "is not a valid cron or OnCalendar expression",
    "never_occurs": "is not a valid cron or OnCalendar expression",
    "not_zone": "is not a valid timezone",
    "not_window": "is not a valid window",
    "not_instant": "is not an instant",
    "has_passed": "has passed",
}
_WHOLE = {  # of several fields together
    "no_such_policy": "there is no such escalation_policy",
    "needs": "min_count and count_window go together",
    "above": "min_runtime is above max_runtime",
    "steps_collide": "escalation contradicts itself",
    "step_without_channels": "escalation contradicts itself",
    "group_waits": "a group has nothing of its own to wait for",
    "probe_scheduled": "a probed check has no schedule of its own",
    "hides_all": "windows leave nothing of the schedule",
    "windows_cost_too_much": "windows cost too much",
    "misses_cost_too_much": "misses_before_alert costs too much",
}
_CHANNELS = {
    "empty_channel": "empty channel identifier",
    "no_such_channel": "invalid channel identifier: {}",
    "several_channels": "non-unique channel identifier: {}",
}
_WITH_PARTS = ("group", "probe")  # objects, of which the text says only that they are not valid


def refused(error: FieldError) -> Refused:
    """The error as the API's refusal."""
    code, (whole, _, _) = error.code, error.field.partition(".")
    if code in _CHANNELS:
        return Refused(_CHANNELS[code].format(error.value))
    if whole in _WITH_PARTS and code not in _WHOLE and (error.field != whole or code != "not_object"):
        return _invalid(f"{whole} is not valid", str(error))
    if code in _WHOLE:
        return _invalid(_WHOLE[code], error.words())
    subject = f"an item in '{error.field}'" if error.is_item else error.field
    if code in _PROBLEMS_WITH_DETAIL:
        return _invalid(f"{subject} {_PROBLEMS_WITH_DETAIL[code]}", str(error))
    return _invalid(f"{subject} {_PROBLEMS[code]}")


def _invalid(problem: str, detail: str | None = None) -> Refused:
    return Refused(f"json validation error: {problem}", detail)
