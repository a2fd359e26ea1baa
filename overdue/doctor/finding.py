"""What a doctor has to say: how bad it is, what was found, and what mends it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"  # it works; look at it within days
    ERROR = "error"  # something does not work, or nobody would hear of it


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    about: str
    level: Level
    found: str
    mend: str | None = None  # what to do, a command to copy where there is one; None: nothing


def ok(about: str, found: str) -> Finding:
    """It is as it should be."""
    return Finding(about, Level.OK, found)


def warning(about: str, found: str, mend: str | None = None) -> Finding:
    """It works, but."""
    return Finding(about, Level.WARNING, found, mend)


def error(about: str, found: str, mend: str | None = None) -> Finding:
    """It does not work."""
    return Finding(about, Level.ERROR, found, mend)


def is_healthy(findings: Iterable[Finding]) -> bool:
    """Whether a script may go on: a warning is no error."""
    return all(finding.level is not Level.ERROR for finding in findings)
