"""Counts and durations in words, each with the noun or the range that gives it a meaning. Plain ASCII."""

from datetime import timedelta

from chalicelib.domain.text.time_format import duration, duration_range


def quantity(number: int, noun: str) -> str:
    """A count with its noun: "1 item", "1,130 items"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 11th."""
    if number % 100 in (11, 12, 13):
        return f"{number}th"
    return f"{number}{({1: 'st', 2: 'nd', 3: 'rd'}).get(number % 10, 'th')}"


def compare_with_usual(took: timedelta, usual: tuple[timedelta, timedelta] | None) -> str:
    """A duration beside the usual ones (docs/reference/rules.md, rule 16): "9 s (usually 29 to 47 s)"."""
    if usual is None:
        return f"{duration(took)} (not enough runs yet for a usual duration)"
    return f"{duration(took)} (usually {duration_range(*usual)})"
