"""Which addresses are closed to probes, by the table that IANA keeps, and however they are spelt."""

from collections.abc import Sequence
from ipaddress import ip_address

import pytest

from chalicelib.domain.errors import BadInput
from chalicelib.probes.address import Closed, closed, networks, reachable, resolved

INSIDE = [
    pytest.param("127.0.0.1", "loopback", id="the function's own runtime listens there"),
    pytest.param("127.255.255.254", "loopback", id="all of loopback"),
    pytest.param("0.0.0.0", "this network", id="connects to loopback on Linux"),
    pytest.param("10.0.0.1", "private", id="private A"),
    pytest.param("172.16.0.1", "private", id="private B, first"),
    pytest.param("172.31.255.255", "private", id="private B, last"),
    pytest.param("192.168.1.1", "private", id="private C"),
    pytest.param("169.254.169.254", "link-local, metadata", id="the machine's metadata"),
    pytest.param("169.254.170.2", "link-local, metadata", id="a container's credentials"),
    pytest.param("100.64.0.1", "carrier-grade NAT", id="carrier-grade NAT"),
    pytest.param("100.100.100.200", "carrier-grade NAT", id="another cloud's metadata"),
    pytest.param("192.0.0.192", "protocol assignments", id="one more cloud's metadata"),
    pytest.param("198.18.0.1", "benchmarks", id="benchmarks"),
    pytest.param("203.0.113.7", "documentation", id="documentation"),
    pytest.param("224.0.0.1", "multicast", id="multicast"),
    pytest.param("240.0.0.1", "reserved", id="reserved"),
    pytest.param("255.255.255.255", "reserved", id="broadcast"),
    pytest.param("::1", "loopback", id="loopback in IPv6"),
    pytest.param("::", "unspecified", id="unspecified"),
    pytest.param("fe80::1", "link-local", id="link-local in IPv6"),
    pytest.param("fec0::1", "site-local", id="site-local"),
    pytest.param("fc00::1", "private", id="unique local"),
    pytest.param("fd00:ec2::254", "private", id="the metadata of EC2 in IPv6"),
    pytest.param("ff02::1", "multicast", id="multicast in IPv6"),
    pytest.param("2001:db8::1", "documentation", id="documentation in IPv6"),
    pytest.param("3fff::1", "documentation", id="the newer documentation"),
    pytest.param("2001:0:4136:e378::1", "protocol assignments, Teredo", id="Teredo"),
    pytest.param("2002:7f00:1::1", "6to4", id="6to4"),
    pytest.param("::ffff:127.0.0.1", "loopback", id="loopback, mapped"),
    pytest.param("::ffff:169.254.169.254", "link-local, metadata", id="metadata, mapped"),
    pytest.param("64:ff9b::a9fe:a9fe", "link-local, metadata", id="metadata by NAT64"),
    pytest.param("64:ff9b:1::1", "local NAT64", id="local NAT64"),
    pytest.param("::7f00:1", "reserved", id="loopback, IPv4-compatible"),
    pytest.param("5f00::1", "reserved", id="what nobody has been given"),
    pytest.param("4000::1", "reserved", id="above the public ones"),
]
OUTSIDE = [
    "1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0",
    "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.167.255.255", "192.169.0.0",
    "223.255.255.255", "2606:4700::1111", "2a00:1450:4001::1", "::ffff:1.1.1.1", "64:ff9b::101:101", "2001:200::1",
]  # fmt: skip


@pytest.mark.parametrize(("text", "kind"), INSIDE)
def test_an_inside_address_is_closed_and_says_which_kind_it_is(text: str, kind: str) -> None:
    assert closed(ip_address(text), ()) == kind


@pytest.mark.parametrize("text", OUTSIDE)
def test_a_public_address_is_open_up_to_the_borders(text: str) -> None:
    assert closed(ip_address(text), ()) is None


@pytest.mark.parametrize(
    ("opened", "text", "is_open"),
    [
        ("10.0.0.0/8", "10.2.3.4", True),
        ("10.0.0.0/8", "::ffff:10.2.3.4", True),
        ("10.0.0.0/8", "169.254.169.254", False),
        ("10.1.0.0/16, fd00::/8", "10.2.3.4", False),
        ("10.1.0.0/16, fd00::/8", "fd12::1", True),
        ("127.0.0.0/8,::1/128", "::1", True),
    ],
)
def test_a_deployment_opens_the_networks_that_it_names_and_no_others(opened: str, text: str, is_open: bool) -> None:
    assert (closed(ip_address(text), networks(opened)) is None) is is_open


def test_a_network_that_is_none_is_refused_with_its_name() -> None:
    with pytest.raises(BadInput, match=r'networks that probes may reach, "10\.0\.0\.1/8": .*host bits'):
        networks("10.0.0.1/8")


def told(*addresses: str) -> "Resolving":
    return Resolving(addresses)


class Resolving:
    """A resolver that says the same to everybody."""

    def __init__(self, addresses: Sequence[str]) -> None:
        self.addresses = addresses

    def __call__(self, _: str, __: int) -> Sequence[str]:
        return self.addresses


def test_a_name_that_leads_inside_only_is_closed() -> None:
    with pytest.raises(Closed, match=r"^10\.0\.0\.5 is an inside address \(private\), closed to probes$"):
        reachable("intranet.example.com", 80, resolve=told("10.0.0.5", "::1"), opened=())


def test_of_a_name_that_leads_both_ways_only_the_outside_is_asked() -> None:
    found = reachable("both.example.com", 80, resolve=told("10.0.0.5", "1.1.1.1", "fe80::1%eth0"), opened=())

    assert found == [ip_address("1.1.1.1")]


@pytest.mark.parametrize("host", ["127.1", "0x7f000001", "2130706433", "0177.0.0.1"])
def test_loopback_in_an_old_spelling_is_closed_too(host: str) -> None:
    with pytest.raises(Closed, match="loopback"):
        reachable(host, 80, resolve=resolved, opened=())


def test_the_machines_own_resolver_tells_each_address_once() -> None:
    assert resolved("127.0.0.1", 80) == ["127.0.0.1"]
