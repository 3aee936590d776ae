"""Which addresses we call for other people: none through which our own network could be reached.

Somebody else names the address (a feed, a picture in it, a redirect), but the call comes from
inside: a cloud's metadata service or a database's port would take it for one of ours.
"""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address

_NEVER = tuple(
    ip_network(network)
    for network in (
        "0.0.0.0/8",  # this network
        "169.254.0.0/16",  # link-local: the metadata services of clouds
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
        "::/128",
        "fe80::/10",  # link-local
        "fec0::/10",  # site-local of old
        "ff00::/8",  # multicast
        "fd00:ec2::/32",  # the metadata service of a cloud
    )
)
_PRIVATE = tuple(
    ip_network(network)
    for network in (
        "10.0.0.0/8",
        "100.64.0.0/10",  # behind a provider's address translation
        "127.0.0.0/8",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",
        "203.0.113.0/24",
        "::/96",  # IPv4 in a form of old, and the loopback
        "64:ff9b:1::/48",  # address translation of a network's own
        "100::/64",
        "2001::/23",
        "2001:db8::/32",
        "3fff::/20",
        "5f00::/16",
        "fc00::/7",
    )
)
_NAT64 = IPv6Network("64:ff9b::/96")


class AddressGuard:
    """Says which addresses may be called.

    With `allow_private` also those of this machine and its own network, but never those that
    only machines talk to (link-local, multicast, reserved).
    """

    def __init__(self, *, allow_private: bool = False) -> None:
        self.allow_private = allow_private

    def allows(self, text: str) -> bool:
        """Say whether an address, as the resolver writes it, may be called."""
        try:
            address = ip_address(text.partition("%")[0])
        except ValueError:
            return False
        return all(self._allows(meant) for meant in _meant_by(address))

    def _allows(self, address: Address) -> bool:
        if any(address in network for network in _NEVER):
            return False
        private = any(address in network for network in _PRIVATE) or not address.is_global
        return self.allow_private or not private


def _meant_by(address: Address) -> Iterator[Address]:
    """Return an address, or the IPv4 addresses that a translated one leads to."""
    if isinstance(address, IPv4Address):
        yield address
    elif address.ipv4_mapped is not None:
        yield address.ipv4_mapped
    elif address in _NAT64:
        yield IPv4Address(int(address) & 0xFFFFFFFF)
    else:
        yield address
        if address.sixtofour is not None:
            yield address.sixtofour
        yield from address.teredo or ()
