"""The tutorial runs as it is written: each of its commands, on a real server, with the output that the page shows.

The server's clock runs 20 times as fast, so that the missed ping takes 6 seconds. Figures, dates and addresses are not
compared. After a change of a text, run the tutorial and paste the new output into the page.
"""

import os
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from tests.e2e.service import OVERDUE, environment, service

PAGE = (Path(__file__).parents[2] / "docs" / "tutorial" / "first-check.md").read_text()
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
# A command after its `$`, a here-document that belongs to it, and the output until the next `$`.
COMMAND = re.compile(r"^\$ (.*\n)((?:(?!\$ ).*\n)*?END\n)?((?:(?!\$ ).*\n)*)", re.MULTILINE)
NOT_RUN = ("make run\n", ". .venv/bin/activate\n")  # the server is started here, at another speed and port
LONGEST_S = 60.0


def lines(text: str) -> list[str]:
    """The lines that are not empty, without what differs in each run: figures, dates, addresses, widths of columns."""
    text = re.sub(r"http\S+", "URL", text)
    text = re.sub(r"\d[\d:.]*( (ms|s|min|h))?\b", "#", text)
    text = re.sub(r"\b[A-Z][a-z]{2} # [A-Z][a-z]{2} ", "", text)
    plain = (re.sub(r"#( #)+", "#", " ".join(line.split())) for line in text.splitlines())
    return [line for line in plain if line]


def as_shown(text: str, directory: Path) -> str:
    """A text with /tmp for the test's own directory."""
    return text.replace(f"{directory}/", "/tmp/")


def wait_for(block: str, log: Path) -> None:
    """Wait until the server's terminal shows all lines of a block."""
    end = time.monotonic() + LONGEST_S
    while (missing := set(lines(block)) - set(lines(as_shown(log.read_text(), log.parent)))) and time.monotonic() < end:
        time.sleep(0.1)
    assert not missing


def commands(block: str) -> Iterator[tuple[str, str]]:
    """Each command of a block that a test can run, with the output that the page shows for it."""
    for command, here, output in COMMAND.findall(block):
        if command not in NOT_RUN:
            yield command + here, output


def test_each_command_of_the_tutorial_does_what_the_page_shows(tmp_path: Path) -> None:
    env = environment(PATH=f"{OVERDUE.parent}{os.pathsep}{os.environ['PATH']}")
    n_commands = 0
    with service(tmp_path, "--speed", "20") as local:
        log = local.directory / "local.log"
        ping = f"{local.ready['ping']}/{local.ready['check']}"
        for language, block in BLOCKS:
            if language == "text":
                wait_for(block, log)
            for command, shown in commands(block):
                real = re.sub(r"http\S+", ping, command).replace("/tmp/", f"{tmp_path}/")
                ran = subprocess.run(["bash", "-c", real], cwd=tmp_path, env=env, stdout=-1, stderr=-2, text=True)
                said = as_shown(ran.stdout, tmp_path)
                n_commands += 1
                assert (ran.returncode != 0) == ("cannot stat" in shown), said
                if command.startswith("overdue exec"):
                    assert lines(said) == lines(shown)
                else:  # rows of a table depend on how fast the clock runs
                    assert lines(said)[:1] == lines(shown)[:1]
    assert n_commands == 14
