"""Which network addresses a described service may have: never one that leads to a machine's own
doors (SSRF; S-47, OWASP ASVS 5.0, 1.3.6).

A rule on addresses. Names are resolved elsewhere, and what is checked here is what is connected to.
"""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

type Address = IPv4Address | IPv6Address

# Where clouds hand out the secrets of a machine. Most are link-local; these are not.
_METADATA: Final = frozenset(
    ip_address(text)
    for text in ("168.63.129.16", "100.100.100.200", "192.0.0.192", "fd00:ec2::254", "fd20:ce::254")
)
# RFC 1918, RFC 6598 (carrier and overlay networks), RFC 4193, and this machine itself.
_INSIDE: Final = tuple(
    ip_network(text)
    for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "fc00::/7", "::1/128")
)  # fmt: skip
_UNICAST: Final = IPv6Network("2000::/3")  # all that is given out so far (RFC 4291, IANA)
_NAT64: Final = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
_COMPATIBLE: Final = IPv6Network("::/96")


def is_public(text: str) -> bool:
    """Is this an address in the Internet, also when it is seen through?"""
    return all(
        one.is_global
        and not one.is_multicast
        and one not in _METADATA
        and (isinstance(one, IPv4Address) or one in _UNICAST)
        for one in _seen_through(text)
    )


def is_inside(text: str) -> bool:
    """Is this an address of the company's own network or machine, and none that gives secrets out?"""
    address = ip_address(text)
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return any(address in network for network in _INSIDE) and address not in _METADATA


def _seen_through(text: str) -> list[Address]:
    """The address, or the IPv4 addresses that an IPv6 one leads to (RFC 4291, 3056, 4380, 6052).

    Raises ValueError for what is no address, and for one with a zone (fe80::1%eth0).
    """
    if "%" in text:
        raise ValueError("an address with a zone")
    address = ip_address(text)
    if isinstance(address, IPv4Address):
        return [address]
    if address.ipv4_mapped:
        return [address.ipv4_mapped]
    last = IPv4Address(int(address) & 0xFFFFFFFF)
    if address.sixtofour:
        return [address, address.sixtofour]
    if address.teredo:
        return [address, *address.teredo]
    if any(address in network for network in _NAT64):
        return [last]
    if address in _COMPATIBLE:
        return [address, last]
    return [address]
