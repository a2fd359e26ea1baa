"""Escalation in the file: the name of a policy, or a list of steps, each with its delay and its channels.

Channels of steps are told as those of a check are: by name or id, `*` for all. Start at `an_escalation`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from chalicelib.domain.config import Step
from chalicelib.domain.errors import BadInput
from chalicelib.domain.rules.escalation import MOST, in_order, policy_name
from overdue.checks_file.document import Gathered, Problem, Scalar, Series, Table, Value, Wrong
from overdue.checks_file.kinds.list_kind import destinations
from overdue.checks_file.kinds.quoting import humane
from overdue.checks_file.kinds.value_kinds import EVERY_CHANNEL, OFF, Kind, Setting, a_duration, scalar, text
from overdue.client.schemas import StepJson

_AFTER, _CHANNELS = a_duration(can_be_off=False), destinations()
_FIELDS = {"after": _AFTER, "channels": _CHANNELS}


@dataclass(frozen=True, slots=True)
class Steps:
    """A check's own steps."""

    steps: tuple[Step, ...]  # channels as the file has them

    def relabelled(self, label: Callable[[str], str]) -> "Steps":
        """The same with other words for channels; `*` is no channel."""
        return Steps(
            tuple(
                replace(step, channels=step.channels if step.channels == (EVERY_CHANNEL,) else _sorted(label, step))
                for step in self.steps
            )
        )

    def identifiers(self) -> Iterator[str]:
        """The channels that are named."""
        for step in self.steps:
            yield from (each for each in step.channels if each != EVERY_CHANNEL)


def _sorted(label: Callable[[str], str], step: Step) -> tuple[str, ...]:
    return tuple(sorted(map(label, step.channels)))


def an_escalation() -> Kind:
    """A policy, steps, or off."""

    def read(name: str, value: Value) -> Setting:
        if isinstance(value, Scalar):
            return None if scalar(name, value).text == OFF else policy_name(text(name, value))
        if not isinstance(value, Series) or not value.items:
            raise BadInput(f"{name} takes the name of a policy, or a list such as [{{after: 15m, channels: [oncall]}}]")
        gathered = Gathered()
        steps = []
        for item in value.items:
            with gathered.at(item.line):
                steps.append(_step(name, item))
        gathered.insist()
        return Steps(in_order(steps))

    def written(setting: Setting) -> str:
        match setting:
            case Steps():
                return f"[{', '.join(map(_written, setting.steps))}]"
            case str():
                return _CHANNELS.written((setting,))[1:-1]
            case _:
                return OFF

    step = {"type": "object", "required": list(_FIELDS), "additionalProperties": False}
    step["properties"] = {field: kind.schema for field, kind in _FIELDS.items()}
    steps = {"type": "array", "items": step, "minItems": 1, "maxItems": MOST}
    return Kind(read, written, {"oneOf": [{"type": "string", "examples": ["oncall"]}, steps]})


def _step(name: str, value: Value) -> Step:
    if not isinstance(value, Table):
        raise Wrong(Problem(value.line, f"{name}: a step has two fields, such as {{after: 15m, channels: [oncall]}}"))
    said: dict[str, Setting] = {}
    gathered = Gathered()
    for key, entry in value.entries.items():
        with gathered.at(entry.key.line):
            if key not in _FIELDS:
                raise BadInput(f'{name}: there is no field "{key}" in a step. Known are: after, channels')
            said[key] = _FIELDS[key].read(f"{name}.{key}", entry.value)
    after, channels = said.get("after"), said.get("channels")
    for lacking in (field for field in _FIELDS if field not in value.entries or said.get(field) == ()):
        with gathered.at(value.line):
            raise BadInput(f"{name}: a step needs {lacking}, such as {{after: 15m, channels: [oncall]}}")
    gathered.insist()
    assert isinstance(after, int), "it is there, and a duration that cannot be off"
    whom = (EVERY_CHANNEL,) if channels == EVERY_CHANNEL else channels
    assert isinstance(whom, tuple), "destinations are"
    return Step(after=timedelta(seconds=after), channels=whom)


def _written(step: Step) -> str:
    channels = EVERY_CHANNEL if step.channels == (EVERY_CHANNEL,) else step.channels
    return f"{{after: {humane(int(step.after.total_seconds()))}, channels: {_CHANNELS.written(channels)}}}"


def from_wire(steps: Sequence[StepJson]) -> Steps | None:
    """As the API shows them, channels by id."""
    found = (
        Step(after=timedelta(seconds=step["after"]), channels=tuple(step.get("channels", "").split(",")))
        for step in steps
    )
    return Steps(tuple(found)) if steps else None


def to_wire(steps: Steps) -> list[Mapping[str, object]]:
    """As the API takes them."""
    return [{"after": int(step.after.total_seconds()), "channels": ",".join(step.channels)} for step in steps.steps]
