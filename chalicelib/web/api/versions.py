"""In what the versions of the Management API differ: here, and nowhere else (docs/reference/api.md)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """What clients of a version expect."""

    name: str  # as it stands in the path
    says_started: bool  # an open run is a status of its own, before all others
    slug_follows_name: bool  # a new name gives a new slug, unless the request names one
    has_extras: bool  # shows and takes what Overdue adds to a check


VERSIONS = {
    version.name: version
    for version in (
        Version(name="v1", says_started=True, slug_follows_name=True, has_extras=False),
        Version(name="v2", says_started=False, slug_follows_name=True, has_extras=False),
        Version(name="v3", says_started=False, slug_follows_name=False, has_extras=True),
    )
}
