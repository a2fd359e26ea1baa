"""Who names whom in the file: checks that there must be, nobody who waits for himself, and what must be written first.

Pure. Start at `wrong`; the order of steps is `plan`'s, which asks `ranks`.
"""

from collections.abc import Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from chalicelib.domain.config import Group
from overdue.checks_file.document import Problem
from overdue.checks_file.file import Wanted
from overdue.client.schemas import CheckJson

Named = Mapping[str, tuple[str, ...]]  # the checks that each names, by slug


def wrong(wanted: Sequence[Wanted], there: Sequence[CheckJson], *, prune: bool) -> list[Problem]:
    """What cannot be: names that no check has when the plan is done, and circles."""
    ours = {each.slug: each for each in wanted}
    others = [check for check in there if check["slug"] not in ours]
    kept = [check for check in others if not (prune and check["slug"])]
    known = {*ours, *(check["slug"] for check in kept), *(check.get("uuid", "") for check in there)}
    lost = {check["slug"] for check in others} - known
    problems = [
        Problem(each.lines.get(field, each.line), f"{each.slug}: {field}: {_unknown(name, is_lost=name in lost)}")
        for each in wanted
        for field, name in _named(each)
        if name not in known
    ]
    slugs = {check.get("uuid", ""): check["slug"] for check in there}
    problems += _nested(wanted, kept, slugs)
    problems += [problem for each in wanted for problem in _waiting_for_its_own(each, ours, kept, slugs)]
    graph: dict[str, tuple[str, ...]] = {check["slug"]: tuple(check.get("depends_on", ())) for check in kept}
    graph |= {each.slug: tuple(slugs.get(name, name) for _, name in _named(each)) for each in wanted}
    return problems or list(_circle(graph, ours))


def _nested(wanted: Sequence[Wanted], kept: Sequence[CheckJson], slugs: Mapping[str, str]) -> Iterator[Problem]:
    """Groups that are named as members of one, on either side in the file or outside it."""
    groups = {each.slug for each in wanted if each.settings["group"] is not None}
    outside = {check["slug"] or check.get("uuid", "") for check in kept if check.get("group")}
    for each in wanted:
        for field, name in _named(each):
            if field == "group" and slugs.get(name, name) in groups | outside:
                yield Problem(
                    each.lines["group"], f'{each.slug}: group: "{name}" is a group itself, and cannot be a member'
                )
        above = [check["slug"] for check in kept if each.slug in ((check.get("group") or {}).get("members", ()))]
        if above and each.slug in groups:
            said = f'it is a member of the group "{above[0]}", which is not in the file: take it out there first'
            yield Problem(each.lines["group"], f"{each.slug}: group: {said}")


def _waiting_for_its_own(
    wanted: Wanted, ours: Mapping[str, Wanted], kept: Sequence[CheckJson], slugs: Mapping[str, str]
) -> Iterator[Problem]:
    """Parents of a group that are its members: nobody would hear of it."""
    group: Group | None = wanted.settings["group"]
    if group is None:
        return
    parents = [slugs.get(name, name) for field, name in _named(wanted) if field == "depends_on"]
    tags = {check["slug"]: tuple(check["tags"].split()) for check in kept if not check.get("group")}
    single = [each for each in ours.values() if each.settings["group"] is None]
    tags |= {each.slug: tuple(each.settings["tags"].split()) for each in single}
    members = {slugs.get(name, name) for name in group.members}
    for parent in parents:
        if parent in members or (group.tag and group.tag in tags.get(parent, ())):
            said = f'"{parent}" is one of its members: while that is down, nobody would hear of the group'
            yield Problem(wanted.lines["depends_on"], f"{wanted.slug}: depends_on: {said}")


def _named(wanted: Wanted) -> Iterator[tuple[str, str]]:
    """In which field it names whom."""
    group: Group | None = wanted.settings["group"]
    yield from (("depends_on", name) for name in wanted.settings["depends_on"])
    if group is not None:
        yield from (("group", name) for name in group.members)


def _unknown(name: str, *, is_lost: bool) -> str:
    if is_lost:
        return f'"{name}" is not in the file, and --prune deletes it'
    return f'there is no check "{name}", in the file or outside it'


def _circle(graph: Named, ours: Mapping[str, Wanted]) -> Iterator[Problem]:
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        names: list[str] = error.args[1][::-1]
        first = next((name for name in names if name in ours), None)
        found = None if first is None else ours[first]
        line = 1 if found is None else found.lines.get("depends_on", found.lines.get("group", found.line))
        yield Problem(line, f"depends_on goes in a circle: {' → '.join(names)}")


def ranks(wanted: Sequence[Wanted]) -> dict[str, int]:
    """How many checks of the file must be written before each, one after the other: what is named goes first."""
    graph = {each.slug: [name for _, name in _named(each)] for each in wanted}
    found: dict[str, int] = {}
    for slug in TopologicalSorter(graph).static_order():
        found[slug] = max((found[name] + 1 for name in graph.get(slug, ())), default=0)
    return found
