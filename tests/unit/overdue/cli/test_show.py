"""What commands show does nothing but be seen."""

import json

import pytest

from overdue.cli import show

NAME = "red \x1b[31m and \u202ednab\x9b"


def test_a_name_in_a_table_does_nothing_to_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    show.table(("NAME", "TAGS"), [(NAME, "a\tb\r\nc")], none="")

    assert capsys.readouterr().out == "NAME\tTAGS\nred and \\u202ednab\\x9b\ta b c\n"


def test_a_second_line_of_a_field_does_not_look_like_another_field(capsys: pytest.CaptureFixture[str]) -> None:
    show.fields([("name", NAME), ("about", "one\nstatus  up")])

    assert capsys.readouterr().out == "name   red  and \\u202ednab\\x9b\nabout  one\n       status  up\n"


def test_json_bears_the_very_name_and_shows_none_of_its_controls(capsys: pytest.CaptureFixture[str]) -> None:
    show.document({"name": NAME, "tags": "é 日本 😀"})

    said = capsys.readouterr().out
    assert json.loads(said) == {"name": NAME, "tags": "é 日本 😀"}
    assert "é 日本 😀" in said
    assert all(char == "\n" or char.isprintable() for char in said)


def test_what_is_said_beside_a_result_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    show.say(f'Paused "{NAME}\nError: not at all".')

    assert capsys.readouterr().err == 'Paused "red  and \\u202ednab\\x9b Error: not at all".\n'
