"""Validate the options of `overdue deploy` before any call to AWS, and translate them into template parameters.

Start at `parameters`. An option that is not given keeps the stage's present value; the value `none` removes it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from chalicelib.domain.errors import BadInput
from chalicelib.domain.schedule.occurrences import current_zone
from chalicelib.probes.address import networks
from overdue.cli.settings import LOCAL_STAGE

NONE = "none"
_STAGE = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
_DOMAIN = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")
_CERTIFICATE = re.compile(r"arn:aws[a-z-]*:acm:([a-z0-9-]+):[0-9]{12}:certificate/\S+")
_ZONE = re.compile(r"Z[A-Z0-9]{5,31}")

NUMBERS = {  # options, and the template's parameters that they set
    "digest_from": "DigestFrom",
    "ping_rate": "PingRate",
    "ping_burst": "PingBurst",
    "pings_per_minute": "PingsPerMinute",
    "checks_per_project": "ChecksPerProject",
    "creates_per_minute": "CreatesPerMinute",
    "budget": "BudgetUsd",
}


def stage_name(text: str) -> str:
    """Validate the name of a stage on AWS. Raises BadInput."""
    if text == LOCAL_STAGE:
        raise BadInput(f'"{LOCAL_STAGE}" is the server on this machine. Use another --stage.')
    if not _STAGE.fullmatch(text):
        raise BadInput(f'"{text}" is not a valid stage name. Use 1 to 32 lower-case letters, digits and hyphens.')
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """The options of a deploy. None: not given, so the present value stays."""

    email: str | None
    sms: str | None
    watchdog: str | None
    domain: str | None
    hosted_zone: str | None
    certificate: str | None
    probe_inside: str | None
    tz: str | None
    numbers: Mapping[str, int | None]  # by template parameter, within its bounds


def parameters(choices: Choices) -> dict[str, str]:
    """The template parameters for the options that were given. Raises BadInput."""
    insist(_EMAIL, choices.email, "--email", "an e-mail address, such as ops@example.com")
    insist(_PHONE, choices.sms, "--sms", "a phone number with its country, such as +15550100")
    return _domain(choices.domain, choices.hosted_zone, choices.certificate) | _beside(choices)


def _domain(domain: str | None, hosted_zone: str | None, certificate: str | None) -> dict[str, str]:
    given: dict[str, str] = {}
    if domain == NONE:
        given = {"Domain": "", "HostedZoneId": "", "CertificateArn": ""}
    if hosted_zone is not None and certificate is not None:
        raise BadInput(
            "--hosted-zone and --certificate exclude each other: with a zone, the deploy makes a certificate"
        )
    if domain in (None, NONE) and (hosted_zone is not None or certificate is not None):
        raise BadInput("--hosted-zone and --certificate need --domain")
    if domain not in (None, NONE):
        insist(_DOMAIN, domain, "--domain", "a domain name, such as overdue.example.com")
        if hosted_zone is None and certificate is None:
            raise BadInput(
                f"--domain {domain} needs --hosted-zone (its Route 53 zone) or --certificate (its ARN in ACM)"
            )
        zone = (hosted_zone or "").removeprefix("/hostedzone/")
        insist(_ZONE, zone or None, "--hosted-zone", "the ID of a Route 53 zone, such as Z0123456789ABCDEFGHIJ")
        insist(_CERTIFICATE, certificate, "--certificate", "the ARN of a certificate in ACM, arn:aws:acm:…")
        given = {"Domain": domain or "", "HostedZoneId": zone, "CertificateArn": certificate or ""}
    return given


def _beside(choices: Choices) -> dict[str, str]:
    given: dict[str, str] = {}
    if (inside := choices.probe_inside) is not None:
        given["ProbeInside"] = "" if inside == NONE else ",".join(str(each) for each in networks(inside))
    if choices.tz is not None:
        given["TimeZone"] = current_zone(choices.tz)
    given |= {name: str(number) for name, number in choices.numbers.items() if number is not None}
    return given


def chosen_watchdog(url: str | None) -> str | None:
    """The URL of --watchdog: "" to remove it, None if the option was not given. Raises BadInput."""
    if url is not None and url != NONE and not re.fullmatch(r"https?://[^\s/]+\S*", url):
        raise BadInput(f'--watchdog "{url}" is not a URL, such as https://watchdog.example.com/abc')
    return "" if url == NONE else url


def insist(pattern: re.Pattern[str], value: str | None, option: str, expected: str) -> None:
    """Raise BadInput if a value is given and does not match; `expected` describes a valid value."""
    if value is not None and not pattern.fullmatch(value):
        raise BadInput(f'{option} "{value}" is not {expected}')


def insist_on_region(certificate: str | None, region: str) -> None:
    """Raise BadInput for a certificate in another region than the stage."""
    match = _CERTIFICATE.fullmatch(certificate or "")
    if match and match[1] != region:
        raise BadInput(f"The certificate is in {match[1]}, but it must be in {region}, the region of the stage.")
