"""The slug of a check, its name in ping URLs: which texts are slugs, and which slug goes with a name."""

import re

LONGEST_SLUG = 100  # characters, as in Healthchecks
SLUG = re.compile(r"[a-z0-9_-]{1,100}")


def slug_of(name: str) -> str:
    """The slug for a name: accents dropped, lower case, runs of white space and hyphens one hyphen, the rest left out.

    Empty for a name without letters and digits of ASCII.
    """
    import unicodedata  # a ping by code makes no slug

    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    kept = re.sub(r"[^a-z0-9_\s-]", "", plain)
    return re.sub(r"[\s-]+", "-", kept).strip("-_")[:LONGEST_SLUG]
