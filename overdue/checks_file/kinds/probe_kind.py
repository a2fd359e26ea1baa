"""A probe in the file: a URL, or a table of what is asked and which answer is good. How often is the check's `every`.

Start at `a_probe`.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from chalicelib.domain.errors import BadInput
from chalicelib.domain.sources.probe import METHODS, SHORTEST_EVERY, Probe, sound
from chalicelib.domain.sources.probe_json import from_json, what_differs
from chalicelib.fields.kinds import parse_count
from overdue.checks_file.document import Gathered, Problem, Scalar, Table, Value, Wrong
from overdue.checks_file.kinds.quoting import quoted
from overdue.checks_file.kinds.value_kinds import OFF, Kind, Setting, a_choice, a_flag, a_text, scalar, text
from overdue.cli.offline.latency import latency, spelt

Read = Callable[[str, Value], Any]

_LATENCIES = ("timeout", "slow")
_BOUNDED_BY = {"slow": "timeout", "expect_text": "method"}
_ANY_URL = "https://example.com/"
_LATENCY: dict[str, object] = {"type": ["string", "number"], "examples": ["800ms", "10s"]}


def a_probe() -> Kind:
    """A URL, a table, or off. The probe that is read has the shortest period: the check's own one counts."""

    def read(name: str, value: Value) -> Setting:
        if isinstance(value, Scalar):
            said = text(name, value)
            return None if said == OFF else _sound(name, value.line, {"url": said})
        if not isinstance(value, Table) or "url" not in value.entries:
            raise BadInput(f"{name} takes a URL, or a table with a url")
        return _of_table(name, value)

    def written(setting: Setting) -> str:
        return _written(setting) if isinstance(setting, Probe) else OFF

    return Kind(read, written, {"oneOf": [{"type": "string"}, _SCHEMA]})


def without_period(probe: Probe) -> Probe:
    """As the file has it."""
    return replace(probe, every=SHORTEST_EVERY)


def with_period(probe: Probe, every: Setting) -> Probe:
    """As the API wants it."""
    assert isinstance(every, int), "a probed check has a period"
    return replace(probe, every=timedelta(seconds=every))


def _of_table(name: str, value: Table) -> Probe:
    """Each field is judged by itself, or with the one that bounds it. Raises Wrong with all that is wrong."""
    gathered = Gathered()
    said: dict[str, Any] = {}
    for key, entry in sorted(value.entries.items(), key=lambda pair: pair[0] in _BOUNDED_BY):
        with gathered.at(entry.value.line):
            found = _field(name, key, entry.value)
            bound = _BOUNDED_BY.get(key)
            if bound in said or bound not in value.entries:  # else nobody knows what it should be
                beside = {} if bound not in said else {bound: said[bound]}
                _sound(name, entry.value.line, {"url": _ANY_URL, **beside, key: found})
            said[key] = found
    gathered.insist()
    return _sound(name, value.line, said)


def _sound(name: str, line: int, said: Mapping[str, Any]) -> Probe:
    try:
        return sound(from_json(said))
    except BadInput as error:
        raise Wrong(Problem(line, f"{name}: {error}")) from error


def _field(name: str, key: str, value: Value) -> Any:
    if key not in _READS:
        hint = " It is the check's own field" if key == "every" else f" Known are: {', '.join(_READS)}"
        raise Wrong(Problem(value.line, f'{name}: there is no field "{key}" in it.{hint}'))
    return _READS[key](f"{name}.{key}", value)


def _headers(name: str, value: Value) -> dict[str, str]:
    if not isinstance(value, Table):
        raise BadInput(f"{name} takes each value below its name")
    return {key: text(f"{name}.{key}", entry.value) for key, entry in value.entries.items()}


def _latency(name: str, value: Value) -> int | float | None:
    said = scalar(name, value).text
    return None if said == OFF and name.endswith(".slow") else latency(name, said)


_READS: dict[str, Read] = {
    "url": a_text(2_000).read,
    "method": a_choice(*METHODS).read,
    "headers": _headers,
    "expect_status": lambda name, value: scalar(name, value).text,
    "expect_text": a_text(500).read,
    "timeout": _latency,
    "follow_redirects": a_flag().read,
    "certificate_days": lambda name, value: parse_count(name, scalar(name, value).text, least=0),
    "slow": _latency,
}
_SCHEMA: dict[str, object] = {
    "type": "object",
    "required": ["url"],
    "additionalProperties": False,
    "properties": {
        "url": {"type": "string", "pattern": "^https?://"},
        "method": {"enum": list(METHODS)},
        "headers": {"type": "object", "additionalProperties": {"type": "string"}},
        "expect_status": {"type": ["string", "integer"], "examples": [200, "2xx"]},
        "expect_text": {"type": "string", "maxLength": 500},
        "timeout": _LATENCY,
        "follow_redirects": {"type": "boolean"},
        "certificate_days": {"type": "integer", "minimum": 0},
        "slow": _LATENCY,
    },
}


def _written(probe: Probe) -> str:
    said = what_differs(without_period(probe))
    return "{" + ", ".join(f"{name}: {_value(name, value)}" for name, value in said.items()) + "}"


def _value(name: str, value: Any) -> str:
    if name in _LATENCIES:
        return spelt(value)
    match value:
        case bool():
            return "true" if value else "false"
        case dict():
            return "{" + ", ".join(f"{quoted(key)}: {_flow(each)}" for key, each in value.items()) + "}"
        case str():
            return _flow(value)
        case _:
            return str(value)


def _flow(said: str) -> str:
    """A text within braces: what is plain on a line of its own is not always plain there."""
    found = quoted(said)
    return found if found[0] == '"' or not any(char in found for char in ",[]{}") else f'"{found}"'
