"""YAML as values that know their lines, and every reason why it is not the YAML that was meant.

Nothing of the text is ever constructed: the nodes are read, so that `no`, `10:30` and `0777` arrive as they were
written, and what YAML would have made of them is told beside them. Start at `parse`. What the values mean is decided in
`reading`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from chalicelib.domain.errors import OverdueError

MOST_VALUES = 200_000  # with aliases written out: 10,000 checks of 20 fields
_MERGE = "tag:yaml.org,2002:merge"
_READS_AS = {  # resolved as in YAML 1.1, which most readers still are
    "tag:yaml.org,2002:bool": "true or false",
    "tag:yaml.org,2002:int": "a number",
    "tag:yaml.org,2002:float": "a number",
    "tag:yaml.org,2002:timestamp": "a date",
    "tag:yaml.org,2002:null": "nothing",
    "tag:yaml.org,2002:value": "a default",
}
_PLAIN = {"tag:yaml.org,2002:str", "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map", *_READS_AS}
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast where libyaml was built in


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """What is wrong, and where; lines count from 1."""

    line: int
    text: str


class Wrong(OverdueError):
    """What is wrong with a value, or with the whole text: one thing, or several where it has parts."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(problem.text for problem in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text as it was written."""

    text: str
    line: int
    reads_as: str | None = None  # what YAML takes it for, in words; None: text, as all that is quoted

    @property
    def is_nothing(self) -> bool:
        """Whether no value was written."""
        return self.reads_as == "nothing"


@dataclass(frozen=True, slots=True)
class Series:
    """Values one after the other."""

    items: tuple["Value", ...]
    line: int


@dataclass(frozen=True, slots=True)
class Table:
    """Values by name, merged ones included."""

    entries: Mapping[str, "Entry"]
    line: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A name and its value."""

    key: Scalar
    value: "Value"


Value = Scalar | Series | Table


def parse(text: str) -> tuple[Value | None, list[Problem]]:
    """The document, None when it is empty, and what is wrong within it. Raises Wrong."""
    try:
        root = yaml.compose(text, Loader=_LOADER)
        if root is None:
            return None, []
        _insist_on_size(root)
        reading = _Reading()
        return reading.value(root), reading.problems
    except yaml.YAMLError as error:
        raise Wrong(_problem(error, text)) from error
    except RecursionError as error:
        raise Wrong(Problem(1, "is nested too deeply to be a list of checks")) from error


def _problem(error: yaml.YAMLError, text: str) -> Problem:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        number = error.problem_mark.line
        said = ", ".join(filter(None, (error.context, error.problem)))
        return Problem(number + 1, f"is not valid YAML: {said}{_hint(text, number)}")
    position = getattr(error, "position", 0)  # of a character that YAML does not allow
    return Problem(text.count("\n", 0, position) + 1, "has a control character, which YAML does not allow")


def _hint(text: str, number: int) -> str:
    lines = text.split("\n")
    line = lines[number] if number < len(lines) else ""
    value = line.partition(": ")[2].strip() or line.strip().removeprefix("- ")
    if value[:1] in ("*", "@", "%", "`", "&", "!"):
        return f'. Write it in quotes: "{value}"'
    if re.search(r"[:\[,]\s*\*(?!\w)", line):
        return '. Write * in quotes: "*"'
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return ". Indent by blanks, not by tabs"
    if ": " in value and value[:1] not in ('"', "'", "[", "{"):
        return ". A text with a colon in it needs quotes"
    return ""


def _insist_on_size(root: yaml.Node) -> None:
    """Refuse aliases that hold themselves, or that multiply to more than anyone would write. Raises Wrong."""
    sizes: dict[int, int | None] = {}  # None: being counted
    pending: list[tuple[yaml.Node, bool]] = [(root, False)]
    while pending:
        node, is_left = pending.pop()
        if is_left:
            sizes[id(node)] = 1 + sum(sizes[id(child)] or 0 for child in _children(node))
            continue
        if id(node) in sizes:
            continue
        sizes[id(node)] = None
        pending.append((node, True))
        for child in _children(node):
            if id(child) in sizes and sizes[id(child)] is None:
                raise Wrong(Problem(_line(child), "an alias stands within what it stands for, without end"))
            pending.append((child, False))
    if (sizes[id(root)] or 0) > MOST_VALUES:
        raise Wrong(Problem(1, f"its aliases multiply to {sizes[id(root)]:,} values, {MOST_VALUES:,} are allowed"))


def _children(node: yaml.Node) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.SequenceNode):
        yield from node.value
    elif isinstance(node, yaml.MappingNode):
        for pair in node.value:
            yield from pair


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


@dataclass
class _Reading:
    """Nodes into values, and the problems on the way."""

    problems: list[Problem] = field(default_factory=list)

    def value(self, node: yaml.Node) -> Value:
        if node.tag not in _PLAIN:
            self._say(_line(node), f"has the tag {node.tag}: write plain values, without tags")
        match node:
            case yaml.ScalarNode():
                is_plain = node.style in (None, "")
                return Scalar(node.value, _line(node), _READS_AS.get(node.tag) if is_plain else None)
            case yaml.SequenceNode():
                return Series(tuple(self.value(item) for item in node.value), _line(node))
            case yaml.MappingNode():
                return Table(self._entries(node), _line(node))
        raise AssertionError("YAML has no other kind of node")

    def _entries(self, node: yaml.MappingNode) -> dict[str, Entry]:
        """Own names first: they go before those of a merge, wherever it stands."""
        own: dict[str, Entry] = {}
        merged: dict[str, Entry] = {}
        for key_node, value_node in node.value:
            if key_node.tag == _MERGE:
                merged = self._merged(value_node) | merged
                continue
            key = self.value(key_node)
            if not isinstance(key, Scalar):
                self._say(_line(key_node), "a name must be a text")
            elif key.text in own:
                first = own[key.text].key.line
                self._say(key.line, f'"{key.text}" stands here and at line {first}: keep one of them')
            else:
                own[key.text] = Entry(key, self.value(value_node))
        return merged | own

    def _merged(self, node: yaml.Node) -> dict[str, Entry]:
        match node:
            case yaml.MappingNode():
                return self._entries(node)
            case yaml.SequenceNode() if all(isinstance(item, yaml.MappingNode) for item in node.value):
                found: dict[str, Entry] = {}
                for item in node.value:
                    found = self._entries(item) | found  # of several, the first one wins
                return found
        self._say(_line(node), "<< takes an alias of a mapping, or a list of them")
        return {}

    def _say(self, line: int, text: str) -> None:
        problem = Problem(line, text)
        if problem not in self.problems:  # an alias is read at each of its places
            self.problems.append(problem)
