"""Check the connection to the stage: credentials, this machine's clock, the base URL and its certificate."""

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
FAR_OFF = timedelta(minutes=5)  # beyond this, AWS rejects the signature
SOON = timedelta(days=14)
STATUS = "/api/v3/status"


def identity(stage: Patient) -> list[Finding]:
    """Report the caller's identity, and check how far this machine's clock is from AWS's. One call."""
    before = stage.clock.now()
    caller = stage.client("sts").get_caller_identity()
    after = stage.clock.now()
    account = stage.account
    who = ok("credentials", f"{caller['Arn']}, account {account.id}, region {account.region}, stage {account.stage}")
    stamp = caller["ResponseMetadata"]["HTTPHeaders"].get("date")
    return [who] if stamp is None else [who, judged_clock(_away(stamp, before + (after - before) / 2))]


def not_let_in(refused: OverdueError, *, now: datetime) -> list[Finding]:
    """The findings when AWS rejects the credentials: the reason, and the clock if AWS answered at all."""
    findings = [error("credentials", str(refused))]
    cause = refused.__cause__
    if isinstance(cause, ClientError):
        stamp = cause.response.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
        if stamp is not None:
            findings.append(judged_clock(_away(stamp, now)))
    return findings


def _away(stamp: str, here: datetime) -> timedelta:
    """This machine's clock minus AWS's. AWS's time stamp is cut to whole seconds, so half a second is added."""
    return here - parsedate_to_datetime(stamp).astimezone(UTC) - timedelta(seconds=0.5)


def judged_clock(offset: timedelta) -> Finding:
    """Evaluate the offset of this machine's clock from AWS's; positive: ahead."""
    seconds = abs(offset.total_seconds())
    text = f"this machine's clock is {seconds:.0f} s {'ahead of' if offset > timedelta() else 'behind'} AWS's"
    fix = "synchronize it by NTP: timedatectl set-ntp true"
    if abs(offset) > FAR_OFF:
        return error("clock", f"{text}, and AWS rejects requests signed by it", fix)
    if abs(offset) > OFF:
        return warning("clock", text, fix)
    return ok("clock", "within 2 s of AWS's")


def answers(stage: Patient) -> list[Finding]:
    """Check that the stage answers. One request."""
    url = stage.url()
    if url is None:
        return [error("base URL", "the stage has no base URL", stage.deploy)]
    return [answering(url, stage=stage.account.stage)]


def answering(url: str, *, stage: str) -> Finding:
    """Request the status of a base URL and evaluate the answer."""
    logs = f"overdue logs --stage {stage} --function api --since 15m"
    try:
        answer = http.send("GET", url + STATUS, body=None, headers={}, timeout_s=TIMEOUT_S)
    except http.Unreachable as unreachable:
        return error("base URL", str(unreachable), "check the URL, and that its host name resolves")
    if not answer.is_good:
        return error("base URL", f"{url}{STATUS} answers {answer.status}: {answer.text(80)}", logs)
    return ok("base URL", f"{url} answers")


def certificate(stage: Patient) -> list[Finding]:
    """Check the certificate of a custom domain, with one TLS handshake. AWS renews those of its own domains."""
    url, state = stage.url(), stage.state()
    if url is None or state is None or not state.parameters.get("Domain"):
        return []
    host = urlsplit(url).hostname or state.parameters["Domain"]
    try:
        ends = certificate_ends(host, urlsplit(url).port or 443, ssl.create_default_context())
    except ssl.SSLCertVerificationError as refused:
        fix = "add the validation record that AWS Certificate Manager shows to the domain's DNS; ACM then renews it"
        return [error("certificate", f"the certificate of {host} is not valid: {refused.verify_message}", fix)]
    except OSError as failure:
        fix = "check that its DNS record points to the stack's output DomainTarget"
        return [error("certificate", f"cannot connect to {host} to read its certificate: {failure}", fix)]
    return [judged_certificate(host, ends, now=stage.clock.now())]


def certificate_ends(host: str, port: int, context: ssl.SSLContext) -> datetime:
    """The end of a certificate's validity, UTC. Raises OSError, including SSLCertVerificationError."""
    with (
        socket.create_connection((host, port), timeout=TIMEOUT_S) as plain,
        context.wrap_socket(plain, server_hostname=host) as secured,
    ):
        peer = secured.getpeercert()
    assert peer, "a verified peer has a certificate"
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(peer["notAfter"])), UTC)


def judged_certificate(host: str, ends: datetime, *, now: datetime) -> Finding:
    """Evaluate the end of a certificate. ACM renews 60 days before it, so at 14 days the renewal has failed."""
    if ends - now <= SOON:
        fix = "check its DNS validation: see AWS Certificate Manager, pending validation"
        text = f"the certificate of {host} ends on {ends:%Y-%m-%d} and has not been renewed"
        return warning("certificate", text, fix)
    return ok("certificate", f"the certificate of {host} is valid until {ends:%Y-%m-%d}")
