"""The inputs of a form as values of the field table. Start at `typed_values`.

Each field is read by its kind, as at every other edge. Fields that are hidden by a choice (a probe has no schedule) are
ignored, those that were not changed say nothing. Errors are FieldErrors.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from chalicelib.domain.channels import Channel
from chalicelib.domain.config import Config
from chalicelib.domain.field_errors import FieldError
from chalicelib.domain.sources.probe import LONGEST_EVERY, SHORTEST_EVERY, Probe, sound
from chalicelib.fields.kinds import OFF, Count, Duration, Flag
from chalicelib.fields.object_kinds import Probing
from chalicelib.fields.table import FIELDS, Field
from chalicelib.web.pages.check_form.form_fields import ON, PROBE_INPUTS, UNITS, Values, channel_field, filled

NAMELESS = "say what its job does"
_KINDS = ("job", "probe", "group")
_SCHEDULE_KINDS = ("every", "times")
_MINUTES = Count(1, LONGEST_EVERY // SHORTEST_EVERY)  # between two probes
_MORE_INPUTS = {  # that belong to a field, beside the one of its name and that of its unit
    "timeout": ("schedule_kind",),
    "schedules": ("schedule_kind",),
    "first_ping_by": ("first_ping_at",),
    "probe": ("kind", *PROBE_INPUTS),
}

Read = Callable[[], Any]  # a value of the field table; raises FieldError


@dataclass(frozen=True, slots=True)
class _Typed:
    values: Values
    edited: frozenset[str]  # inputs
    before: Config
    channels: Sequence[Channel]

    def __getitem__(self, name: str) -> str:
        return self.values[name]

    def has_changed(self, field: Field) -> bool:
        inputs = {field.form_name, f"{field.form_name}_unit", *_MORE_INPUTS.get(field.name, ())}
        if field.name == "channels":
            inputs |= set(map(channel_field, self.channels))
        return not self.edited.isdisjoint(inputs)

    def shows(self, field: Field) -> bool:
        """Whether the choices of the form leave the field visible."""
        match field.name:
            case "timeout":
                return self["kind"] not in ("probe", "group") and self["schedule_kind"] != "times"
            case "schedules" | "tz":
                return self["kind"] not in ("probe", "group") and self["schedule_kind"] == "times"
            case "grace":
                return self["kind"] not in ("probe", "group")
            case "probe":
                return self["kind"] != "group"
            case _:
                return True

    def says(self, field: Field) -> bool:
        """Whether the form changes the field. A probe that becomes a job says all of its schedule, and the reverse."""
        was_probed, is_probed = self.before.probe is not None, self["kind"] == "probe"
        if field.name in ("timeout", "schedules") and was_probed:
            return True
        if field.name == "probe":
            return was_probed != is_probed or (is_probed and self.has_changed(field))
        return self.has_changed(field)


def typed_values(values: Values, before: Config, channels: Sequence[Channel]) -> Mapping[str, Read]:
    """What was changed in a form that was filled from a configuration, by the field's name; yet to be read."""
    blank = filled(before, channels)
    edited = frozenset(name for name in blank if values[name] != blank[name])
    typed = _Typed(values, edited, before, channels)
    fields = [each for each in FIELDS if each.form_name is not None and typed.shows(each) and typed.says(each)]
    return dict(_choices(typed)) | {
        field.name: partial(_READ.get(field.name, _plain), typed, field) for field in fields
    }


def _choices(typed: _Typed) -> Iterator[tuple[str, Read]]:
    """What decides which fields are read is never guessed."""
    yield from _choice(typed, "kind", _KINDS)
    if typed["kind"] == "job":
        yield from _choice(typed, "schedule_kind", _SCHEDULE_KINDS)


def _choice(typed: _Typed, name: str, choices: tuple[str, ...]) -> Iterator[tuple[str, Read]]:
    if typed[name] not in choices:
        yield name, partial(_refuse, FieldError(name, "not_choice", bound=choices, value=typed[name]))


def _refuse(error: FieldError) -> object:
    raise error


def _plain(typed: _Typed, field: Field) -> object:
    name, kind = str(field.form_name), field.kind
    match kind:
        case Flag():
            return typed[name] == ON
        case Duration():
            return _span(typed, field)
        case _ if not typed[name].strip() and kind.can_be_off:
            return kind.parse(field.name, OFF)
        case _:
            return kind.parse(field.name, typed[name])


def _span(typed: _Typed, field: Field) -> object:
    """A number, with the unit that was typed, else that which was chosen; an empty one takes a limit away."""
    name = str(field.form_name)
    text, unit = typed[name].strip(), typed[f"{name}_unit"] or "s"
    if not text:
        if not field.kind.can_be_off:
            raise FieldError(field.name, "empty", bound="say how long")
        text = OFF
    if text.isdigit():
        if unit not in UNITS:
            raise FieldError(field.name, "not_choice", bound=tuple(UNITS), value=unit)
        text = f"{text}{unit}"
    return field.kind.parse(field.name, text)


def _name(typed: _Typed, field: Field) -> object:
    """A name may be lacking already, but not be taken away."""
    if not typed["name"].strip():
        raise FieldError(field.name, "empty", bound=NAMELESS)
    return field.kind.parse(field.name, typed["name"])


def _lines(typed: _Typed, field: Field) -> object:
    if not typed["schedule"].strip():
        raise FieldError(field.name, "empty", bound='say when, such as "0 2 * * *" for every day at 02:00')
    return field.kind.parse(field.name, typed["schedule"])


def _first_ping(typed: _Typed, field: Field) -> object:
    at = typed["first_ping_at"].strip()
    if not at:
        return _span(typed, field)
    if typed["first_ping_by"].strip():
        raise FieldError(field.name, "excludes", bound="first_ping_at")
    return field.kind.read(field.name, at)


def _methods(typed: _Typed, _: Field) -> object:
    return "POST" if typed["post_only"] == ON else ""


def _channels(typed: _Typed, _: Field) -> object:
    if typed["all_channels"] == ON:
        return ("*",)
    return tuple(each.id for each in typed.channels if typed[channel_field(each)] == ON)


def _probe(typed: _Typed, field: Field) -> object:
    """What the form does not show, such as headers, stays."""
    if typed["kind"] != "probe":
        return None
    said = {name: _part(typed, name) for name in PROBE_INPUTS if name != "every"}
    every = SHORTEST_EVERY * (_MINUTES.parse(f"{field.name}.every", typed["every"]) or 1)
    return sound(replace(typed.before.probe or Probe(url=""), **said, every=every))


def _part(typed: _Typed, name: str) -> Any:
    kind, text = Probing.parts[name], typed[name]
    if isinstance(kind, Flag):
        return text == ON
    if not text.strip():
        if name == "url":
            raise FieldError("probe.url", "empty", bound="say which one, such as https://example.com/health")
        text = OFF if kind.can_be_off else text
    return kind.parse(f"probe.{name}", text if name == "expect_text" else text.strip())


_READ: dict[str, Callable[[_Typed, Field], object]] = {
    "name": _name,
    "schedules": _lines,
    "first_ping_by": _first_ping,
    "methods": _methods,
    "channels": _channels,
    "probe": _probe,
}
