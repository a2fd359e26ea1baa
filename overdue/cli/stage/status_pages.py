"""`overdue status-pages`: public status pages. `chalicelib.web.pages` renders them."""

from dataclasses import asdict
from datetime import UTC, datetime
from time import sleep

import click

from chalicelib.domain.errors import Conflict
from chalicelib.store import batch_get
from chalicelib.store.registry.status_pages import (
    StatusPage,
    add_status_page,
    all_status_pages,
    remove_status_page,
    sound,
)
from chalicelib.store.tables import Tables
from overdue.aws import key_admin
from overdue.cli import show
from overdue.cli.options import JSON, REGION, STAGE, of_stage, wrong_usage


@click.command()
@click.argument("name")
@click.option("--tag", "tags", multiple=True, required=True, help="Of the checks to show; repeat it for more sections.")
@click.option("--title", metavar="TEXT", help="What stands above it; else its name.")
@click.option("--project", default="default", show_default=True, metavar="NAME", help="Whose checks.")
@STAGE
@REGION
@JSON
def add(
    name: str,
    tags: tuple[str, ...],
    title: str | None,
    project: str,
    stage: str | None,
    region: str | None,
    as_json: bool,
) -> None:
    """Create a status page. Everybody who has its address can see it.

    It shows the checks that have any of the tags, now and later, with a section for each tag.

    Example: overdue status-pages add shop --tag shop --tag behind-the-scenes --title "Example Shop"
    """
    chosen = tuple(dict.fromkeys(tags))
    with wrong_usage():
        page = sound(StatusPage(name=name, title=name if title is None else title, project=project, tags=chosen))
    settings = of_stage(stage, region)
    with key_admin.opened(settings) as tables:
        key_admin.known_project(project, stage=settings.stage)
        unused = _unused(tables, project, chosen)
        try:
            add_status_page(page, now=datetime.now(UTC))
        except Conflict as error:
            raise Conflict(f"{error}: remove it first, with overdue status-pages remove {name}") from error
    for tag in unused:
        show.say(
            f'No check of project {project} has the tag "{tag}" yet. The page shows checks as soon as they have it.'
        )
    if as_json:
        show.document(_row(page))
        return
    click.echo(f"{settings.url or ''}/status/{name}")
    show.say(f'Everybody may see "{page.title}" there now: the checks of project {project} with {_worded(chosen)}.')


def _unused(tables: Tables, project: str, tags: tuple[str, ...]) -> list[str]:
    """The tags that no check has, perhaps mistyped. Reads all checks of the project."""
    checks = batch_get.checks(tables, batch_get.codes(tables, project), sleep=sleep)
    used = {tag for check in checks for tag in check.config.tags.split()}
    return [tag for tag in tags if tag not in used]


def _worded(tags: tuple[str, ...]) -> str:
    return f"tag {tags[0]}" if len(tags) == 1 else f"any of the tags {', '.join(tags)}"


def _row(page: StatusPage) -> dict[str, object]:
    return asdict(page) | {"path": f"/status/{page.name}"}


@click.command(name="list")
@STAGE
@REGION
@JSON
def listing(stage: str | None, region: str | None, as_json: bool) -> None:
    """See which status pages there are.

    Example: overdue status-pages list --stage prod
    """
    with key_admin.opened(of_stage(stage, region)):
        found = all_status_pages()
    if as_json:
        show.document([_row(page) for page in found])
        return
    show.table(
        ("NAME", "TITLE", "PROJECT", "TAGS"),
        [(page.name, page.title, page.project, " ".join(page.tags)) for page in found],
        none="No status page: nobody sees anything without signing in. Make one with: overdue status-pages add",
    )


@click.command()
@click.argument("name")
@STAGE
@REGION
@JSON
def remove(name: str, stage: str | None, region: str | None, as_json: bool) -> None:
    """Remove a status page. Caches may show it for up to two minutes.

    Example: overdue status-pages remove shop --stage prod
    """
    with key_admin.opened(of_stage(stage, region)):
        remove_status_page(name)
    if as_json:
        show.document({"removed": name})
    else:
        show.say(f'Removed "{name}". What has been seen may stay in caches for two minutes.')
