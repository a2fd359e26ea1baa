"""Commands that a page tells people to type: with the stage that the page is of, and the project that it shows.

Start at `command`. What each does is told by docs/reference/cli.md.
"""

from chalicelib.web.pages.shell.visit import Visit

DEFAULT_PROJECT = "default"
LOCAL = "local"  # the stage that the command line finds by itself


def command(visit: Visit, words: str) -> str:
    """`overdue keys add --scope ping` for where the reader is. Of who is not signed in, the project is not known."""
    said = ["overdue", words]
    stage = visit.wiring.settings.stage
    if stage not in (None, LOCAL):
        said += ["--stage", stage]
    if visit.session is not None and visit.session.project != DEFAULT_PROJECT:
        said += ["--project", visit.session.project]
    return " ".join(said)
