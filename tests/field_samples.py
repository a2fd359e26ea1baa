"""Texts for every field, at and beyond its bounds: what each edge must accept and refuse.

Written out, never computed from the kinds. The edges are adapters: `tests/unit/web/test_field_edges.py` (kinds, API,
form, `?create=1`) and `tests/unit/overdue/test_field_edges.py` (CLI, YAML).
"""

from typing import NamedTuple

import pytest


class Samples(NamedTuple):
    """Texts of a field: `beside` is what else a check needs then, in YAML and as options."""

    valid: tuple[str, ...]
    invalid: tuple[str, ...]
    beside: dict[str, str] = {}  # noqa: RUF012  # never changed


MANY_WINDOWS = "\n".join(["0 2 * * 0 for 2h"] * 21)
SAMPLES = {
    "name": Samples(("Nightly backup", "n" * 100), ("n" * 101, "a\0b")),
    "slug": Samples(("nightly-backup_2", "s" * 100), ("Upper", "two words", "s" * 101)),
    "timeout": Samples(("60", "1m", "1 h", "365d"), ("59", "366d", "soon", "off", "auto", "")),
    "schedule": Samples(("0 2 * * *", "@daily", "Mon..Fri 12:00"), ("61 * * * *", "1d", "*-02-30")),
    "schedules": Samples(("0 2 * * *\n@daily",), ("0 2 * * *\n61 * * * *", "\n".join(["0 2 * * *"] * 11))),
    "tz": Samples(("UTC", "Europe/Kiev"), ("Mars/Olympus", "")),
    "grace": Samples(("60", "365d"), ("59", "366d", "off")),
    "max_runtime": Samples(("1m", "365d", "auto", "off"), ("30s", "366d", "learn")),
    "min_runtime": Samples(("1", "30s", "off"), ("0", "366d", "auto")),
    "min_count": Samples(("1", "1000000000000000", "off"), ("0", "1000000000000001", "1e3"), {"count_window": "1h"}),
    "count_window": Samples(("1m", "365d"), ("59", "366d", "auto"), {"min_count": "1"}),
    "remind_every": Samples(("1m", "365d", "off"), ("59", "366d", "auto")),
    "escalation": Samples(("15m oncall", "1m a\n365d b,c", "off"), ("59 oncall", "366d oncall", "15m a,*", "15m a,")),
    "escalation_policy": Samples(("nights", "p" * 40), ("two words", "p" * 41)),
    "failures_before_alert": Samples(("1", "100"), ("0", "101", "500", "off", "two")),
    "misses_before_alert": Samples(("1", "100"), ("0", "101", "off")),
    "first_ping_by": Samples(("1m", "365d", "off", "2026-12-01T08:00", "2026-12-01T08:00Z"), ("59", "366d", "soon")),
    "early": Samples(("0", "30s", "1d", "off"), ("86401", "2d", "auto")),
    "windows": Samples(("0 2 * * 0 for 2h", "off"), ("nightly", MANY_WINDOWS)),
    "depends_on": Samples(("database", "database,network", "off"), (",".join(f"check-{n}" for n in range(21)),)),
    "group": Samples(("members web-1,web-2", "tag web", "off"), ("tag two words", f"tag {'t' * 501}")),
    "probe": Samples(("https://example.com/", "off"), ("ftp://example.com/", "example.com")),
    "tags": Samples(("prod db", "t" * 500, ""), ("t" * 501, "a\0b")),
    "channels": Samples(("*", "ops, oncall", ""), ("ops,", "ops,*", "a\0b")),
    "desc": Samples(("Two\nlines", "d" * 20_000, ""), ("d" * 20_001, "a\0b")),
    "methods": Samples(("any", "POST"), ("GET", "post", "")),
    "manual_resume": Samples(("true", "false"), ("yes", "1")),
    **{f"{word}_kw": Samples(("a, b", "k" * 200, ""), ("k" * 201,)) for word in ("start", "success", "failure")},
    **{
        f"filter_{word}": Samples(("true", "false"), ("yes", ""))
        for word in ("subject", "body", "http_body", "default_fail")
    },
}
ALL = [
    pytest.param(name, text, is_valid, id=f"{name}-{text[:24]!r}-{'valid' if is_valid else 'invalid'}")
    for name, samples in SAMPLES.items()
    for is_valid, texts in ((True, samples.valid), (False, samples.invalid))
    for text in texts
]
