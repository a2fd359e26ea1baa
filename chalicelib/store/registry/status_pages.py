"""Which status pages there are, as their operator has made them: a name, a title, whose checks, those of which tags.

Rows: `status-pages` / `<name>`. There is none unless somebody has made it. Needs `tables.connect` to have been called.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from pynamodb.exceptions import DeleteError, PutError

from chalicelib.domain.errors import BadInput, Conflict, NotFound
from chalicelib.fields.kinds import LONGEST_TAGS
from chalicelib.store.tables import CONDITION_FAILED, RegistryItem, talking

LONGEST_TITLE = 100
_PARTITION = "status-pages"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusPage:
    """What everybody may see: the checks of a project that bear any of these tags, a section for each tag."""

    name: str
    title: str
    project: str
    tags: tuple[str, ...]


def sound(page: StatusPage) -> StatusPage:
    """The page, if there can be one like it. Raises BadInput."""
    if not _NAME.fullmatch(page.name):
        raise BadInput(
            f'"{page.name[:60]}" cannot be a status page: use 1 to 40 lower-case letters, digits and hyphens'
        )
    if not page.title.strip() or not page.title.isprintable() or len(page.title) > LONGEST_TITLE:
        raise BadInput(f"title {page.title[:60]!r}: use 1 to {LONGEST_TITLE} characters that can be seen")
    if not page.tags:
        raise BadInput("a status page needs at least one tag: whose checks shall everybody see?")
    for tag in page.tags:
        if tag.split() != [tag] or not tag.isprintable():
            raise BadInput(f"tag {tag[:60]!r} is none: a tag is one word, without blanks")
    if len(" ".join(page.tags)) > LONGEST_TAGS:
        raise BadInput(f"tags are too long: {LONGEST_TAGS} characters are allowed, all together")
    return page


def status_page(name: str) -> StatusPage:
    """The page of a name: one read. Raises NotFound, for what can be none without a read, and Unavailable."""
    if not _NAME.fullmatch(name):
        raise NotFound("there is no such status page")
    try:
        with talking:
            return _as_page(RegistryItem.get(_PARTITION, name))
    except RegistryItem.DoesNotExist as error:
        raise NotFound("there is no such status page") from error


def all_status_pages() -> tuple[StatusPage, ...]:
    """All of them, by name. A query, strongly read."""
    with talking:
        return tuple(_as_page(row) for row in RegistryItem.query(_PARTITION, consistent_read=True))


def add_status_page(page: StatusPage, *, now: datetime) -> None:
    """Let there be this page. Raises Conflict when there is one of its name."""
    row = RegistryItem(_PARTITION, page.name, name=page.title, project=page.project, created_at=now.timestamp())
    row.tags = " ".join(page.tags)
    try:
        with talking:
            row.save(condition=RegistryItem.pk.does_not_exist())
    except PutError as error:
        if error.cause_response_code != CONDITION_FAILED:
            raise
        raise Conflict(f'there is a status page "{page.name}" already') from error


def remove_status_page(name: str) -> None:
    """Let there be no such page any more. Raises NotFound."""
    try:
        with talking:
            RegistryItem(_PARTITION, name).delete(condition=RegistryItem.pk.exists())
    except DeleteError as error:
        if error.cause_response_code != CONDITION_FAILED:
            raise
        raise NotFound(f'there is no status page "{name}"') from error


def _as_page(row: RegistryItem) -> StatusPage:
    assert row.name is not None, "it is never written without a title"
    assert row.project is not None, "nor without a project"
    assert row.tags is not None, "nor without tags"
    return StatusPage(name=row.sk, title=row.name, project=row.project, tags=tuple(row.tags.split(" ")))
