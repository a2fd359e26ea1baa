"""Kinds of values with parts of their own: escalation steps, groups, probes.

Errors of a part name it behind a dot: `probe.timeout`. A step or a group that is read names channels and checks as they
were said; `merge` finds them.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from chalicelib.domain.config import Group, Step
from chalicelib.domain.errors import BadInput
from chalicelib.domain.field_errors import FieldError
from chalicelib.domain.rules.escalation import in_order, policy_name
from chalicelib.domain.slugs import LONGEST_SLUG
from chalicelib.fields.kinds import LONGEST_TAGS, OFF, Kind, Schema, Tag, require_text
from chalicelib.fields.list_kinds import Channels, Checks
from chalicelib.fields.number_kinds import Count, Duration

MOST_STEPS, MOST_MEMBERS, LONGEST_POLICY = 10, 100, 40
ALL = "all"


def require_object(
    field: str, value: Any, *, known: Sequence[str] | None, needed: Sequence[str] = ()
) -> dict[str, Any]:
    """An object with these parts; `known` None: it may have any. Raises FieldError."""
    if not isinstance(value, dict):
        raise FieldError(field, "not_object", value=value)
    for name in needed:
        if name not in value:
            raise FieldError(field, "lacks_part", bound=name, value=value)
    if known is not None and (unknown := [name for name in value if name not in known]):
        raise FieldError(field, "unknown_part", bound=tuple(known), value=unknown[0])
    return value


class Steps(Kind):
    """Escalation steps: none is an empty tuple. A step that is read has channels as they were said: see `Channels`.

    A text has a step on each line, such as `15m oncall,manager`.
    """

    is_plain = False
    can_be_off = True
    placeholder = "STEP"
    after, channels = Duration(), Channels()

    def __init__(self) -> None:
        said = {"after": self.after.schema, "channels": {"type": "string", "minLength": 1}}
        shown = {"after": self.after.shown, "channels": {"type": "string"}}
        self.schema = {
            "type": ["array", "null"],
            "items": {
                "type": "object",
                "properties": said,
                "required": ["after", "channels"],
                "additionalProperties": False,
            },
            "maxItems": MOST_STEPS,
        }
        self.shown = {"type": "array", "items": {"type": "object", "properties": shown, "required": ["after"]}}

    def item(self, field: str, text: str) -> Step:
        """One step, as a person typed it. Raises FieldError."""
        after, _, channels = text.strip().partition(" ")
        if not channels.strip():
            raise FieldError(field, "not_step", value=text, is_item=True)
        delay = self.after.parse(f"{field}.after", after)
        return Step(after=delay, channels=self.channels.parse(f"{field}.channels", channels))

    def parse(self, field: str, text: str) -> tuple[Step, ...]:
        lines = [] if text.strip().lower() == OFF else [line for line in text.split("\n") if line.strip()]
        return self.whole(field, [self.item(field, line) for line in lines])

    def read(self, field: str, value: Any) -> tuple[Step, ...]:
        if value is None:
            return ()
        if not isinstance(value, list):
            raise FieldError(field, "not_list", value=value)
        self._require_few(field, value)
        return tuple(self._read_one(field, each) for each in value)

    def _read_one(self, field: str, value: Any) -> Step:
        try:
            said = require_object(field, value, known=None, needed=("after", "channels"))
            after = self.after.read(field, said["after"])
            if not require_text(field, said["channels"]):
                raise FieldError(field, "empty", value="")
            require_object(field, value, known=("after", "channels"))
        except FieldError as error:
            error.is_item = True
            raise
        return Step(after=after, channels=self.channels.read(field, said["channels"]))

    def whole(self, field: str, steps: Sequence[Step]) -> tuple[Step, ...]:
        """All of them, the earliest first. Raises FieldError."""
        self._require_few(field, steps)
        return in_order(steps)

    def _require_few(self, field: str, steps: Sequence[object]) -> None:
        if len(steps) > MOST_STEPS:
            raise FieldError(field, "too_many", bound=MOST_STEPS, value=steps)

    def text(self, value: Sequence[Step]) -> str:
        return "\n".join(f"{self.after.text(step.after)} {','.join(step.channels)}" for step in value) or OFF

    def json(self, value: Sequence[Step]) -> object:
        return [{"after": self.after.json(step.after), "channels": ",".join(step.channels)} for step in value]

    def dump(self, value: Sequence[Step]) -> object:
        return [{"after": step.after.total_seconds(), "channels": list(step.channels)} for step in value]

    def load(self, stored: Any) -> tuple[Step, ...]:
        return tuple(Step(after=timedelta(seconds=step["after"]), channels=tuple(step["channels"])) for step in stored)


class PolicyName(Kind):
    """The name of an escalation policy; none is an empty text, in JSON null."""

    can_be_off = True
    placeholder = "POLICY"
    schema: Schema = {"type": ["string", "null"], "maxLength": LONGEST_POLICY}
    shown: Schema = {"anyOf": [{"type": "string"}, {"type": "null"}]}

    def parse(self, field: str, text: str) -> str:
        word = text.strip()
        try:
            return "" if word.lower() == OFF else policy_name(word)
        except BadInput as error:
            raise FieldError(field, "not_valid", value=text, detail=str(error)) from error

    def read(self, field: str, value: Any) -> str:
        return "" if value is None else require_text(field, value, longest=LONGEST_POLICY)

    def text(self, value: str) -> str:
        return value or OFF

    def json(self, value: str) -> object:
        return value or None


class Needed(Count):
    """How many members must be down; None: all of them, `all` in a text and in JSON."""

    def __init__(self) -> None:
        super().__init__()
        self.schema = {"anyOf": [{"const": ALL}, {"type": "integer", "minimum": 1}]}

    def parse(self, field: str, text: str) -> int | None:
        return None if text.strip() == ALL else super().parse(field, text)

    def read(self, field: str, value: Any) -> int | None:
        return None if value == ALL else super().read(field, value)

    def text(self, value: int | None) -> str:
        return ALL if value is None else str(value)


class Grouping(Kind):
    """A group's members or their tag, and how many of them make it down; None: no group.

    A group that is read has its members as they were said: `merge` finds the checks.
    """

    is_plain = False
    can_be_off = True
    placeholder = "GROUP"
    parts: dict[str, Kind] = {
        "members": Checks(most=MOST_MEMBERS, longest=LONGEST_SLUG, shortest=1),
        "tag": Tag(LONGEST_TAGS),
        "down_when": Needed(),
    }

    def __init__(self) -> None:
        parts = {name: kind.schema for name, kind in self.parts.items()}
        about = "A check of checks: its members by slug or code, or by a tag of theirs"
        found: Schema = {"description": about, "additionalProperties": False, "properties": parts}
        self.schema = {"type": ["object", "null"], **found}
        self.shown = self.schema | {"required": ["down_when"]}

    def read(self, field: str, value: Any) -> Group | None:
        if value is None:
            return None
        said = require_object(field, value, known=tuple(self.parts))
        return self.whole(field, {name: self.parts[name].read(f"{field}.{name}", said[name]) for name in said})

    def whole(self, field: str, parts: Mapping[str, Any]) -> Group:
        """The group with these parts. Raises FieldError."""
        if bool(parts.get("members")) == bool(parts.get("tag")):
            detail = 'say either {"members": ["web-1", "web-2"]} or {"tag": "web"}'
            raise FieldError(field, "not_valid", value=parts, detail=detail)
        return Group(**parts)

    def json(self, value: Group | None) -> object:
        if value is None:
            return None
        who = {"tag": value.tag} if value.tag else {"members": list(value.members)}
        return who | {"down_when": ALL if value.down_when is None else value.down_when}

    def dump(self, value: Group | None) -> object:
        if value is None:
            return None
        said = {"members": list(value.members), "tag": value.tag, "down_when": value.down_when}
        return {name: each for name, each in said.items() if each}

    def load(self, stored: Any) -> Group | None:
        if stored is None:
            return None
        return Group(
            members=tuple(stored.get("members", ())),
            tag=stored.get("tag", ""),
            down_when=stored.get("down_when"),
        )
