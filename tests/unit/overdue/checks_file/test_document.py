import pytest

from overdue.checks_file.document import Problem, Scalar, Table, Wrong, parse


def entries(source: str) -> dict[str, str]:
    found, problems = parse(source)
    assert isinstance(found, Table)
    assert problems == []
    values = {name: entry.value for name, entry in found.entries.items()}
    return {name: value.text for name, value in values.items() if isinstance(value, Scalar)}


def problems(source: str) -> list[Problem]:
    try:
        return parse(source)[1]
    except Wrong as error:
        return list(error.problems)


def test_values_arrive_as_they_were_written() -> None:
    assert entries("a: no\nb: 10:30\nc: 0777\nd: 'x'\n") == {"a": "no", "b": "10:30", "c": "0777", "d": "x"}


@pytest.mark.parametrize(
    ("written", "reads_as"),
    [
        ("no", "true or false"),
        ("10:30", "a number"),
        ("0777", "a number"),
        ("2026-03-01", "a date"),
        ("~", "nothing"),
        ('"no"', None),
        ("nope", None),
    ],
)
def test_what_yaml_would_take_a_value_for_is_known(written: str, reads_as: str | None) -> None:
    found, _ = parse(written)
    assert isinstance(found, Scalar)
    assert found.reads_as == reads_as


def test_a_merged_mapping_gives_way_to_what_is_written_beside_it() -> None:
    source = "base: &b {x: 1, y: 1}\nlast: &l {y: 2, z: 2}\nof:\n  y: 3\n  <<: [*b, *l]\n"
    root, _ = parse(source)
    assert isinstance(root, Table)
    merged = root.entries["of"].value
    assert isinstance(merged, Table)
    shown = {name: entry.value.text for name, entry in merged.entries.items() if isinstance(entry.value, Scalar)}
    assert shown == {"x": "1", "y": "3", "z": "2"}


@pytest.mark.parametrize(
    ("source", "line", "words"),
    [
        pytest.param("a: 1\nb: 2\na: 3\n", 3, '"a" stands here and at line 1', id="a name twice"),
        pytest.param("a:\n  b: */5 * * * *\n", 2, 'in quotes: "*/5 * * * *"', id="an alias that is a schedule"),
        pytest.param("a: @daily\n", 1, 'in quotes: "@daily"', id="@daily"),
        pytest.param("a: {b: *}\n", 1, 'Write * in quotes: "*"', id="every channel, bare"),
        pytest.param("a:\n\tb: 1\n", 2, "not by tabs", id="tabs"),
        pytest.param("a: b: c\n", 1, "needs quotes", id="a colon"),
        pytest.param("a: [1,\nb: 2\n", 3, "is not valid YAML", id="a bracket that is never closed"),
        pytest.param("a: 1\n---\nb: 1\n", 2, "single document", id="two documents"),
        pytest.param("a: 1\nb: \x01\n", 2, "control character", id="a control character"),
        pytest.param("a: *x\n", 1, "undefined alias", id="an alias of nothing"),
        pytest.param("a: &a [*a]\n", 1, "without end", id="an alias within itself"),
        pytest.param("a: &a\n  <<: *a\n", 1, "without end", id="a merge of itself"),
        pytest.param("a: &a x\nb:\n  <<: *a\n", 1, "<< takes an alias of a mapping", id="a merge of a text"),
        pytest.param("a: 1\nb: !!python/name:os.system x\n", 2, "without tags", id="a tag"),
        pytest.param("? [x]\n: 1\n", 1, "a name must be a text", id="a list as a name"),
        pytest.param("[" * 5_000, 1, "nest", id="too deep for libyaml"),
        pytest.param("[" * 900 + "]" * 900, 1, "nested too deeply", id="too deep for Python"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(source: str, line: int, words: str) -> None:
    [problem] = problems(source)
    assert problem.line == line
    assert words in problem.text


def test_aliases_that_multiply_are_refused_before_they_are_written_out() -> None:
    layers = "\n".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 30))
    [problem] = problems(f"l0: &l0 [x]\n{layers}\n")
    assert "aliases multiply to" in problem.text
