"""What commands show does nothing but be seen."""

import json
import sys
from collections.abc import Callable
from io import StringIO

import pytest
from rich.cells import cell_len

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


class Terminal(StringIO):
    """A stdout at which a person sits."""

    def isatty(self) -> bool:
        return True


def drawn(monkeypatch: pytest.MonkeyPatch, width: int, draw: Callable[[], None], **environ: str) -> list[str]:
    """The lines that a terminal of this width shows, without the spaces at their ends."""
    for name, value in {"COLUMNS": str(width), "LINES": "24", "TERM": "dumb", **environ}.items():
        monkeypatch.setenv(name, value)
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    draw()
    return [line.rstrip() for line in terminal.getvalue().splitlines()]


COLUMNS = ("STATUS", "CHECK", "SCHEDULE", "LAST PING", "EXPECTED", "TAGS")
LONG = (
    "✕ down, missed",
    "nightly-backup",
    "0 30 2 * * 1-5; Mon..Fri 2:30 Europe/Berlin",
    "32 min ago",
    "2 h ago",
    "prod",
)
NAMED = ("● up, running", "reports-for-the-whole-of-europe", "1 d", "12 s ago", "in 3 h", "accounting customers prod")


@pytest.mark.parametrize(
    ("width", "row", "header", "line"),
    [
        pytest.param(
            120,
            LONG,
            "STATUS          CHECK           SCHEDULE                                     LAST PING   EXPECTED  TAGS",
            "✕ down, missed  nightly-backup  0 30 2 * * 1-5; Mon..Fri 2:30 Europe/Berlin  32 min ago  2 h ago   prod",
            id="what fits stays as it is",
        ),
        pytest.param(
            80,
            LONG,
            "STATUS          CHECK           SCHEDULE              LAST PING   EXPECTED  TAGS",
            "✕ down, missed  nightly-backup  0 30 2 * * 1-5; Mon…  32 min ago  2 h ago   prod",
            id="a long schedule is cut, and neither instants nor tags",
        ),
        pytest.param(
            90,
            NAMED,
            "STATUS         CHECK                            SCHEDULE  LAST PING  EXPECTED  TAGS",
            "● up, running  reports-for-the-whole-of-europe  1 d       12 s ago   in 3 h    accounting…",
            id="tags are cut before a long name is",
        ),
        pytest.param(
            85,
            NAMED,
            "STATUS         CHECK                        SCHEDULE  LAST PING  EXPECTED  TAGS",
            "● up, running  reports-for-the-whole-of-e…  1 d       12 s ago   in 3 h    accountin…",
            id="and then the name",
        ),
        pytest.param(
            80,
            NAMED,
            "STATUS         CHECK                            SCHEDULE  LAST PING  EXPECTED",
            "● up, running  reports-for-the-whole-of-europe  1 d       12 s ago   in 3 h",
            id="the tags are left out",
        ),
        pytest.param(
            60,
            NAMED,
            "STATUS         CHECK                     LAST PING  EXPECTED",
            "● up, running  reports-for-the-whole-o…  12 s ago   in 3 h",
            id="and then the schedule",
        ),
        pytest.param(
            40,
            LONG,
            "STATUS     CHECK     LAST PING  EXPECTED",
            "✕ down, …  nightly…  32 min a…  2 h ago",
            id="each that is left gives a little",
        ),
    ],
)
def test_a_table_fits_its_terminal(
    monkeypatch: pytest.MonkeyPatch, width: int, row: tuple[str, ...], header: str, line: str
) -> None:
    shown = drawn(monkeypatch, width, lambda: show.table(COLUMNS, [row], none="", gives=("TAGS", "SCHEDULE")))

    assert shown == [header, line]


@pytest.mark.parametrize("width", [20, 40, 80, 120])
def test_no_line_of_a_table_is_wider_than_its_terminal(monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    rows = [LONG, NAMED, ("● up", "日本語の名前日本語の名前日本語の名前", "1 d", "–", "–", "")]

    lines = drawn(monkeypatch, width, lambda: show.table(COLUMNS, rows, none="", gives=("TAGS", "SCHEDULE")))

    assert len(lines) == 4
    assert max(map(cell_len, lines)) <= width


def test_a_column_that_wraps_loses_nothing_of_a_long_token(monkeypatch: pytest.MonkeyPatch) -> None:
    said = "answered 404: https://hooks.example.com/services/T0123456789"

    lines = drawn(monkeypatch, 40, lambda: show.table(("NAME", "SAID"), [("hook", said)], none="", wraps="SAID"))

    assert lines == [
        "NAME  SAID",
        "hook  answered 404:",
        "      https://hooks.example.com/services",
        "      /T0123456789",
    ]


def test_a_pipe_gets_every_cell_whole(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")

    show.table(COLUMNS, [LONG, NAMED], none="", gives=("TAGS", "SCHEDULE"))

    assert capsys.readouterr().out.splitlines() == ["\t".join(row) for row in (COLUMNS, LONG, NAMED)]


@pytest.mark.parametrize(("environ", "is_coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_a_status_has_its_colour_unless_no_color_is_set(
    monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], *, is_coloured: bool
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    environ = {"TERM": "xterm-256color", **environ}

    lines = drawn(monkeypatch, 80, lambda: show.table(("STATUS",), [("✕ down",)], none=""), **environ)

    assert ("\x1b[31m" in lines[1]) is is_coloured
