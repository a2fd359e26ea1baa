"""From here to there: who we are at AWS, by whose clock, and does the stage answer by HTTPS?"""

import socket
import ssl
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from chalicelib.domain.errors import OverdueError
from overdue.client import http
from overdue.doctor.finding import Finding, error, ok, warning
from overdue.doctor.stage import Patient

TIMEOUT_S = 10.0
OFF = timedelta(seconds=2)
FAR_OFF = timedelta(minutes=5)  # beyond it AWS takes no signature
SOON = timedelta(days=14)
STATUS = "/api/v3/status"


def identity(patient: Patient) -> list[Finding]:
    """Who we are, and how far this machine's clock is from AWS's. One call."""
    before = patient.clock.now()
    us = patient.client("sts").get_caller_identity()
    after = patient.clock.now()
    account = patient.account
    who = ok("credentials", f"{us['Arn']}, account {account.id}, region {account.region}, stage {account.stage}")
    stamp = us["ResponseMetadata"]["HTTPHeaders"].get("date")
    return [who] if stamp is None else [who, judged_clock(_away(stamp, before + (after - before) / 2))]


def not_let_in(refused: OverdueError, *, now: datetime) -> list[Finding]:
    """What is known when AWS does not let us in: why, and its clock, if it has answered."""
    findings = [error("credentials", str(refused))]
    cause = refused.__cause__
    if isinstance(cause, ClientError):
        stamp = cause.response.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
        if stamp is not None:
            findings.append(judged_clock(_away(stamp, now)))
    return findings


def _away(stamp: str, here: datetime) -> timedelta:
    """This clock less AWS's, whose stamp is cut to whole seconds."""
    return here - parsedate_to_datetime(stamp).astimezone(UTC) - timedelta(seconds=0.5)


def judged_clock(away: timedelta) -> Finding:
    """What a clock's error does."""
    seconds = abs(away.total_seconds())
    said = f"this machine's clock is {seconds:.0f} s {'fast' if away > timedelta() else 'slow'} by AWS's"
    mend = "let NTP set it: timedatectl set-ntp true"
    if abs(away) > FAR_OFF:
        return error("clock", f"{said}: AWS refuses what is signed so", mend)
    if abs(away) > OFF:
        return warning("clock", said, mend)
    return ok("clock", "as AWS's, to 2 s")


def answers(patient: Patient) -> list[Finding]:
    """Whether the stage answers. One request."""
    url = patient.url()
    if url is None:
        return [error("base URL", "nobody says where the stage is reached", patient.deploy)]
    return [answering(url, stage=patient.account.stage)]


def answering(url: str, *, stage: str) -> Finding:
    """Ask a base URL for its state."""
    see = f"overdue logs --stage {stage} --function api --since 15m"
    try:
        answer = http.send("GET", url + STATUS, body=None, headers={}, timeout_s=TIMEOUT_S)
    except http.Unreachable as unreachable:
        return error("base URL", str(unreachable), "is it the right URL, and does its name resolve?")
    if not answer.is_good:
        return error("base URL", f"{url}{STATUS} answers {answer.status}: {answer.text(80)}", see)
    return ok("base URL", f"{url} answers")


def certificate(patient: Patient) -> list[Finding]:
    """That of a domain of one's own; one handshake. AWS renews its own by itself."""
    url, state = patient.url(), patient.state()
    if url is None or state is None or not state.parameters.get("Domain"):
        return []
    host = urlsplit(url).hostname or state.parameters["Domain"]
    try:
        ends = certificate_ends(host, urlsplit(url).port or 443, ssl.create_default_context())
    except ssl.SSLCertVerificationError as refused:
        mend = "ACM renews it once the domain's validation record is in its DNS: see AWS Certificate Manager"
        return [error("certificate", f"that of {host} is not valid: {refused.verify_message}", mend)]
    except OSError as trouble:
        return [error("certificate", f"{host} cannot be asked for it: {trouble}", "does its DNS lead to DomainTarget?")]
    return [judged_certificate(host, ends, now=patient.clock.now())]


def certificate_ends(host: str, port: int, context: ssl.SSLContext) -> datetime:
    """Until when a host's certificate is valid. Raises OSError, SSLCertVerificationError among them."""
    with (
        socket.create_connection((host, port), timeout=TIMEOUT_S) as plain,
        context.wrap_socket(plain, server_hostname=host) as secured,
    ):
        found = secured.getpeercert()
    assert found, "a verified peer has one"
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(found["notAfter"])), UTC)


def judged_certificate(host: str, ends: datetime, *, now: datetime) -> Finding:
    """ACM renews 60 days before the end: what is nearly over is not being renewed."""
    if ends - now <= SOON:
        mend = "ACM renews only what is validated by DNS: see AWS Certificate Manager, pending validation"
        return warning("certificate", f"that of {host} ends on {ends:%Y-%m-%d}, and has not been renewed", mend)
    return ok("certificate", f"that of {host} is valid until {ends:%Y-%m-%d}")
