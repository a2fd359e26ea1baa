"""DynamoDB's expressions as far as Overdue writes any, on items as they are on the wire.

Start at `condition` and `updated`. What is written nowhere raises.
"""

import re
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

Item = dict[str, Any]
Asked = dict[str, Any]
Test = Callable[[Item, Asked], bool]

_TOKEN = re.compile(r"<=|>=|<>|[()=<>,]|[#:\w.]+")


def plain(value: Item) -> Any:
    """The number or text of an attribute."""
    [(kind, found)] = value.items()
    return float(found) if kind == "N" else found


def _names(path: str, asked: Asked) -> list[str]:
    return [asked["ExpressionAttributeNames"][part] if part[0] == "#" else part for part in path.split(".")]


def _at(item: Item, path: str, asked: Asked) -> Any:
    """The value at a path through maps; None when there is none."""
    first, *rest = _names(path, asked)
    value = item.get(first)
    for name in rest:
        value = None if value is None else value["M"].get(name)
    return value


@lru_cache(maxsize=4_096)
def condition(text: str) -> Test:
    """The test that an expression states."""
    test, rest = _any_of(_TOKEN.findall(text))
    assert not rest, f"{text} is not understood"
    return test


def _any_of(tokens: list[str]) -> tuple[Test, list[str]]:
    tests, tokens = _joined(_all_of, "OR", tokens)
    return (lambda item, asked: any(test(item, asked) for test in tests)), tokens


def _all_of(tokens: list[str]) -> tuple[Test, list[str]]:
    tests, tokens = _joined(_one, "AND", tokens)
    return (lambda item, asked: all(test(item, asked) for test in tests)), tokens


def _joined(
    read: Callable[[list[str]], tuple[Test, list[str]]], word: str, tokens: list[str]
) -> tuple[list[Test], list[str]]:
    test, tokens = read(tokens)
    tests = [test]
    while tokens and tokens[0] == word:
        test, tokens = read(tokens[1:])
        tests.append(test)
    return tests, tokens


def _one(tokens: list[str]) -> tuple[Test, list[str]]:
    match tokens:
        case ["(", *inner]:
            test, rest = _any_of(inner)
            return test, rest[1:]
        case ["attribute_exists", "(", path, ")", *rest]:
            return (lambda item, asked: _at(item, path, asked) is not None), rest
        case ["attribute_not_exists", "(", path, ")", *rest]:
            return (lambda item, asked: _at(item, path, asked) is None), rest
        case ["begins_with", "(", path, ",", name, ")", *rest]:
            return partial(_begins, path, name), rest
        case ["size", "(", path, ")", "=", name, *rest]:
            return partial(_is_of_size, path, name), rest
        case [path, "BETWEEN", low, "AND", high, *rest]:
            bounds = (partial(_compares, path, ">=", low), partial(_compares, path, "<=", high))
            return (lambda item, asked: all(test(item, asked) for test in bounds)), rest
        case [path, "IN", "(", *inner]:
            end = inner.index(")")
            tests = tuple(partial(_compares, path, "=", name) for name in inner[:end:2])
            return (lambda item, asked: any(test(item, asked) for test in tests)), inner[end + 1 :]
        case [path, sign, name, *rest]:
            return partial(_compares, path, sign, name), rest
    raise NotImplementedError(tokens)


def _begins(path: str, name: str, item: Item, asked: Asked) -> bool:
    found = _at(item, path, asked)
    return found is not None and str(found["S"]).startswith(asked["ExpressionAttributeValues"][name]["S"])


def _is_of_size(path: str, name: str, item: Item, asked: Asked) -> bool:
    found = _at(item, path, asked)
    return found is not None and len(found["M"]) == int(asked["ExpressionAttributeValues"][name]["N"])


def _compares(path: str, sign: str, name: str, item: Item, asked: Asked) -> bool:
    value = _at(item, path, asked)
    if value is None:
        return False
    left, right = plain(value), plain(asked["ExpressionAttributeValues"][name])
    answers: dict[str, bool] = {
        "=": left == right,
        "<=": left <= right,
        ">=": left >= right,
        "<": left < right,
        ">": left > right,
    }
    return answers[sign]


def updated(item: Item, asked: Asked) -> Item:
    """The item after an UpdateExpression, which changes it in place."""
    values = asked.get("ExpressionAttributeValues", {})
    old = dict(item)
    for verb, path, how in _steps(asked["UpdateExpression"]):
        before = _at(old, path, asked)
        if verb == "SET":
            _put(item, path, _operand(how, old, asked), asked)
        elif verb == "REMOVE":
            _put(item, path, None, asked)
        elif "SS" in values[how[0]]:
            kept = dict.fromkeys([] if before is None else before["SS"])
            given = dict.fromkeys(values[how[0]]["SS"])
            left = [*(kept | given)] if verb == "ADD" else [each for each in kept if each not in given]
            _put(item, path, {"SS": left} if left else None, asked)
        else:
            total = float(values[how[0]]["N"]) + (0 if before is None else float(before["N"]))
            _put(item, path, {"N": f"{total:.15g}"}, asked)
    return item


@lru_cache(maxsize=4_096)
def _steps(text: str) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """Verb, path, and the tokens of what it is set to."""
    steps = []
    for verb, rest in re.findall(r"(SET|REMOVE|ADD|DELETE) (.*?)(?= (?:SET|REMOVE|ADD|DELETE) |$)", text):
        for part in re.split(r",(?![^(]*\))(?![^(]*\([^)]*\)\))", rest):
            path, *how = _TOKEN.findall(part)
            steps.append((verb, path, tuple(how[1:] if verb == "SET" else how)))
    return tuple(steps)


def _operand(how: tuple[str, ...], item: Item, asked: Asked) -> Item:
    values = asked["ExpressionAttributeValues"]
    match how:
        case ("list_append", "(", "if_not_exists", "(", path, ",", none, ")", ",", more, ")"):
            found = _at(item, path, asked) or values[none]
            return {"L": [*found["L"], *values[more]["L"]]}
        case (name,):
            found = values[name]
            assert isinstance(found, dict)
            return found
    raise NotImplementedError(how)


def _put(item: Item, path: str, value: Item | None, asked: Asked) -> None:
    first, *rest = _names(path, asked)
    holder, name = item, first
    if rest:
        item[first] = {"M": dict(item[first]["M"])}
        holder, name = item[first]["M"], rest[0]
    if value is None:
        holder.pop(name, None)
    else:
        holder[name] = value
