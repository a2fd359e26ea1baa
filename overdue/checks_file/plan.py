"""What a file wants changed: the difference between it and the checks that are there. Pure.

Checks are the same when their slugs are. Start at `plan`. Carrying it out is `apply`'s business.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from chalicelib.domain.channels import EVERY_CHANNEL
from chalicelib.domain.config import Step as EscalationStep
from chalicelib.domain.errors import BadInput
from overdue.checks_file.document import Problem
from overdue.checks_file.fields import DEFAULTS, FIELDS, Settings
from overdue.checks_file.file import Wanted
from overdue.checks_file.relations import ranks
from overdue.checks_file.wire import Labels, body_of, relabelled, settings_of
from overdue.client.api import Found
from overdue.client.schemas import CheckJson


@dataclass(frozen=True, slots=True)
class Change:
    """A value that becomes another."""

    name: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Create:
    """A check that is not there yet; `said` is what differs from what holds for all."""

    slug: str
    said: tuple[Change, ...]
    body: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """A check of which something becomes different."""

    slug: str
    code: str
    changes: tuple[Change, ...]
    body: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Delete:
    """A check that the file does not name."""

    slug: str
    code: str
    name: str
    n_pings: int


Step = Create | Update | Delete


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All that is to be done, in the order in which it is done: what is lost comes last."""

    steps: tuple[Step, ...]
    unchanged: int
    left_alone: tuple[str, ...]  # what the file does not name and nobody asked to delete, by slug or name

    @property
    def deletes(self) -> tuple[Delete, ...]:
        """What would be lost."""
        return tuple(step for step in self.steps if isinstance(step, Delete))


def names_channels(wanted: Sequence[Wanted], there: Sequence[CheckJson]) -> bool:
    """Whether the plan must know the channels: ids are all that a check tells of them."""
    slugs = {each.slug for each in wanted}
    return any(_names_some(each.settings) for each in wanted) or any(
        (check.get("channels") and not check.get("every_channel")) or check.get("escalation")
        for check in there
        if check["slug"] in slugs
    )


def names_others(wanted: Sequence[Wanted]) -> bool:
    """Whether the file names channels or checks, so that only the server knows whether there are such."""
    return any(
        _names_some(each.settings) or each.settings["depends_on"] or each.settings["group"] is not None
        for each in wanted
    )


def _names_some(settings: Settings) -> bool:
    return settings["channels"] not in ((EVERY_CHANNEL,), ()) or bool(_steps(settings))


def _steps(settings: Settings) -> tuple[EscalationStep, ...]:
    """A check's own escalation steps."""
    return settings["escalation"] if isinstance(settings["escalation"], tuple) else ()


def with_labels(wanted: Sequence[Wanted], labels: Labels) -> tuple[list[Wanted], list[Problem]]:
    """The same with channels as `wire` tells them, and those that there are not."""
    found, problems = [], []
    for each in wanted:
        chosen, steps = each.settings["channels"], _steps(each.settings)
        settings = dict(each.settings)
        problems += _unknown(chosen, each.lines.get("channels", each.line), labels)
        settings["channels"] = tuple(sorted(labels.label(name) or name for name in chosen))
        if steps:
            named = [name for step in steps for name in step.channels]
            problems += _unknown(named, each.lines.get("escalation", each.line), labels)
            settings["escalation"] = relabelled(steps, lambda name: labels.label(name) or name)
        found.append(replace(each, settings=settings))
    return found, problems


def _unknown(identifiers: Iterable[str], line: int, labels: Labels) -> list[Problem]:
    named = dict.fromkeys(each for each in identifiers if each != EVERY_CHANNEL)
    return [_no_channel(name, line, labels) for name in named if labels.label(name) is None]


def _no_channel(name: str, line: int, labels: Labels) -> Problem:
    if name in labels.ambiguous:
        return Problem(line, f'several channels are called "{name}": write the id of one, see overdue channels list')
    known = ", ".join(sorted(labels.by_id.values())) or "none yet"
    return Problem(line, f'there is no channel "{name}". There are: {known}')


def plan(wanted: Sequence[Wanted], there: Sequence[CheckJson], labels: Labels, *, prune: bool) -> Plan:
    """What makes the checks that are there those of the file. Raises BadInput where a slug names several of them.

    A check without a slug is never deleted: no file could keep it.
    """
    _insist_on_one_each(wanted, there)
    by_slug = {check["slug"]: check for check in there}
    steps: list[Step] = []
    unchanged = 0
    for each in wanted:
        step = _step(each, by_slug.get(each.slug), labels)
        if step is None:
            unchanged += 1
        else:
            steps.append(step)
    named = {each.slug for each in wanted}
    others = [Found(check) for check in there if check["slug"] not in named]
    gone = [found for found in others if prune and found.check["slug"]]
    rank = ranks(wanted)
    steps.sort(key=lambda step: (isinstance(step, Update), rank[step.slug]))
    steps += [
        Delete(slug=each.check["slug"], code=each.code, name=each.check["name"], n_pings=each.check["n_pings"])
        for each in gone
    ]
    kept = tuple(found.check["slug"] or found.title for found in others if found not in gone)
    return Plan(steps=tuple(steps), unchanged=unchanged, left_alone=kept)


def _insist_on_one_each(wanted: Sequence[Wanted], there: Sequence[CheckJson]) -> None:
    times = Counter(check["slug"] for check in there)
    several = [each.slug for each in wanted if times[each.slug] > 1]
    if several:
        codes = [
            f"{slug} (" + ", ".join(Found(check).id[:8] for check in there if check["slug"] == slug) + ")"
            for slug in several
        ]
        raise BadInput(
            f"Several checks bear one slug, so the file cannot mean one of them: {'; '.join(codes)}. "
            "Give all but one another with: overdue checks edit CODE --slug NEW"
        )


def _step(wanted: Wanted, check: CheckJson | None, labels: Labels) -> Create | Update | None:
    if check is None:
        said = tuple(
            Change(name, DEFAULTS[name], wanted.settings[name]) for name in FIELDS if _is_worth_saying(name, wanted)
        )
        body = {"slug": wanted.slug, "unique": ["slug"], **body_of(wanted.settings, FIELDS, labels)}
        return Create(slug=wanted.slug, said=said, body=body)
    old = settings_of(check, labels)
    changes = tuple(
        Change(name, old[name], wanted.settings[name]) for name in FIELDS if old[name] != wanted.settings[name]
    )
    if not changes:
        return None
    body = body_of(wanted.settings, [change.name for change in changes], labels)
    return Update(slug=wanted.slug, code=Found(check).code, changes=changes, body=body)


def _is_worth_saying(name: str, wanted: Wanted) -> bool:
    """Whether a new check's value is shown: its schedule always, all else where it is not the default."""
    value = wanted.settings[name]
    if name in ("every", "schedule"):
        return value is not None
    return bool(value != (wanted.slug if name == "name" else DEFAULTS[name]))
