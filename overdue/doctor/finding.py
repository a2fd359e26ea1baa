"""A finding of `overdue doctor`: its level, what was found, and how to fix it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """The severity of a finding."""

    OK = "ok"
    WARNING = "warning"  # works, but needs attention within days
    ERROR = "error"  # something does not work, or nobody would be notified


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check: its subject, its severity and what was found."""

    about: str
    level: Level
    found: str
    mend: str | None = None  # how to fix it, with a command to copy if there is one; None: nothing to do


def ok(about: str, found: str) -> Finding:
    """A finding without a problem."""
    return Finding(about, Level.OK, found)


def warning(about: str, found: str, fix: str | None = None) -> Finding:
    """A warning: working, but degraded."""
    return Finding(about, Level.WARNING, found, fix)


def error(about: str, found: str, fix: str | None = None) -> Finding:
    """An error: not working."""
    return Finding(about, Level.ERROR, found, fix)


def is_healthy(findings: Iterable[Finding]) -> bool:
    """Whether no finding is an error; warnings are allowed."""
    return all(finding.level is not Level.ERROR for finding in findings)
