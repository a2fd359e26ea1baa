"""The options that say what a probe asks: of `overdue probe`, and of the commands that make and edit a check.

Start at `probe_options`, `probe_of` and `probe_fields`.
"""

from collections.abc import Callable, Mapping
from typing import Any

import click

from chalicelib.domain.errors import BadInput
from chalicelib.domain.sources.probe import METHODS, Probe, sound
from chalicelib.domain.sources.probe_json import as_json, from_json
from chalicelib.fields.kinds import parse_count
from overdue.cli.offline.latency import latency
from overdue.cli.options import wrong_usage

Function = Callable[..., Any]

OFF = "off"
_OPTIONS = (
    click.option("--probe-method", type=click.Choice(METHODS), help="How the URL is asked; GET unless said."),
    click.option("--header", "headers", multiple=True, metavar="NAME:VALUE", help="To send along; repeat it for more."),
    click.option(
        "--expect-status", metavar="STATUS", help="Good ones, such as 200, 2xx or 200-299,401; 200 unless said."
    ),
    click.option("--expect-text", metavar="TEXT", help="What must stand in the first 64 kB of the answer."),
    click.option("--timeout", metavar="DURATION", help="How long the answer may take, such as 5s; 10s unless said."),
    click.option("--slow", metavar="DURATION", help="A slower answer is a failure, such as 2s; or off."),
    click.option("--certificate-days", metavar="N", help="Fail so many days before it ends, 14 unless said; 0: never."),
    click.option("--follow-redirects/--no-redirects", default=None, help="Whether the end of redirects counts."),
)
PROBE = click.option(
    "--probe", "probe_url", metavar="URL", help="What Overdue asks by itself, as often as --every; or off."
)
_NAMES = {"probe_method": "method", "expect_status": "expect_status", "expect_text": "expect_text"}


def probe_options(function: Function) -> Function:
    """Add the options that `probe_of` reads."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def says_something(said: Mapping[str, Any]) -> bool:
    """Whether an option of a probe was given."""
    names = (*_NAMES, "timeout", "slow", "certificate_days", "follow_redirects")
    return bool(said["headers"]) or any(said[name] is not None for name in names)


def probe_of(url: str, said: Mapping[str, Any], *, before: Mapping[str, Any] | None, every_s: int | None) -> Probe:
    """The probe that is meant: what was before it, and over it what is said. UsageError for one that cannot be done."""
    with wrong_usage():
        fields = dict(before or {}) | {"url": url} | _fields(said)
        if every_s is not None:
            fields["every"] = every_s
        return sound(from_json(fields))


def _fields(said: Mapping[str, Any]) -> dict[str, Any]:
    fields = {field: said[name] for name, field in _NAMES.items() if said[name] is not None}
    if said["headers"]:
        fields["headers"] = dict(_header(text) for text in said["headers"])
    if said["timeout"] is not None:
        fields["timeout"] = latency("--timeout", said["timeout"])
    if said["slow"] is not None:
        fields["slow"] = None if said["slow"] == OFF else latency("--slow", said["slow"])
    if said["certificate_days"] is not None:
        fields["certificate_days"] = parse_count("--certificate-days", said["certificate_days"], least=0)
    if said["follow_redirects"] is not None:
        fields["follow_redirects"] = said["follow_redirects"]
    return fields


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon:
        raise BadInput(f'--header "{name[:40]}" has no colon: write "Name: value"')
    return name.strip(), value.strip()


def probe_fields(
    url: str | None, said: Mapping[str, Any], fields: Mapping[str, object], *, before: Mapping[str, Any] | None
) -> dict[str, object]:
    """The API's fields with the probe that `--probe` and its like ask for; `--every` then is how often it is asked.

    `before` is the check's probe so far.
    """
    if url == OFF:
        return {**fields, "probe": None}
    if url is None and before is None:
        if says_something(said):
            raise click.UsageError("these options are about what Overdue asks by itself: add --probe URL")
        return dict(fields)
    every_s = fields.get("timeout")
    if url is None and every_s is None and not says_something(said):
        return dict(fields)
    if "schedule" in fields:
        raise click.UsageError("a probe comes every so often: --every says how often, without --schedule")
    assert every_s is None or isinstance(every_s, int), "a period is whole seconds"
    asked = url if url is not None else str((before or {})["url"])
    found = probe_of(asked, said, before=before, every_s=every_s)
    return {name: value for name, value in fields.items() if name != "timeout"} | {"probe": as_json(found)}


def in_words(probe: Mapping[str, Any]) -> tuple[str, str]:
    """What is asked, and which answer is good."""
    good = [f"status {probe['expect_status']}"]
    good += [f'with "{probe["expect_text"]}"'] if probe["expect_text"] else []
    good += [f"within {probe['timeout'] if probe['slow'] is None else probe['slow']:g} s"]
    good += [f"certificate for {probe['certificate_days']} days more"] if probe["certificate_days"] else []
    return f"{probe['method']} {probe['url']}", ", ".join(good)
