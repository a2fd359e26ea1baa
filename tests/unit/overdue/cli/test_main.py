"""The border of the command line: which arguments come in at all."""

import pytest
from click.testing import CliRunner

from overdue.cli.main import main

BYTE = "\udcff"  # as Python hands over the byte 0xff


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["checks", "list", "--tag", BYTE], r'"\xff" behind --tag is not valid UTF-8'),
        (["checks", "edit", "x", f"--tags=a{BYTE}"], r'"--tags=a\xff" is not valid UTF-8'),
        (["keys", "add", f"é{BYTE}"], r'"é\xff" is not valid UTF-8'),
        (["ping", "x", "--body", BYTE], r'"\xff" behind --body is not valid UTF-8'),
        (["exec", BYTE, "--", "true"], r'"\xff" is not valid UTF-8'),
        (["checks", "show", "--", BYTE], r'"\xff" is not valid UTF-8'),
    ],
)
def test_an_argument_that_is_no_text_is_named(arguments: list[str], told: str) -> None:
    done = CliRunner().invoke(main, arguments)

    assert (done.exit_code, done.stdout) == (2, "")
    assert told in done.stderr
