"""`overdue status-pages`: pages that everybody may see. How such a page looks is `chalicelib.web.pages`' business."""

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
    """Make a status page. From now on everybody who has its address sees it.

    It shows the checks that bear any of the tags, now and later, in a section for each tag.

    Example: overdue status-pages add shop --tag shop --tag behind-the-scenes --title "Example Shop"
    """
    chosen = tuple(dict.fromkeys(tags))
    with wrong_usage():
        page = sound(StatusPage(name=name, title=name if title is None else title, project=project, tags=chosen))
    settings = of_stage(stage, region)
    with key_admin.opened(settings) as tables:
        key_admin.known_project(project, stage=settings.stage)
        unborne = _unborne(tables, project, chosen)
        try:
            add_status_page(page, now=datetime.now(UTC))
        except Conflict as error:
            raise Conflict(f"{error}: remove it first, with overdue status-pages remove {name}") from error
    for tag in unborne:
        show.say(f'No check of project {project} bears the tag "{tag}" yet: the page shows those that will.')
    if as_json:
        show.document(_row(page))
        return
    click.echo(f"{settings.url or ''}/status/{name}")
    show.say(f'Everybody may see "{page.title}" there now: the checks of project {project} with {_worded(chosen)}.')


def _unborne(tables: Tables, project: str, tags: tuple[str, ...]) -> list[str]:
    """Those of the tags that no check bears: mistyped, perhaps. Reads all checks of the project."""
    checks = batch_get.checks(tables, batch_get.codes(tables, project), sleep=sleep)
    borne = {tag for check in checks for tag in check.config.tags.split()}
    return [tag for tag in tags if tag not in borne]


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
    """Let nobody see a status page any more. What has been seen may stay in caches for two minutes.

    Example: overdue status-pages remove shop --stage prod
    """
    with key_admin.opened(of_stage(stage, region)):
        remove_status_page(name)
    if as_json:
        show.document({"removed": name})
    else:
        show.say(f'Removed "{name}". What has been seen may stay in caches for two minutes.')
