"""What is wrong with the value of a field, as a value: which field, which code, the bound, and the value.

Each edge words it: the Management API in the fixed texts of docs/reference/wire.md, form, CLI, YAML and `?create=1`
with `FieldError.words`. Nothing parses a sentence to find out what was wrong.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Literal

from chalicelib.domain.errors import BadInput

# A Literal, not an Enum: 0.5 ms of a ping's cold start. `bound` is what the comment says.
ErrorCode = Literal[
    # a value
    "not_text",
    "not_number",
    "not_flag",
    "not_list",
    "not_object",
    "has_nul",
    "empty",  # what to do
    "too_long",  # the most characters
    "too_small",  # (least, most)
    "too_large",  # (least, most)
    "too_many",  # the most items
    "no_items",
    "not_slug",  # one that is like it; "": none is
    "not_word",
    "not_choice",  # the choices
    "not_duration",  # (least, most), where they are below a minute
    "not_count",  # (least, most)
    "not_instant",
    "not_schedule",
    "is_period",
    "not_zone",
    "not_window",
    "not_step",
    "not_valid",  # an object, or a part of one; `detail` says why
    "lacks_part",  # the part
    "unknown_part",  # the known parts
    # a value beside what the project has
    "no_such_field",  # the field that may be meant; "": none is near
    "not_settable",
    "no_such_policy",  # the names of those that exist
    "empty_channel",
    "not_alone",
    "no_such_channel",
    "several_channels",
    "has_passed",
    # several fields together
    "needs",  # the field that has to be set, too
    "excludes",  # the other field
    "above",  # the field whose value it must not exceed
    "never_occurs",
    "steps_collide",
    "step_without_channels",
    "group_waits",
    "probe_scheduled",
    "hides_all",
    "windows_cost_too_much",
    "misses_cost_too_much",
]


class FieldError(BadInput):
    """A value of a field that cannot be used; nothing was changed.

    `field` is the field's name in the table; a part of an object follows a dot: `probe.timeout`. `detail` is the
    domain's own sentence about the value, where there is one. `is_item`: the value is one of a list.
    """

    def __init__(
        self,
        field: str,
        code: ErrorCode,
        *,
        bound: object = None,
        value: object = None,
        detail: str = "",
        is_item: bool = False,
    ) -> None:
        super().__init__(field, code)
        self.field, self.code, self.bound, self.value = field, code, bound, value
        self.detail, self.is_item = detail, is_item

    def __str__(self) -> str:
        return self.told(str)

    def told(self, names: Callable[[str], str]) -> str:
        """The error in words for people, fields called by the names that they have at an edge."""
        words = self.words(names)
        if self.detail:
            return words
        head, dot, part = self.field.partition(".")
        name = self.field if self.code == "no_such_field" else f"{names(head)}{dot}{part}"
        return f"{name} {words}" if words.startswith('"') else f"{name}: {words}"

    def words(self, names: Callable[[str], str] = str) -> str:
        """The same without the name of the field itself: what is wrong, then what to do."""
        return self.detail or _words(self.code, self.bound, self.value, names)


def spelled(span: timedelta) -> str:
    """A duration as `parse_duration` reads it, in the largest unit that has it whole: 90m, 1d, 61s."""
    if timedelta() < span < timedelta(seconds=1):
        return f"{span // timedelta(milliseconds=1)}ms"
    total = round(span.total_seconds())
    units = (("w", 604_800), ("d", 86_400), ("h", 3_600), ("m", 60))
    return next((f"{total // length}{unit}" for unit, length in units if total and total % length == 0), f"{total}s")


def quoted(value: object, *, most: int = 40) -> str:
    """A value within double quotes; what cannot be shown is escaped, what is long is cut."""
    text = str(value)
    text = f"{text[:most]}…" if len(text) > most else text
    return f'"{text}"' if text.isprintable() else f'"{text.encode("unicode_escape").decode()}"'


def _limit(bound: object) -> str:
    match bound:
        case timedelta():
            return spelled(bound)
        case int():
            return "10^15" if bound == 10**15 else f"{bound:,}"
        case _:
            return str(bound)


def _range(bound: object) -> str:
    assert isinstance(bound, tuple), "a range has two ends"
    least, most = bound
    return f"use {_limit(least)} to {_limit(most)}"


def _listed(bound: object) -> str:
    assert isinstance(bound, tuple), "choices are"
    return ", ".join(map(str, bound))


def _words(code: ErrorCode, bound: object, value: object, names: Callable[[str], str]) -> str:
    shown = quoted(value) if value != "" else "an empty text"
    match code:
        case "empty":
            return f"it is empty: {bound or 'write a value'}"
        case "too_small" | "too_large":
            is_span = isinstance(bound, tuple) and isinstance(bound[0], timedelta)
            words = ("short", "long") if is_span else ("small", "large")
            return f"{shown} is too {words[code == 'too_large']}: {_range(bound)}"
        case "too_long":
            return f"{len(str(value)):,} characters are too many: {_limit(bound)} are allowed"
        case "too_many":
            number = len(value) if isinstance(value, list | tuple) else value
            return f"{number} are too many: {_limit(bound)} are allowed"
        case "not_duration" if bound is not None:
            return f"{shown} is not a duration: {_range(bound)}"
        case "is_period":
            return f"{shown} is a period, not a schedule: use {names('timeout')}"
        case "not_slug":
            example = f", such as {bound}" if bound else ""
            return f"{shown} is not a slug: use a-z, 0-9, hyphens and underscores{example}"
        case "not_count":
            return f"{shown} is not a whole number: {_range(bound)}"
        case "not_choice":
            choices = _listed(bound).replace(", ", " or ")
            return f"{shown} is not a choice: use {choices}" if value else f"choose {choices}"
        case "no_such_policy":
            return f"{shown} is not a policy; there are: {_listed(bound) or 'none yet'}"
        case "no_such_field":
            return f"there is no such field. Did you mean {names(str(bound))}?"
        case "lacks_part":
            return f"{bound} is missing"
        case "unknown_part":
            return f"{shown} is not known here; known are: {_listed(bound)}"
        case "needs":
            return f"it needs {names(str(bound))}, too: set both, or neither"
        case "excludes":
            return f"it excludes {names(str(bound))}: set one of them"
        case "above":
            return f"it is above {names(str(bound))}: no run could ever be right"
        case _:
            return _PLAIN[code].format(shown)


_PLAIN = {
    "not_text": "{} is not a text",
    "not_number": "{} is not a whole number",
    "not_flag": "{} is neither true nor false: use true or false",
    "not_list": "{} is not a list",
    "not_object": "{} is not an object",
    "has_nul": "{} contains a NUL character",
    "no_items": "it is empty: write one item at least",
    "not_word": "{} is not one word: a tag has no spaces",
    "not_duration": "{} is not a duration: write seconds (600), or 10m, 1h, 1d, 1w",
    "not_instant": "{} is not an instant: write 2026-12-24T20:00, or 2026-12-24T20:00:00Z in UTC",
    "not_schedule": "{} is not a schedule",
    "not_zone": "{} is not a time zone: use an IANA name such as Europe/Berlin",
    "not_window": '{} is not a maintenance window: write "0 2 * * 0 for 2h"',
    "not_step": '{} is not a step: write "15m oncall"',
    "not_valid": "{} cannot be used",
    "not_settable": "a ping cannot set it: use the API, the form or `overdue checks`",
    "empty_channel": "the name of a channel is empty",
    "not_alone": "{} is all of them: write it alone, or leave it out",
    "no_such_channel": "{} is not a channel of this project",
    "several_channels": "{} is the name of several channels: use the id of one",
    "has_passed": "{} has passed: use an instant in the future",
    "never_occurs": "it never occurs: clocks in the zone {} skip all its times",
    "steps_collide": "two steps come after {}: make them one with both channels",
    "step_without_channels": "a step has no channels: name them",
    "group_waits": "a group has no probe and no first ping: its members decide its status",
    "probe_scheduled": "a probed check is expected as often as it is probed: set the probe's interval instead",
    "hides_all": (
        "every occurrence is inside a window, so no success would ever be expected: use fewer or shorter windows"
    ),
    "windows_cost_too_much": (
        "there are too many windows, or too many without a gap between them, to find the next occurrence outside them: "
        "use fewer, longer windows"
    ),
    "misses_cost_too_much": (
        "{} is too many with this schedule, one evaluation would take too long: lower it, or use fewer schedules"
    ),
}
