"""Which channels a project has, and their URLs: SSM parameters, remembered for at most 60 seconds.

`/overdue/{stage}/channels/{project}/{id}` holds `{"name": …, "url": …}`. They are written by `overdue channels`.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

REMEMBERED_S = 60.0


@dataclass(frozen=True, slots=True)
class Channel:
    """A destination. Its URL is a secret: never logged, never told."""

    id: str
    name: str
    url: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Channels:
    """Those of a stage. One a process."""

    ssm: Any  # botocore has no types for it without its stubs, which do not ship
    stage: str
    clock: Callable[[], float]  # seconds that only grow
    _remembered: dict[str, tuple[float, tuple[Channel, ...]]] = field(default_factory=dict)

    def of(self, project: str) -> tuple[Channel, ...]:
        """The channels of a project that Apprise delivers to. At most one call a page of ten."""
        at, known = self._remembered.get(project, (0.0, None))
        if known is not None and self.clock() - at < REMEMBERED_S:
            return known
        return self.afresh(project)

    def afresh(self, project: str) -> tuple[Channel, ...]:
        """The same, not from memory."""
        path = f"/overdue/{self.stage}/channels/{project}"
        pages = self.ssm.get_paginator("get_parameters_by_path").paginate(Path=path, WithDecryption=True)
        found = tuple(_channel(each, path) for page in pages for each in page["Parameters"])
        self._remembered[project] = (self.clock(), found)
        return found


def _channel(parameter: dict[str, str], path: str) -> Channel:
    kept = json.loads(parameter["Value"])
    return Channel(parameter["Name"].removeprefix(f"{path}/"), kept["name"], kept["url"])
