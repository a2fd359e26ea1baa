"""A server on loopback that says the bytes it is told, at its own pace, with TLS if wanted; and certificates for it."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class Connection:
    """One client, as a script sees it. `ended` is set when the test is over: whoever waits, waits for that."""

    def __init__(self, raw: socket.socket, ended: threading.Event) -> None:
        self._raw = raw
        self.ended = ended

    def say(self, text: str | bytes) -> None:
        self._raw.sendall(text.encode() if isinstance(text, str) else text)

    def wait(self, seconds: float) -> None:
        self.ended.wait(seconds)


Script = Callable[[str, Connection], None]  # what was asked, up to the blank line; to whom to answer


@dataclass
class Answering:
    """A running server: where it is, and what it has been asked."""

    port: int
    scheme: str
    asked: list[str] = field(default_factory=list)

    def url(self, path: str = "/", *, host: str = "127.0.0.1") -> str:
        return f"{self.scheme}://{host}:{self.port}{path}"


@contextmanager
def answering(script: Script, *, tls: ssl.SSLContext | None = None) -> Iterator[Answering]:
    """A server that serves while the block runs."""
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listening:
        server = Answering(listening.getsockname()[1], "http" if tls is None else "https")
        threads: list[threading.Thread] = []

        def serve(raw: socket.socket) -> None:
            with suppress(OSError), raw:
                raw.settimeout(10)
                talking = raw if tls is None else tls.wrap_socket(raw, server_side=True)
                with talking:
                    asked = ""
                    while "\r\n\r\n" not in asked:
                        read = talking.recv(4096)
                        if not read:
                            return
                        asked += read.decode("latin-1")
                    server.asked.append(asked)
                    script(asked, Connection(talking, ended))

        def accept() -> None:
            while True:
                try:
                    raw, _ = listening.accept()
                except OSError:
                    return
                if ended.is_set():
                    raw.close()
                    return
                threads.append(threading.Thread(target=serve, args=(raw,)))
                threads[-1].start()

        accepting = threading.Thread(target=accept)
        accepting.start()
        try:
            yield server
        finally:
            ended.set()
            socket.create_connection(("127.0.0.1", server.port)).close()  # `accept` knows no other end
            accepting.join()
            for thread in threads:
                thread.join()


def saying(status: str = "200 OK", body: str = "OK", *headers: str) -> Script:
    """A plain answer, the same to everybody."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body.encode())}", *headers, "", body]
    return lambda _, to: to.say("\r\n".join(lines))


@dataclass(frozen=True)
class Authority:
    """Issues certificates that nobody else trusts."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @classmethod
    def new(cls, now: datetime) -> "Authority":
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tests")])
        built = _built(name, name, key, now - timedelta(days=400), now + timedelta(days=400))
        built = built.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        return cls(key, built.sign(key, hashes.SHA256()))

    def trusted(self) -> ssl.SSLContext:
        """What a client has that trusts it."""
        pem = self.certificate.public_bytes(serialization.Encoding.PEM).decode()
        return ssl.create_default_context(cadata=pem)

    def server(self, folder: Path, *, begins: datetime, ends: datetime, host: str = "127.0.0.1") -> ssl.SSLContext:
        """What a server has that shows a certificate for a host, of this authority."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        built = _built(name, self.certificate.subject, key, begins, ends)
        is_address = host[0].isdigit()
        shown = x509.IPAddress(ip_address(host)) if is_address else x509.DNSName(host)
        built = built.add_extension(x509.SubjectAlternativeName([shown]), critical=False)
        pem = folder / f"{host}-{ends:%Y%m%d%H%M}.pem"
        secret = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        pem.write_bytes(secret + built.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        return context


def _built(
    name: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, begins: datetime, ends: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
    )
