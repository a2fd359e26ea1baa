"""`overdue channels list`: over the API, or with the state of each channel at AWS."""

import click

from overdue.cli import show
from overdue.cli.hints import NO_CHANNEL
from overdue.cli.options import OF_PROJECT, REGION, talks_to_api
from overdue.cli.settings import Settings
from overdue.client.api import Api


@click.command(name="list")
@click.option("--state", "with_state", is_flag=True, help="Ask AWS, too: is each one confirmed? Needs credentials.")
@OF_PROJECT
@REGION
@talks_to_api
def listing(settings: Settings, with_state: bool, project: str, region: str | None, as_json: bool) -> None:
    """See the channels of a project; --channels of `overdue checks edit` takes their names.

    Over the API it is the project of the key. Where no URL is known, but a stage is, AWS is asked as with --state.

    Example: overdue channels list --state --stage prod
    """
    if with_state or (settings.url is None and settings.stage is not None):
        from overdue.cli.stage.channels import list_with_state  # imports what AWS needs: 250 ms

        list_with_state(settings, project=project, region=region, as_json=as_json)
        return
    found = Api.of(settings).channels()
    if as_json:
        show.document(found)
        return
    rows = [(channel["name"], channel["kind"], channel["id"]) for channel in found]
    show.table(("NAME", "KIND", "ID"), rows, none=NO_CHANNEL)
