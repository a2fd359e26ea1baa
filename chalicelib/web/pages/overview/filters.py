"""What the reader searches for, and the links and counts that let him: text, status, tag, page.

All of it is in the page's address. Start at `wish` and `matching`; `Wish.href` makes each link.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from chalicelib.web.pages.overview.position import Section, Standing, shown_text
from chalicelib.web.pages.overview.row import WORDS

MOST_TAGS = 5  # shown at first
MOST_ASKED = 10  # at once
LONGEST = 500  # characters of a search or a tag: more finds nothing more


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a page of the overview shall show."""

    q: str = ""
    status: Section | None = None
    tags: tuple[str, ...] = ()  # a check has all of them
    page: int = 1
    all_tags: bool = False
    refreshes: bool = True

    def href(self) -> str:
        """The address that fulfils it; what is as it would be anyway is left out."""
        said = {
            "q": self.q,
            "status": self.status or "",
            "tag": self.tags,
            "page": str(self.page) if self.page > 1 else "",
            "tags": "all" if self.all_tags else "",
            "refresh": "" if self.refreshes else "off",
        }
        query = urlencode({name: value for name, value in said.items() if value}, doseq=True, errors="replace")
        return f"/?{query}" if query else "/"

    @property
    def narrows(self) -> bool:
        """Whether some checks may be left out."""
        return bool(self.q or self.status or self.tags)


def wish(query: Mapping[str, str], tags: Sequence[str]) -> Wish:
    """Read an address; `tags` are all that it asks for. What is not known is left out: an old link shows something."""
    status, page = query.get("status", ""), query.get("page", "")
    return Wish(
        q=query.get("q", "").strip()[:LONGEST],
        status=Section(status) if status in set(Section) else None,
        tags=tuple(dict.fromkeys(tag[:LONGEST] for tag in tags if tag))[:MOST_ASKED],
        page=max(int(page), 1) if page.isascii() and page.isdigit() and len(page) < 7 else 1,
        all_tags=query.get("tags") == "all",
        refreshes=query.get("refresh") != "off",
    )


def matching(standings: Iterable[Standing], wish: Wish) -> list[Standing]:
    """Those with the text in name, slug or tags, and with all tags; of any status."""
    text, tags = wish.q.casefold(), set(wish.tags)
    return [
        each
        for each in standings
        if tags <= set(each.check.config.tags.split())
        and (not text or text in f"{each.name}\n{each.check.config.slug}\n{each.check.config.tags}".casefold())
    ]


@dataclass(frozen=True, slots=True)
class FilterLink:
    """A link that narrows the page, or widens it again."""

    label: str
    count: int | None
    href: str
    mark: str = ""
    is_current: bool = False


@dataclass(frozen=True, slots=True)
class Finder:
    """The form above the table."""

    q: str
    hidden: tuple[tuple[str, str], ...]  # what a search keeps
    tally: tuple[FilterLink, ...]
    tags: tuple[FilterLink, ...]


def finder(standings: Sequence[Standing], found: Sequence[Standing], wish: Wish) -> Finder:
    """`found`: those that match but for their status."""
    counts = Counter(each.section for each in found)
    first = replace(wish, page=1)
    tally = [FilterLink("All", len(found), replace(first, status=None).href(), is_current=wish.status is None)]
    tally += [
        FilterLink(WORDS[each], counts[each], replace(first, status=each).href(), each.value, wish.status is each)
        for each in Section
        if counts[each] or wish.status is each
    ]
    tags = (("tag", tag) for tag in wish.tags)
    kept = (("status", wish.status or ""), *tags, ("refresh", "" if wish.refreshes else "off"))
    return Finder(wish.q, tuple(pair for pair in kept if pair[1]), tuple(tally), _tags(standings, first))


def _tags(standings: Sequence[Standing], wish: Wish) -> tuple[FilterLink, ...]:
    counts = Counter(tag for each in standings for tag in set(each.check.config.tags.split()))
    ordered = sorted(counts, key=lambda tag: (-counts[tag], tag))
    shown = ordered if wish.all_tags else ordered[:MOST_TAGS]
    shown = [*(tag for tag in wish.tags if tag not in shown), *shown]
    choices = [_tag(tag, counts[tag], wish) for tag in shown]
    left = len(ordered) - len([tag for tag in shown if tag in counts])
    if left:
        choices.append(
            FilterLink(f"{left} more {'tag' if left == 1 else 'tags'}", None, replace(wish, all_tags=True).href())
        )
    return tuple(choices)


def _tag(tag: str, count: int, wish: Wish) -> FilterLink:
    """The link of a tag, to that one alone; of a chosen one, back to what is without it."""
    is_current = tag in wish.tags
    left = tuple(other for other in wish.tags if other != tag) if is_current else (tag,)
    return FilterLink(shown_text(tag), count, replace(wish, tags=left).href(), is_current=is_current)
