"""A configuration as JSON, one attribute of the check's item, and back.

One attribute, since nothing is ever asked of its parts: DynamoDB's answer is read faster, and a warm function that
meets the same text again need not read it at all. A value that is the default is left out. How a value is stored is its
kind's: `Kind.dump`.
"""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from chalicelib.domain.config import Config, Filters, Step
from chalicelib.fields.kinds import Flag, Kind
from chalicelib.fields.table import BY_NAME, DEFAULTS, STORED

_KINDS: dict[str, Kind] = {path[0]: kind for path, kind in STORED.items() if len(path) == 1}
_KINDS["learns_max_runtime"] = Flag()  # part of the field max_runtime
_FILTERS = {path[1]: kind for path, kind in STORED.items() if len(path) == 2}
_STEPS = BY_NAME["escalation"].kind


def dump(config: Config) -> str:
    """The configuration as it is stored."""
    stored = _dumped(config, DEFAULTS, _KINDS)
    if filters := _dumped(config.filters, DEFAULTS.filters, _FILTERS):
        stored["filters"] = filters
    return _as_json(stored)


def _dumped(value: Config | Filters, plain: Config | Filters, kinds: Mapping[str, Kind]) -> dict[str, object]:
    """The attributes that are not the default."""
    pairs = ((name, kind, getattr(value, name)) for name, kind in kinds.items())
    return {name: kind.dump(found) for name, kind, found in pairs if found != getattr(plain, name)}


@lru_cache(maxsize=1024)
def load(text: str) -> Config:
    """The configuration of an item."""
    stored = json.loads(text)
    filters = _loaded(stored.pop("filters", {}), _FILTERS)
    return Config(**_loaded(stored, _KINDS), filters=Filters(**filters) if filters else DEFAULTS.filters)


def _loaded(stored: Mapping[str, Any], kinds: Mapping[str, Kind]) -> dict[str, Any]:
    return {name: kinds[name].load(value) for name, value in stored.items()}


def dump_steps(steps: tuple[Step, ...]) -> str:
    """Escalation steps as an attribute of their own."""
    return _as_json(_STEPS.dump(steps))


def load_steps(text: str) -> tuple[Step, ...]:
    """The steps of such an attribute."""
    steps: tuple[Step, ...] = _STEPS.load(json.loads(text))
    return steps


def _as_json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
