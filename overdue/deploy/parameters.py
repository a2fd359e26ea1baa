"""What an operator says of a deployment, checked before AWS is asked, and the template's parameters that it means.

Start at `parameters`. Whatever is not said stays as it is; `none` takes a thing away.
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
    """A name that a stage at AWS may have. Raises BadInput."""
    if text == LOCAL_STAGE:
        raise BadInput(f'"{LOCAL_STAGE}" is the server that runs on this machine: choose another --stage')
    if not _STAGE.fullmatch(text):
        raise BadInput(f'"{text}" cannot be a stage: use 1 to 32 lower-case letters, digits and hyphens')
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What was said; None: nothing was, so that it stays as it is."""

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
    """The template's parameters that are chosen now; what is not said stays as it is. Raises BadInput."""
    insist(_EMAIL, choices.email, "--email", "an e-mail address, such as ops@example.com")
    insist(_PHONE, choices.sms, "--sms", "a phone number with its country, such as +15550100")
    return _domain(choices.domain, choices.hosted_zone, choices.certificate) | _beside(choices)


def _domain(domain: str | None, hosted_zone: str | None, certificate: str | None) -> dict[str, str]:
    said: dict[str, str] = {}
    if domain == NONE:
        said = {"Domain": "", "HostedZoneId": "", "CertificateArn": ""}
    if hosted_zone is not None and certificate is not None:
        raise BadInput("--hosted-zone and --certificate exclude each other: with a zone, the certificate is made")
    if domain in (None, NONE) and (hosted_zone is not None or certificate is not None):
        raise BadInput("--hosted-zone and --certificate are for a --domain")
    if domain not in (None, NONE):
        insist(_DOMAIN, domain, "--domain", "a name of your own, such as overdue.example.com")
        if hosted_zone is None and certificate is None:
            raise BadInput(
                f"--domain {domain} needs --hosted-zone (its Route 53 zone) or --certificate (its ARN in ACM)"
            )
        zone = (hosted_zone or "").removeprefix("/hostedzone/")
        insist(_ZONE, zone or None, "--hosted-zone", "the ID of a Route 53 zone, such as Z0123456789ABCDEFGHIJ")
        insist(_CERTIFICATE, certificate, "--certificate", "the ARN of a certificate in ACM, arn:aws:acm:…")
        said = {"Domain": domain or "", "HostedZoneId": zone, "CertificateArn": certificate or ""}
    return said


def _beside(choices: Choices) -> dict[str, str]:
    said: dict[str, str] = {}
    if (inside := choices.probe_inside) is not None:
        said["ProbeInside"] = "" if inside == NONE else ",".join(str(each) for each in networks(inside))
    if choices.tz is not None:
        said["TimeZone"] = current_zone(choices.tz)
    said |= {name: str(number) for name, number in choices.numbers.items() if number is not None}
    return said


def chosen_watchdog(url: str | None) -> str | None:
    """The URL of --watchdog: "" to remove it, None if the option was not given. Raises BadInput."""
    if url is not None and url != NONE and not re.fullmatch(r"https?://[^\s/]+\S*", url):
        raise BadInput(f'--watchdog "{url}" is not a URL, such as https://watchdog.example.com/abc')
    return "" if url == NONE else url


def insist(pattern: re.Pattern[str], value: str | None, option: str, what: str) -> None:
    """Raises BadInput for a value that is said, and is not what it must be."""
    if value is not None and not pattern.fullmatch(value):
        raise BadInput(f'{option} "{value}" is not {what}')


def insist_on_region(certificate: str | None, region: str) -> None:
    """Raises BadInput for a certificate that is elsewhere than its stage."""
    found = _CERTIFICATE.fullmatch(certificate or "")
    if found and found[1] != region:
        raise BadInput(f"the certificate is in {found[1]}, but the stage in {region}: it must be in the stage's region")
