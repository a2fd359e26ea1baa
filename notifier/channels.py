"""The channels of a project and their URLs, from SSM parameters cached for at most 60 seconds.

The parameter `/overdue/{stage}/channels/{project}/{id}` holds `{"name": …, "url": …}`. `overdue channels` writes it.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

CACHED_S = 60.0


@dataclass(frozen=True, slots=True)
class Channel:
    """A destination. Its URL is a secret and never logged."""

    id: str
    name: str
    url: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Channels:
    """The channels of a stage, with their cache. One per process."""

    ssm: Any  # a client of SSM; its stubs are not in the package
    stage: str
    clock: Callable[[], float]  # monotonic seconds
    _cache: dict[str, tuple[float, tuple[Channel, ...]]] = field(default_factory=dict)

    def of(self, project: str) -> tuple[Channel, ...]:
        """The channels of a project that Apprise delivers to. If not cached, one call per ten channels."""
        at, known = self._cache.get(project, (0.0, None))
        if known is not None and self.clock() - at < CACHED_S:
            return known
        return self.read(project)

    def read(self, project: str) -> tuple[Channel, ...]:
        """The same, never from the cache."""
        path = f"/overdue/{self.stage}/channels/{project}"
        pages = self.ssm.get_paginator("get_parameters_by_path").paginate(Path=path, WithDecryption=True)
        found = tuple(_channel(each, path) for page in pages for each in page["Parameters"])
        self._cache[project] = (self.clock(), found)
        return found


def _channel(parameter: dict[str, str], path: str) -> Channel:
    value = json.loads(parameter["Value"])
    return Channel(parameter["Name"].removeprefix(f"{path}/"), value["name"], value["url"])
