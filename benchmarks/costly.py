"""Configurations that were or could be expensive to evaluate, as the API accepts them.

Used by tests and by `benchmarks.evaluation`. Start at `CASES`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from chalicelib.domain.config import Config
from chalicelib.domain.errors import BadInput
from chalicelib.domain.limits.evaluation_cost import require_affordable
from chalicelib.fields.merge import BLANK, merge
from chalicelib.web.api.schema.fields import read

Fields = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Case:
    """One configuration. `is_refused`: such a check cannot be created any more."""

    name: str
    fields: Fields
    is_refused: bool = False

    def config(self) -> Config:
        """The configuration as the API parses it. Raises BadInput."""
        said = read(dict(self.fields), has_extras=True)
        return merge(BLANK, said)

    @property
    def is_stored(self) -> bool:
        """Whether its schedule can be parsed, so that a stored check may have it."""
        try:
            self.stored()
        except BadInput:
            return False
        return True

    def stored(self) -> Config:
        """The configuration even if it is refused today: a check stored earlier may have it."""
        fields = {name: value for name, value in self.fields.items() if name != "windows"}
        said: dict[str, Any] = dict(read(fields, has_extras=True))
        misses = said.pop("misses_before_alert", 1)
        plain = merge(BLANK, said)
        return replace(plain, windows=tuple(self.fields.get("windows", ())), misses_before_alert=misses)


def is_accepted(config: Config) -> bool:
    """Whether such a check can be created today."""
    try:
        require_affordable(config)
    except BadInput:
        return False
    return True


def _numbered(text: str, count: int) -> list[str]:
    return [text.replace("N", str(number)) for number in range(count)]


_GAP = "Sun *-03~07/1 02:*:* Europe/Berlin"  # all of its occurrences fall into the hour that clocks skip
_ALL_FIELDS = "*-02,04,06,09,11-31"  # a day that no month has
_EVEN, _ODD = "*/2 * 1-30 12 * for 60s", "1-59/2 * 1-30 12 * for 60s"
_ZONES = ("Antarctica/Troll", "Pacific/Kiritimati", "America/Havana", "Africa/Casablanca", "Australia/Lord_Howe",
          "Asia/Tehran", "America/Sao_Paulo", "Europe/Dublin", "Pacific/Apia", "Asia/Gaza")  # fmt: skip
_TEN: Sequence[str] = [f"{n},{n + 20},{n + 40} {n}-23 * * *" for n in range(10)]

CASES = (
    Case("one an hour", {"schedule": "0 * * * *"}),
    Case("a period", {"timeout": 3600}),
    Case(
        "two windows that cover all time",
        {"schedule": "* * * * *", "windows": ["0 * * * * for 59m", "1 * * * * for 59m"]},
        is_refused=True,
    ),
    Case(
        "a December of minutes, and eighteen days in 28 years",
        {"schedule": "* * * * *", "windows": [_EVEN, _ODD, *_numbered("N 0 29 2 1 for 60s", 18)]},
        is_refused=True,
    ),
    Case(
        "the same, with 50 misses",
        {"schedule": "* * * * *", "windows": [_EVEN, _ODD], "misses_before_alert": 50},
        is_refused=True,
    ),
    Case("all minutes of one day in June", {"schedule": "* * * * *", "windows": [
        "*/2 * 15 6 * for 60s", "1-59/2 * 15 6 * for 60s"]}, is_refused=True),
    Case("the same, where its schedule never occurs", {"schedule": "0 12 1 * *", "windows": [
        "*/2 * 15 6 * for 60s", "1-59/2 * 15 6 * for 60s"]}, is_refused=True),
    Case("the same on a Feb 29 that is a Monday", {"schedule": "0 * * * *", "windows": [
        "*/2 * 29 2 */7,1 for 60s", "1-59/2 * 29 2 */7,1 for 60s"]}, is_refused=True),
    Case("22 days after a single one", {"schedule": "30 * * * *", "windows": ["0 * 1,10-31 * * for 1h"]},
         is_refused=True),
    Case("twenty days, each by a line of its own", {"schedule": "30 * * * *", "windows": [
        f"0 * {n} 5 * for 1h" for n in range(3, 23)]}, is_refused=True),
    Case("eighteen rare windows", {"schedule": "* * * * *", "windows": _numbered("N 0 29 2 1 for 60s", 18)}),
    Case("each even minute", {"schedule": "* * * * *", "windows": ["*/2 * * * * for 60s"], "misses_before_alert": 100}),
    Case("23 of 24 hours", {"schedule": "55 * * * *", "windows": ["50 0-22 * * * for 10m"]}),
    Case(
        "167 of 168 hours",
        {"schedule": "55 * * * *", "windows": ["50 0-22 * * * for 10m", "50 23 * * 1-6 for 10m"]},
        is_refused=True,
    ),
    Case("nights and weekends", {"schedule": "*/5 * * * *", "tz": "Europe/Berlin",
                                 "windows": ["0 18 * * 1-5 for 14h", "0 0 * * 6,0 for 24h"]}),
    Case("windows that overlap", {"schedule": "55 * * * *", "windows": ["0-29 * * * * for 20m"]}),
    Case(
        "twenty of each night",
        {"schedule": "0 * * * *", "windows": _numbered("N 2 * * * for 1h", 20), "misses_before_alert": 20},
    ),
    Case(
        "twenty of each hour, and ten schedules",
        {"schedules": [f"{n + 30} * * * *" for n in range(10)], "windows": _numbered("N * * * * for 60s", 20)},
    ),
    Case("twenty once", {"schedule": "* * * * *", "misses_before_alert": 50, "windows": [
        f"2026-01-01T{n:02}:00 to 2026-01-01T{n + 1:02}:00" for n in range(20)]}),
    Case("ten schedules, a hundred misses", {"schedules": _TEN, "misses_before_alert": 100}),
    Case("a gap of clocks", {"schedule": _GAP}, is_refused=True),
    Case("ten of them", {"schedules": [_GAP] * 10}, is_refused=True),
    Case("a day that never comes", {"schedules": [_ALL_FIELDS] * 5}, is_refused=True),
    Case("each second", {"schedule": "*:*:*", "misses_before_alert": 100}),
    Case("each second, ten times", {"schedules": [f"*:*:{n}/2" for n in range(10)], "misses_before_alert": 100}),
    Case("each second in ten zones", {"misses_before_alert": 50, "schedules": [
        f"*:*:{n}/2 {zone}" for n, zone in enumerate(_ZONES)]}),
    Case("a Feb 29 that is a Monday", {"schedules": _numbered("N 0 29 2 */7", 10)}),
    Case("Friday the 13th", {"schedules": [f"{n} 0 13 * */5" for n in range(10)], "misses_before_alert": 100}),
    Case("a period, 100 misses", {"timeout": 60, "misses_before_alert": 100,
                                  "windows": _numbered("N 2 * * * for 1h", 5)}),
    Case("25 lines in one text", {"schedule": "\n".join(["*:0"] * 25), "misses_before_alert": 100},
         is_refused=True),
)  # fmt: skip
