"""`overdue probe`: ask a URL now, from this machine, and see what a probe would say. No server is asked."""

from datetime import UTC, datetime
from typing import Any

import click

from chalicelib.domain.text.inert import inert
from chalicelib.probes.address import networks
from chalicelib.probes.probing import out_by, tried
from overdue.cli import show
from overdue.cli.checks.probed import probe_of, probe_options
from overdue.cli.options import JSON, wrong_usage


@click.command()
@click.argument("url")
@probe_options
@click.option(
    "--inside",
    default="",
    envvar="OVERDUE_PROBE_INSIDE",
    metavar="NETWORKS",
    help="Inside networks that may be asked, such as 127.0.0.0/8,10.0.0.0/8.",
)
@JSON
def probe(url: str, inside: str, as_json: bool, **said: Any) -> None:
    """See what a probe of a URL would find, now and from this machine.

    It asks as the prober does: a failure is repeated once at once, TLS is verified, and inside addresses (this
    machine, private networks, metadata) are closed unless --inside names them. Exit 1 when the probe fails.

    Example: overdue probe https://shop.example.com/ --expect-text "Add to cart" --slow 2s
    """
    meant = probe_of(url, said, before=None, every_s=None)
    with wrong_usage():
        opened = networks(inside)
    found = tried(meant, out_by(opened), lambda: datetime.now(UTC))
    if as_json:
        show.document({"good": found.is_good, "text": found.text, "took_s": round(found.took.total_seconds(), 3)})
    else:
        click.echo(inert(found.text))
        if "inside address" in found.text:
            show.say(
                "To ask it from here all the same, name its network: --inside 127.0.0.0/8, or OVERDUE_PROBE_INSIDE. "
                "The prober of a deployment has its own: overdue deploy --probe-inside; overdue local opens loopback."
            )
    raise SystemExit(0 if found.is_good else 1)
