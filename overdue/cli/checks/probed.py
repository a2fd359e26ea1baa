"""The options of a probe's parts: of `overdue probe`, and of the commands that create and edit a check.

Start at `probe_options`, `probe_of` and `probe_fields`.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import click

from chalicelib.domain.errors import BadInput
from chalicelib.domain.sources.probe import Probe, sound
from chalicelib.fields.kinds import Choice, Flag
from chalicelib.fields.object_kinds import Headers, Probing
from overdue.cli.options import wrong_usage

Function = Callable[..., Any]

_KIND = Probing()
_PARTS = {  # the option of each part, and its help; its URL and its interval are the check's options
    "method": ("--probe-method", "The method of the request. Default: GET."),
    "headers": ("--header", "A header of the request. Repeatable."),
    "expect_status": ("--expect-status", "The expected statuses, such as 200, 2xx or 200-299,401. Default: 200."),
    "expect_text": ("--expect-text", "A text that the first 64 kB of the answer must contain."),
    "timeout": ("--timeout", "How long the answer may take, such as 5s. Default: 10s."),
    "slow": ("--slow", 'A slower answer is a failure, such as 2s; or "off".'),
    "certificate_days": (
        "--certificate-days",
        "Fail this many days before the certificate expires. Default: 14. 0: when it has expired.",
    ),
    "follow_redirects": (
        "--follow-redirects/--no-redirects",
        "Whether to follow redirects and check the last answer.",
    ),
}


def probe_options(function: Function) -> Function:
    """Add the options that `probe_of` reads; the command gets each as `probe_` and the part's name."""
    for part in reversed(_PARTS):
        function = _option(part)(function)
    return function


def _option(part: str) -> Callable[[Function], Function]:
    (option, about), kind = _PARTS[part], _KIND.parts[part]
    match kind:
        case Flag():
            return click.option(option, f"probe_{part}", default=None, help=about)
        case Choice():
            return click.option(option, f"probe_{part}", type=click.Choice(list(kind.choices)), help=about)
        case Headers():
            return click.option(option, f"probe_{part}", metavar="NAME:VALUE", multiple=True, help=about)
        case _:
            return click.option(option, f"probe_{part}", metavar=kind.placeholder, help=about)


def says_something(said: Mapping[str, Any]) -> bool:
    """Whether an option of a probe's part was given."""
    return any(said[f"probe_{part}"] not in (None, ()) for part in _PARTS)


def probe_of(url: str, said: Mapping[str, Any], *, before: Mapping[str, Any] | None, every_s: int | None) -> Probe:
    """The probe of these options; parts that are not given are as `before`. Raises UsageError."""
    known = {part: value for part, value in (before or {}).items() if part in _KIND.parts}  # not a newer server's
    probe = _KIND.read("probe", known or None) or Probe(url=url)
    every = probe.every if every_s is None else timedelta(seconds=every_s)
    with wrong_usage():
        return sound(replace(probe, url=url, every=every, **_values(said)))


def _values(said: Mapping[str, Any]) -> dict[str, Any]:
    """The values of the options that were given. Raises BadInput."""
    found = {}
    for part, (option, _) in _PARTS.items():
        match _KIND.parts[part], said[f"probe_{part}"]:
            case _, None | ():
                continue
            case Headers(), given:
                found[part] = tuple(map(_header, given))
            case Flag(), given:
                found[part] = given
            case kind, given:
                found[part] = kind.parse(option, given)
    return found


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon:
        raise BadInput(f'--header "{name[:40]}" has no colon: write "Name: value"')
    return name.strip(), value.strip()


def probe_fields(
    said: Mapping[str, Any], fields: Mapping[str, object], *, before: Mapping[str, Any] | None
) -> dict[str, object]:
    """The API's fields with the probe of these options; `--every` is then its interval. Raises UsageError.

    `before` is the check's probe so far.
    """
    given = said["probe"]
    with wrong_usage():
        asked = None if given is None else _KIND.parse("probe", given)
    if given is not None and asked is None:
        return {**fields, "probe": None}
    if asked is None and before is None:
        if says_something(said):
            raise click.UsageError("these options are about a URL that Overdue requests: add --probe URL")
        return dict(fields)
    every_s = fields.get("timeout")
    if asked is None and every_s is None and not says_something(said):
        return dict(fields)
    if not fields.keys().isdisjoint({"schedule", "schedules"}):
        raise click.UsageError("a probe has no --schedule: set its interval with --every")
    assert every_s is None or isinstance(every_s, int), "a period is whole seconds"
    url = asked.url if asked is not None else str((before or {})["url"])
    found = probe_of(url, said, before=before, every_s=every_s)
    return {name: value for name, value in fields.items() if name != "timeout"} | {"probe": _KIND.json(found)}


def in_words(probe: Mapping[str, Any]) -> tuple[str, str]:
    """What is asked, and which answer is good."""
    good = [f"status {probe['expect_status']}"]
    good += [f'with "{probe["expect_text"]}"'] if probe["expect_text"] else []
    good += [f"within {probe['timeout'] if probe['slow'] is None else probe['slow']:g} s"]
    good += [f"certificate for {probe['certificate_days']} days more"] if probe["certificate_days"] else []
    return f"{probe['method']} {probe['url']}", ", ".join(good)
