"""`overdue projects`: several teams in one deployment, each with its own checks, keys and channels."""

from datetime import UTC, datetime

import click

from chalicelib.domain.errors import Conflict
from chalicelib.store.registry import projects as registry
from overdue.aws import key_admin
from overdue.cli import show
from overdue.cli.hints import to_copy
from overdue.cli.options import JSON, REGION, STAGE, of_stage, wrong_usage


@click.command()
@click.argument("name")
@STAGE
@REGION
@JSON
def add(name: str, stage: str | None, region: str | None, as_json: bool) -> None:
    """Make a project. It is empty: its first key is made with `overdue keys add --project NAME`.

    Example: overdue projects add billing --stage prod
    """
    with wrong_usage():
        key_admin.project_name(name)
    settings = of_stage(stage, region)
    with key_admin.opened(settings):
        if name == key_admin.DEFAULT_PROJECT:
            raise Conflict(f'there is a project "{name}" already')
        registry.add_project(name, now=datetime.now(UTC))
    if as_json:
        show.document({"project": name})
    else:
        add_key = to_copy("keys", "add", "--project", name, stage=settings.stage)
        click.echo(f"Made project {name}. Make a key for it with: {add_key}", err=True)


@click.command(name="list")
@STAGE
@REGION
@JSON
def listing(stage: str | None, region: str | None, as_json: bool) -> None:
    """See all projects of a deployment.

    Example: overdue projects list --stage prod
    """
    with key_admin.opened(of_stage(stage, region)):
        found = key_admin.every_project()
    if as_json:
        show.document(found)
    else:
        show.table(("PROJECT",), [(name,) for name in found], none="No project.")
