"""`overdue export`: the file that `overdue apply` takes, from the checks that are there."""

import click

from chalicelib.domain.errors import BadInput
from overdue.checks_file.export import exported
from overdue.cli.options import API_KEY, STAGE, URL, settings_of
from overdue.cli.settings import Given
from overdue.client.api import Api
from overdue.client.http import origin


@click.command()
@click.option("--tag", "tags", multiple=True, help="Only checks with this tag; repeat it for more than one.")
@URL
@API_KEY
@STAGE
def export(tags: tuple[str, ...], url: str | None, api_key: str | None, stage: str | None) -> None:
    """Write the checks as a YAML file, to keep in git and to apply.

    The file goes to stdout. What holds anyway is left out, so applying it at once finds nothing to do. Codes, keys and
    history are not in it.

    Example: overdue export > checks.yaml
    """
    api = Api.of(settings_of(Given(url=url, api_key=api_key, stage=stage)))
    there = api.checks(tags=tags)
    if any("uuid" not in check for check in there):
        raise BadInput("this API key is read-only and shows no channels: use a read-write key")
    is_told = any(check.get("channels") and not check.get("every_channel") for check in there)
    found = exported(there, api.channels() if is_told else [], source=origin(api.base))
    click.echo(found.text, nl=False)
    for note in found.notes:
        click.echo(note, err=True)
