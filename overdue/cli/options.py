"""Options that many commands share: whom to talk to, and JSON instead of a table.

Start at `talks_to_api`; `wrong_usage` is for the options of a command's own. What wins when several sources say it is
`overdue.cli.settings`'s business.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any

import click

from chalicelib.domain.errors import BadInput
from chalicelib.domain.field_errors import FieldError
from chalicelib.domain.text.inert import inert
from overdue.cli.settings import Given, Settings, resolve

Function = Callable[..., Any]

URL = click.option("--url", metavar="URL", help="Of the deployment, such as https://overdue.example.com.")
STAGE = click.option("--stage", metavar="NAME", help="A stage of the settings file; local is a server that runs here.")
API_KEY = click.option("--api-key", metavar="KEY", help="Better said by OVERDUE_API_KEY or in the file.")
PING_KEY = click.option("--ping-key", metavar="KEY", help="Better said by OVERDUE_PING_KEY or in the file.")
REGION = click.option("--region", metavar="NAME", help="The AWS region of the stage, such as eu-central-1.")
OF_PROJECT = click.option(
    "--project", default="default", show_default=True, metavar="NAME", help="Whose channel it is."
)
JSON = click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout, and nothing else.")


def talks_to_api(function: Function) -> Function:
    """Options for a command over the API; the function gets `settings` and `as_json`."""
    return _with_settings(function, URL, API_KEY, STAGE, JSON)


def pings(function: Function) -> Function:
    """Options for a command that pings, and may look a name up; the function gets `settings` and `as_json`."""
    return _with_settings(function, URL, PING_KEY, API_KEY, STAGE, JSON)


def _with_settings(function: Function, *options: Callable[[Function], Function]) -> Function:
    @wraps(function)
    def resolved(**said: Any) -> Any:
        given = Given(**{name: said.pop(name) for name in ("url", "api_key", "ping_key", "stage") if name in said})
        return function(settings=settings_of(given), **said)

    decorated: Function = resolved
    for option in reversed(options):
        decorated = option(decorated)
    return decorated


@contextmanager
def wrong_usage() -> Iterator[None]:
    """Turn an error about an option's value, which no server needs to see, into wrong usage: exit 2."""
    try:
        yield
    except FieldError as error:
        from overdue.client.option_names import option_name  # imports the field table, which `exec` does without

        raise click.UsageError(inert(error.told(option_name))) from error
    except BadInput as error:
        raise click.UsageError(inert(str(error))) from error


def settings_of(given: Given) -> Settings:
    """What this process shall use. Raises BadInput."""
    try:
        here = Path.cwd()
    except FileNotFoundError as error:
        raise BadInput("this directory is gone: change to another") from error
    return resolve(given, environ=os.environ, directory=here)


def of_stage(stage: str | None, region: str | None) -> Settings:
    """The deployment whose tables are meant. Raises BadInput."""
    return settings_of(Given(stage=stage, region=region))
