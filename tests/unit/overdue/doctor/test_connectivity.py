"""Findings about the clock, and about the certificate of a real TLS server on loopback."""

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
    ("offset", "level", "text"),
    [
        (timedelta(seconds=2), "ok", "within 2 s of AWS's"),
        (timedelta(seconds=3), "warning", "this machine's clock is 3 s ahead of AWS's"),
        (timedelta(seconds=-300), "warning", "this machine's clock is 300 s behind AWS's"),
        (
            timedelta(seconds=-301),
            "error",
            "this machine's clock is 301 s behind AWS's, and AWS rejects requests signed by it",
        ),
    ],
    ids=["2 s", "3 s", "5 min", "more"],
)
def test_a_clock_may_be_two_seconds_off(offset: timedelta, level: str, text: str) -> None:
    found = connectivity.judged_clock(offset)

    assert (found.level, found.found) == (level, text)


def test_a_refused_signature_still_shows_how_far_the_clock_is_off() -> None:
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
    refused = Refused("AWS reports that this machine's clock is wrong")
    refused.__cause__ = cause

    credentials, clock = connectivity.not_let_in(refused, now=NOW)

    assert (credentials.level, credentials.found) == ("error", "AWS reports that this machine's clock is wrong")
    assert (clock.level, clock.found[:39]) == ("error", "this machine's clock is 600 s ahead of ")


def test_a_certificate_that_is_not_renewed_is_reported_two_weeks_before_its_end() -> None:
    soon = connectivity.judged_certificate("overdue.example.com", NOW + timedelta(days=14), now=NOW)
    later = connectivity.judged_certificate("overdue.example.com", NOW + timedelta(days=15), now=NOW)

    assert (soon.level, later.level) == ("warning", "ok")
    assert soon.found == "the certificate of overdue.example.com ends on 2026-12-09 and has not been renewed"


@contextmanager
def a_tls_server(folder: Path, *, ends: datetime) -> Iterator[tuple[int, ssl.SSLContext]]:
    """The port of a TLS server, and a context that trusts its certificate."""
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
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # refused handshakes are expected here
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.server_port, ssl.create_default_context(cadata=pem.decode())
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_the_end_of_a_certificate_is_read_in_a_handshake(tmp_path: Path) -> None:
    ends = datetime.now(UTC).replace(microsecond=0) + timedelta(days=9)
    with a_tls_server(tmp_path, ends=ends) as (port, trusting):
        assert connectivity.certificate_ends("localhost", port, trusting) == ends


def test_an_expired_or_untrusted_certificate_is_refused(tmp_path: Path) -> None:
    with a_tls_server(tmp_path, ends=datetime.now(UTC) - timedelta(days=1)) as (port, trusting):
        with pytest.raises(ssl.SSLCertVerificationError, match="expired"):
            connectivity.certificate_ends("localhost", port, trusting)
        with pytest.raises(ssl.SSLCertVerificationError, match="self-signed"):
            connectivity.certificate_ends("localhost", port, ssl.create_default_context())
