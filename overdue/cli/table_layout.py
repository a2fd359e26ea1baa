"""How a table fits a terminal: which columns it keeps, and how wide each is. Pure; start at `fitted`.

What a terminal shows of it is `show`'s business.
"""

from collections.abc import Mapping, Sequence

GAP = 2  # between two columns
LEAST = 10  # what a column that gives way keeps,
NAME_WIDTH = 24  # and any other before columns are left out
NARROWEST = 6  # where not even that helps


def fitted(widths: Mapping[str, int], *, room: int, gives: Sequence[str]) -> dict[str, int]:
    """The columns that are kept, each with its width.

    Those that give way are cut first, the first of them first; then what is wider than a name; then those that give
    way are left out, the first of them first. An instant or a status is cut where nothing else is left to be cut.
    """
    left_out: set[str] = set()
    for name in (None, *gives):
        left_out |= {name} if name is not None else set()
        kept = {column: width for column, width in widths.items() if column not in left_out}
        least = {column: min(width, LEAST if column in gives else NAME_WIDTH) for column, width in kept.items()}
        if _total(least) <= room:
            return _cut(kept, least, room=room, gives=gives)
    return _cut(kept, {column: min(width, NARROWEST) for column, width in kept.items()}, room=room, gives=gives)


def _total(widths: Mapping[str, int]) -> int:
    return sum(widths.values()) + GAP * (len(widths) - 1)


def _cut(widths: Mapping[str, int], least: Mapping[str, int], *, room: int, gives: Sequence[str]) -> dict[str, int]:
    found = dict(widths)
    for name in gives:
        if name in found:
            found[name] -= min(max(_total(found) - room, 0), found[name] - least[name])
    while _total(found) > room:
        widest = max(found, key=lambda column: (found[column] > least[column], found[column]))
        if found[widest] == least[widest]:
            break
        found[widest] -= 1
    return found
