"""What has become of a check since its form was opened: what others have changed, and what of it the form changes.

The form carries what each rule was when it was opened (`seen`), until it has shown that somebody has changed one:
errors and looks at it leave that as it was. So an edit changes what its reader edited, all else stays as it is stored,
and nobody's change is lost unseen. Pure. Start at `judged`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from chalicelib.domain.channels import Channel
from chalicelib.domain.config import Config
from chalicelib.web.pages.check_form.form_fields import Values, filled
from chalicelib.web.pages.check_form.labels import LABELS, Rule, anchor, in_words, mark, rules
from chalicelib.web.pages.check_form.parse import Reading, read_form


@dataclass(frozen=True, slots=True)
class Theirs:
    """A rule that somebody else has changed, to what does not stand in the form that was sent."""

    anchor: str
    label: str
    text: str  # what they have made of it
    is_edited: bool  # by who sent the form, too


@dataclass(frozen=True, slots=True)
class Judged:
    """A form that was sent. It can be saved where there are no problems and nothing of others is to be told first."""

    reading: Reading
    values: Values  # to be shown
    seen: str  # to be sent along
    theirs: tuple[Theirs, ...]


@dataclass(frozen=True, slots=True)
class _Meanwhile:
    values: Values  # what was edited as it was typed, all else as it is stored
    edited: frozenset[str]  # fields
    theirs: tuple[Theirs, ...]


def seen(values: Values) -> str:
    """What a form was filled with, for it to carry."""
    return " ".join(f"{rule[0]}:{mark(rule, values)}" for rule in rules(values))


def judged(values: Values, then: str, config: Config, channels: Sequence[Channel], *, now: datetime) -> Judged:
    """A form that was sent with what was `seen` when it was opened, for a check that has this configuration by now.

    Who mistyped is told that first, as long as the form stands as he sees it.
    """
    stored = filled(config, channels)
    meanwhile = _meanwhile(values, then, stored, channels)
    as_typed = read_form(values, config, channels, now=now)
    if not meanwhile.theirs or as_typed.problems.keys() & meanwhile.edited:
        return Judged(as_typed, values, then, ())
    return Judged(
        read_form(meanwhile.values, config, channels, now=now), meanwhile.values, seen(stored), meanwhile.theirs
    )


def _meanwhile(values: Values, then: str, stored: Values, channels: Sequence[Channel]) -> _Meanwhile:
    opened = _marks(then)
    read, edited, theirs = dict(stored), set[str](), []
    for rule in rules(stored):
        if opened and rule[0] not in opened:  # it was no part of that form
            continue
        typed, kept, before = mark(rule, values), mark(rule, stored), opened.get(rule[0])
        if typed != before:
            edited.update(rule)
            read |= {field: values[field] for field in rule}
        if kept not in (before, typed):
            theirs.append(_told(rule, stored, channels, is_edited=typed != before))
    return _Meanwhile(read, frozenset(edited), tuple(theirs))


def _marks(then: str) -> dict[str, str]:
    """By rule; none of a form that does not say what it was opened with: all it holds counts as edited."""
    pairs = (pair.partition(":") for pair in then.split())
    return {head: found for head, _, found in pairs if head in LABELS}


def _told(rule: Rule, stored: Values, channels: Sequence[Channel], *, is_edited: bool) -> Theirs:
    field = rule[0]
    if field == "schedule_kind":
        field = "period" if stored[field] == "every" else "schedule"
    return Theirs(anchor(field), LABELS[rule[0]], in_words(rule, stored, channels), is_edited)
