"""Which addresses a probe may connect to: the public ones, and those inside that the deployment has opened.

Whoever may make a check chooses its URL; without this, they could have the prober read what only it can reach: the
function's own runtime, the metadata of its machine, the network that it stands in. A name is resolved once, what it
resolves to is judged, and the connection goes to the judged address, so that a second answer of the DNS (rebinding)
is never asked for. Start at `reachable`.
"""

import socket
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from chalicelib.domain.errors import BadInput, OverdueError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolve = Callable[[str, int], Sequence[str]]  # a name and a port to addresses; raises OSError

# IANA's registries of special-purpose addresses, RFC 6890 and later, and the ranges that no registry gives out.
_CLOSED_IPV4 = {
    "0.0.0.0/8": "this network",
    "10.0.0.0/8": "private",
    "100.64.0.0/10": "carrier-grade NAT",
    "127.0.0.0/8": "loopback",
    "169.254.0.0/16": "link-local, metadata",
    "172.16.0.0/12": "private",
    "192.0.0.0/24": "protocol assignments",
    "192.0.2.0/24": "documentation",
    "192.31.196.0/24": "AS112",
    "192.52.193.0/24": "AMT",
    "192.88.99.0/24": "6to4 relay",
    "192.168.0.0/16": "private",
    "192.175.48.0/24": "AS112",
    "198.18.0.0/15": "benchmarks",
    "198.51.100.0/24": "documentation",
    "203.0.113.0/24": "documentation",
    "224.0.0.0/4": "multicast",
    "240.0.0.0/4": "reserved",
}
_CLOSED_IPV6 = {
    "2001::/23": "protocol assignments, Teredo",
    "2001:db8::/32": "documentation",
    "2002::/16": "6to4",
    "2620:4f:8000::/48": "AS112",
    "3fff::/20": "documentation",
}
_OTHER_IPV6 = {  # outside of 2000::/3, where all public ones are; named for people only
    "::/128": "unspecified",
    "::1/128": "loopback",
    "64:ff9b:1::/48": "local NAT64",
    "fc00::/7": "private",
    "fe80::/10": "link-local",
    "fec0::/10": "site-local",
    "ff00::/8": "multicast",
}
_V4 = tuple((IPv4Network(text), kind) for text, kind in _CLOSED_IPV4.items())
_V6 = tuple((IPv6Network(text), kind) for text, kind in (_CLOSED_IPV6 | _OTHER_IPV6).items())
_PUBLIC_IPV6 = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")


class Closed(OverdueError):
    """All addresses of a name are inside, and not open to probes."""


def networks(text: str) -> tuple[Network, ...]:
    """Networks with commas between them; none for an empty text. Raises BadInput."""
    try:
        return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise BadInput(
            f'networks that probes may reach, "{text}": {error}. Write networks such as 10.0.0.0/8,fd00::/8'
        ) from error


def resolved(host: str, port: int) -> list[str]:
    """What the machine's resolver says, IPv4 first: a Lambda function has no way out by IPv6. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    found.sort(key=lambda each: each[0] is not socket.AF_INET)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


def reachable(host: str, port: int, *, resolve: Resolve, opened: Sequence[Network]) -> list[Address]:
    """The addresses of a host that may be connected to, in the order in which to try them; at least one.

    Raises Closed, and OSError when the name is not known.
    """
    found = [_address(text) for text in resolve(host, port)]
    may = [address for address in found if closed(address, opened) is None]
    if not may:
        inside = found[0]
        raise Closed(f"{inside} is an inside address ({closed(inside, opened)}), closed to probes")
    return may


def closed(address: Address, opened: Sequence[Network]) -> str | None:
    """Why an address is closed to probes; None: it may be asked.

    One that carries an IPv4 address within (mapped, NAT64) is what that one is.
    """
    meant = _meant(address)
    if any(one in network for network in opened for one in (address, meant) if one.version == network.version):
        return None
    table = _V4 if isinstance(meant, IPv4Address) else _V6
    kind = next((kind for network, kind in table if meant in network), None)
    if kind is None and isinstance(meant, IPv6Address) and meant not in _PUBLIC_IPV6:
        return "reserved"
    return kind


def _meant(address: Address) -> Address:
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else address


def _address(text: str) -> Address:
    """An address as a resolver gives it; its scope (`%eth0`) means nothing elsewhere."""
    return ip_address(text.partition("%")[0])
