"""Clock and certificate, the latter of a real TLS server on loopback."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from overdue.aws.account import Refused
from overdue.doctor import connectivity
from tests.builders import utc

NOW = utc("2026-11-25T12:00:00Z")


@pytest.mark.parametrize(
    ("away", "level", "said"),
    [
        (timedelta(seconds=2), "ok", "as AWS's, to 2 s"),
        (timedelta(seconds=3), "warning", "this machine's clock is 3 s fast by AWS's"),
        (timedelta(seconds=-300), "warning", "this machine's clock is 300 s slow by AWS's"),
        (
            timedelta(seconds=-301),
            "error",
            "this machine's clock is 301 s slow by AWS's: AWS refuses what is signed so",
        ),
    ],
    ids=["2 s", "3 s", "5 min", "more"],
)
def test_a_clock_may_be_two_seconds_off(away: timedelta, level: str, said: str) -> None:
    found = connectivity.judged_clock(away)

    assert (found.level, found.found) == (level, said)


def test_a_refused_signature_still_tells_how_far_the_clock_is_off() -> None:
    cause = ClientError(
        {
            "Error": {"Code": "SignatureDoesNotMatch"},
            "ResponseMetadata": {
                "RequestId": "",
                "HostId": "",
                "HTTPStatusCode": 403,
                "HTTPHeaders": {"date": "Wed, 25 Nov 2026 11:50:00 GMT"},
                "RetryAttempts": 0,
            },
        },
        "GetCallerIdentity",
    )
    refused = Refused("AWS says that this machine's clock is wrong")
    refused.__cause__ = cause

    credentials, clock = connectivity.not_let_in(refused, now=NOW)

    assert (credentials.level, credentials.found) == ("error", "AWS says that this machine's clock is wrong")
    assert (clock.level, clock.found[:39]) == ("error", "this machine's clock is 600 s fast by A")


def test_a_certificate_that_is_not_renewed_is_told_two_weeks_before() -> None:
    soon = connectivity.judged_certificate("overdue.example.com", NOW + timedelta(days=14), now=NOW)
    later = connectivity.judged_certificate("overdue.example.com", NOW + timedelta(days=15), now=NOW)

    assert (soon.level, later.level) == ("warning", "ok")
    assert soon.found == "that of overdue.example.com ends on 2026-12-09, and has not been renewed"


@contextmanager
def a_tls_server(folder: Path, *, ends: datetime) -> Iterator[tuple[int, ssl.SSLContext]]:
    """Its port, and a context that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(ends - timedelta(days=400))
        .not_valid_after(ends)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "both.pem").write_bytes(pem + secret)
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "both.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # a refused handshake is what is tested
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.server_port, ssl.create_default_context(cadata=pem.decode())
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_the_end_of_a_certificate_is_read_by_a_handshake(tmp_path: Path) -> None:
    ends = datetime.now(UTC).replace(microsecond=0) + timedelta(days=9)
    with a_tls_server(tmp_path, ends=ends) as (port, trusting):
        assert connectivity.certificate_ends("localhost", port, trusting) == ends


def test_a_certificate_that_has_ended_or_is_not_trusted_is_refused(tmp_path: Path) -> None:
    with a_tls_server(tmp_path, ends=datetime.now(UTC) - timedelta(days=1)) as (port, trusting):
        with pytest.raises(ssl.SSLCertVerificationError, match="expired"):
            connectivity.certificate_ends("localhost", port, trusting)
        with pytest.raises(ssl.SSLCertVerificationError, match="self-signed"):
            connectivity.certificate_ends("localhost", port, ssl.create_default_context())
