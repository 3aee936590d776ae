"""Who asks, as far as it can be told, and from where: what limits are counted by.

None of it proves anything. It decides how often something may be done, and nothing else.
"""

from dataclasses import dataclass, field
from hmac import digest
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import NamedTuple

from plantly.domain.limits import NO_LIMITS, Limit, LimitTable

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address

PRIVATE_NETWORKS: tuple[Network, ...] = tuple(
    map(
        ip_network,
        (
            "127.0.0.0/8",
            "::1/128",
            "10.0.0.0/8",
            "172.16.0.0/12",
            "192.168.0.0/16",
            "169.254.0.0/16",
            "100.64.0.0/10",
            "fc00::/7",
            "fe80::/10",
        ),
    )
)
"""Where no shopper of the internet comes from: a proxy does, or somebody in the house."""

_IPV6_PREFIX = 64
_MOST_HOPS = 20
_LONGEST_ADDRESS = 60
_GUESSES = frozenset({"codes", "misses"})
"""Where not even nobody in particular may try for ever."""


class Cost(NamedTuple):
    """What doing something costs one key; `key` is a keyed hash and tells nobody anything."""

    key: str
    interval_us: int
    tolerance_us: int

    def times(self, number: int) -> "Cost":
        """Return what it costs to do it so often at once, which is never more than all there is."""
        return self._replace(interval_us=min(self.interval_us * number, self.tolerance_us))


@dataclass(frozen=True, slots=True)
class Visitor:
    """A caller: `client` is a name for who it is, `address` for where it calls from."""

    client: str | None = field(default=None, repr=False)
    address: str | None = field(default=None, repr=False)
    for_many: bool = False
    """An assistant calls for one of its many people, so its address says little."""
    table: LimitTable = NO_LIMITS
    secret: bytes = field(default=b"", repr=False)

    def costs(self, name: str) -> list[Cost]:
        """Return what doing something costs this visitor, by who it is and by where it is."""
        found = [self.cost(name, "client", self.client)] if self.client else []
        if self.address:
            many = self.for_many
            found.append(self.cost(f"{name}_address", "address", self.address, many=many))
        if not found and name in _GUESSES:
            found.append(self.cost(name, "anybody", "", many=True))
        return [cost for cost in found if cost is not None]

    def cost(self, name: str, kind: str, value: str, *, many: bool = False) -> Cost | None:
        """Return what doing something costs one key; None where it is not limited."""
        limit = self.table.get(name, many=many)
        return None if limit is None else _cost(limit, self.key(name, kind, value))

    def key(self, name: str, kind: str, value: str) -> str:
        """Return the name under which something is counted: nobody can read it back."""
        return digest(self.secret, f"{name}\0{kind}\0{value}".encode(), "sha256").hex()[:32]


NOBODY = Visitor()
"""Nobody is counted: the shop itself works, or its merchant."""


def _cost(limit: Limit, key: str) -> Cost:
    return Cost(key, limit.interval_us, limit.tolerance_us)


def address_of(peer: str | None, forwarded: str, trusted: tuple[Network, ...]) -> str | None:
    """Return the address that a request came from; None when nobody says who it was.

    A trusted peer speaks for others, in `forwarded` (X-Forwarded-For): each proxy adds at the right
    whom it heard, so the right-most hop that is not trusted is the last one that nobody made up. A
    trusted peer that names no other is the house itself. Of IPv6, /64 is one customer.
    """
    found = _parsed(peer or "")
    if found is None or not _is_trusted(found, trusted):
        return _shown(found) if found is not None else None
    for hop in reversed(forwarded.split(",")[-_MOST_HOPS:]):
        named = _parsed(hop.strip())
        if named is None:
            return None
        if not _is_trusted(named, trusted):
            return _shown(named)
    return None


def _parsed(text: str) -> Address | None:
    """Read an address as proxies write it: perhaps with a port, perhaps in brackets."""
    if len(text) > _LONGEST_ADDRESS:
        return None
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found


def _is_trusted(address: Address, trusted: tuple[Network, ...]) -> bool:
    return any(address in network for network in trusted)


def _shown(address: Address) -> str:
    if isinstance(address, IPv4Address):
        return str(address)
    network = ip_network((address, _IPV6_PREFIX), strict=False)
    return str(network)


def read_networks(text: str) -> tuple[tuple[Network, ...], list[str]]:
    """Read a list of networks; return it with a sentence for each mistake.

    `private` stands for the private networks, which are also what an empty text means; `none` for
    no network at all.
    """
    networks: list[Network] = []
    problems = []
    for item in filter(None, (part.strip() for part in (text.strip() or "private").split(","))):
        if item.lower() == "private":
            networks += PRIVATE_NETWORKS
        elif item.lower() != "none":
            try:
                networks.append(ip_network(item))
            except ValueError:
                problems.append(
                    f"{item!r} is no network: use one such as 203.0.113.0/24, private, or none."
                )
    return tuple(networks), problems
