"""Values of the file by their kinds: YAML's shapes become the texts that a kind parses. Start at `read`.

Bounds and meanings are the kinds'. A list, a step, a group and a probe report all their errors, each at its line.
"""

import re
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from typing import Any

from chalicelib.domain.config import Group, Step
from chalicelib.domain.errors import BadInput
from chalicelib.domain.field_errors import FieldError
from chalicelib.domain.slugs import SLUG, slug_of
from chalicelib.domain.sources.probe import Probe, sound
from chalicelib.fields.kinds import OFF, Kind, Tags
from chalicelib.fields.list_kinds import Channels, Checks, Texts
from chalicelib.fields.object_kinds import Grouping, Headers, PolicyName, Probing, Steps
from chalicelib.fields.schedule_kinds import Expression, Expressions
from chalicelib.fields.table import BY_NAME
from overdue.checks_file.document import Problem, Scalar, Series, Table, Value, Wrong
from overdue.checks_file.fields import FIELDS, in_words

_ANY_URL = "https://example.com/"
_BOUNDED_BY = {"slow": "timeout", "expect_text": "method"}  # parts of a probe
_STEP = "such as {after: 15m, channels: [oncall]}"


class _Problems:
    """The problems with the parts of one value, so that all are reported together."""

    def __init__(self) -> None:
        self.found: list[Problem] = []

    @contextmanager
    def at(self, line: int) -> Iterator[None]:
        """Record an error of the block, which ends there, and continue after it."""
        try:
            yield
        except Wrong as error:
            self.found += error.problems
        except BadInput as error:
            self.found.append(Problem(line, in_words(error)))

    def require_none(self) -> None:
        """Raise Wrong with all problems."""
        if self.found:
            raise Wrong(*self.found)


def read(name: str, kind: Kind, value: Value) -> Any:
    """The value that the file gives a field. Raises BadInput, and Wrong with each problem at its own line."""
    if isinstance(kind, Expression):
        kind = BY_NAME["schedules"].kind
    match kind:
        case Texts() | Tags() | Channels():
            return _list(name, kind, value)
        case Steps():
            return _escalation(name, kind, value)
        case Grouping():
            return _group(name, kind, value)
        case Probing():
            return _probe(name, kind, value)
        case Headers():
            return _headers(name, value)
        case _:
            return kind.parse(name, _word(name, kind, value))


def _word(name: str, kind: Kind, value: Value) -> str:
    """A single value. A field whose JSON is text alone must be one that every YAML takes for text."""
    types = kind.schema.get("type", "number")
    if ({types} if isinstance(types, str) else set(types)) <= {"string", "null"}:
        return text(name, value)
    found = _scalar(name, value).text
    if re.fullmatch(r"0[0-9]+[smhdw]?", found):
        raise BadInput(f"{name} {found}: some YAML takes a number with a leading 0 for octal. Write it without")
    return found


def _scalar(name: str, value: Value) -> Scalar:
    if not isinstance(value, Scalar):
        raise BadInput(f"{name} takes one value, not a list or a mapping")
    if value.is_nothing:
        raise BadInput(f"{name} has no value: write one, or leave the line out")
    return value


def text(name: str, value: Value) -> str:
    """A single value that every YAML takes for text. Raises BadInput."""
    found = _scalar(name, value)
    if found.reads_as is not None:
        raise BadInput(f'{name}: YAML takes {found.text} for {found.reads_as}. Put it into quotes: "{found.text}"')
    return found.text


def _list(name: str, kind: Texts | Tags | Channels, value: Value) -> Any:
    """A list, or one text that stands for a list."""
    if isinstance(value, Scalar):
        is_off = isinstance(kind, Texts) and value.text == OFF
        found = kind.parse(name, value.text if is_off or isinstance(kind, Expressions) else text(name, value))
    else:
        problems, items = _Problems(), []
        for item in _items(name, value):
            with problems.at(item.line):
                items.append(_item(name, kind, item))
        problems.require_none()
        found = kind.whole(name, items)
    return tuple(sorted(set(found))) if isinstance(kind, Checks) else found  # their order has no meaning


def _item(name: str, kind: Texts | Tags | Channels, item: Scalar) -> str:
    if isinstance(kind, Expressions):
        return kind.item(name, item.text.strip())  # 10:30 is one, whatever else YAML takes it for
    found = kind.item(name, text(name, item).strip())
    if isinstance(kind, Checks) and not SLUG.fullmatch(found):
        raise FieldError(name, "not_slug", bound=slug_of(found), value=found)
    return found


def _items(name: str, value: Value) -> list[Scalar]:
    items = value.items if isinstance(value, Series) else ()
    found = [item for item in items if isinstance(item, Scalar)]
    if not isinstance(value, Series) or len(found) < len(items):
        raise BadInput(f"{name} takes a list of names, such as [first, second]")
    return found


def _parts(name: str, kinds: Mapping[str, Kind], value: Table, problems: _Problems) -> dict[str, Any]:
    """The parts of a table that can be read."""
    found = {}
    for key, entry in value.entries.items():
        with problems.at(entry.key.line):
            if key not in kinds:
                hint = "It is a field of the check itself" if key in FIELDS else f"Known are: {', '.join(kinds)}"
                raise BadInput(f'{name}: there is no field "{key}" in it. {hint}')
        if key in kinds:
            with problems.at(entry.value.line):
                found[key] = read(f"{name}.{key}", kinds[key], entry.value)
    return found


def _headers(name: str, value: Value) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, Table):
        raise BadInput(f"{name} takes each value below its name")
    return tuple((key, text(f"{name}.{key}", entry.value)) for key, entry in value.entries.items())


def _escalation(name: str, kind: Steps, value: Value) -> str | tuple[Step, ...]:
    if isinstance(value, Scalar):
        said = OFF if value.text == OFF else text(name, value)
        return PolicyName().parse(name, said) or ()
    if not isinstance(value, Series) or not value.items:
        raise BadInput(f"{name} takes the name of a policy, or a list of steps, {_STEP}")
    problems = _Problems()
    steps = []
    for item in value.items:
        with problems.at(item.line):
            steps.append(_step(name, kind, item))
    problems.require_none()
    return kind.whole(name, steps)


def _step(name: str, kind: Steps, value: Value) -> Step:
    if not isinstance(value, Table):
        raise BadInput(f"{name}: a step has two fields, {_STEP}")
    problems = _Problems()
    kinds = {"after": kind.after, "channels": kind.channels}
    found = _parts(name, kinds, value, problems)
    for lacking in (part for part in kinds if part not in value.entries or found.get(part) == ()):
        with problems.at(value.line):
            raise BadInput(f"{name}: a step needs {lacking}, {_STEP}")
    problems.require_none()
    return Step(**found)


def _group(name: str, kind: Grouping, value: Value) -> Group | None:
    if isinstance(value, Scalar) and value.text == OFF:
        return None
    if not isinstance(value, Table):
        raise BadInput(f"{name} takes a table, such as {{members: [web-1, web-2], down_when: all}}")
    problems = _Problems()
    found = _parts(name, kind.parts, value, problems)
    problems.require_none()
    if bool(found.get("members")) == bool(found.get("tag")):
        raise BadInput(f"{name} takes members, or a tag of theirs: one of the two")
    group = kind.whole(name, found)
    if group.members and group.down_when is not None and group.down_when > len(group.members):
        raise BadInput(f"{name}.down_when {group.down_when}: it has {len(group.members)} members")
    return group


def _probe(name: str, kind: Probing, value: Value) -> Probe | None:
    """The probe with the shortest interval: the check's own one counts."""
    if isinstance(value, Scalar):
        return kind.parse(name, OFF if value.text == OFF else text(name, value))
    if not isinstance(value, Table) or "url" not in value.entries:
        raise BadInput(f"{name} takes a URL, or a table with a url")
    problems = _Problems()
    found = _parts(name, {part: each for part, each in kind.parts.items() if part != "every"}, value, problems)
    for part in found:
        with problems.at(value.entries[part].value.line):
            _require_sound(part, found, is_there=value.entries.keys())
    problems.require_none()
    return sound(Probe(**found))


def _require_sound(part: str, found: Mapping[str, Any], *, is_there: AbstractSet[str]) -> None:
    """Check a part of a probe by itself, or with the one that bounds it. Raises FieldError."""
    bound = _BOUNDED_BY.get(part, "")
    if bound in is_there and bound not in found:
        return  # it could not be read
    beside = {bound: found[bound]} if bound in found else {}
    sound(Probe(**{"url": _ANY_URL, **beside, part: found[part]}))
