"""`overdue channels`: where alerts go."""

import click

from overdue.api import Api
from overdue.commands.options import talks_to_api
from overdue.config import Settings


@click.group()
def channels() -> None:
    """See where alerts go.

    Example: overdue channels list
    """


@channels.command(name="list")
@talks_to_api
def listing(settings: Settings, as_json: bool) -> None:
    """See the channels of this project; --channels of `overdue checks edit` takes their names.

    Example: overdue channels list --json
    """
    from overdue import show

    found = Api.of(settings).channels()
    if as_json:
        show.document(found)
        return
    rows = [(channel["name"], channel["kind"], channel["id"]) for channel in found]
    show.table(("NAME", "KIND", "ID"), rows, none="No channel yet: nobody is told of anything.")
