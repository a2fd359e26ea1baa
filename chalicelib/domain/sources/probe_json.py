"""A probe as JSON and back: the same in the table, in the API and in a file of checks. Durations are seconds."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import timedelta
from typing import Any

from chalicelib.domain.sources.probe import Probe

_SPANS = frozenset({"timeout", "every", "slow"})
NAMES = tuple(field.name for field in fields(Probe))


def as_json(probe: Probe) -> dict[str, Any]:
    """All of it."""
    return {name: _said(getattr(probe, name)) for name in NAMES}


def what_differs(probe: Probe) -> dict[str, Any]:
    """Its URL, and what is not the default."""
    plain = Probe(url="")
    return {name: _said(getattr(probe, name)) for name in NAMES if getattr(probe, name) != getattr(plain, name)}


def from_json(said: Mapping[str, Any]) -> Probe:
    """The probe of either. What it says must be of the right kinds; whether it can be done, `probe.sound` tells."""
    return Probe(**{name: _read(name, value) for name, value in said.items()})


def _said(value: object) -> object:
    match value:
        case timedelta():
            return seconds(value)
        case tuple():
            return dict(value)
        case _:
            return value


def _read(name: str, value: Any) -> Any:
    if name in _SPANS:
        return None if value is None else timedelta(seconds=value)
    match name:
        case "headers":
            return tuple(value.items())
        case "expect_status":
            return str(value)
        case _:
            return value


def seconds(span: timedelta) -> int | float:
    """A whole number where it is one."""
    found = span.total_seconds()
    return int(found) if found.is_integer() else found
