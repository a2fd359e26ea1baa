"""What the fields of a request make of a check's configuration, version by version: Healthchecks' old names, and a slug
that follows the name. All else is `fields.merge`'s business. Start at `merged`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from chalicelib.domain.channels import Channel
from chalicelib.domain.config import Config, Step
from chalicelib.domain.slugs import slug_of
from chalicelib.fields.merge import Lookup, Said, merge
from chalicelib.services.relations import NOBODY, Named
from chalicelib.web.api.schema.fields import OLD_NAMES
from chalicelib.web.api.versions import Version


def merged(
    config: Config,
    said: Said,
    *,
    version: Version,
    channels: Sequence[Channel],
    policies: Mapping[str, tuple[Step, ...]] | None = None,
    named: Named = NOBODY,
) -> Config:
    """The configuration with what was said; all else stays. `policies` are those of the project, where one is said;
    `named`, the checks that are.

    Raises FieldError: nothing is to be changed then.
    """
    fields = {name: value for name, value in said.items() if name not in ("unique", *OLD_NAMES)}
    if version.slug_follows_name and fields.get("name", config.name) != config.name:
        fields.setdefault("slug", slug_of(fields["name"]))
    lookup = Lookup(channels=channels, policies=policies, checks=named)
    return merge(_with_old_names(config, said), fields, lookup)


def _with_old_names(config: Config, said: Said) -> Config:
    """The old names first (`subject` is success_kw with filter_subject), so that the new ones win."""
    keywords = {new: said[old] for old, new in OLD_NAMES.items() if old in said}
    if not keywords:
        return config
    filters = replace(config.filters, **keywords)
    return replace(config, filters=replace(filters, subject=bool(filters.success_kw or filters.failure_kw)))
