"""The limits as one process keeps them: who asks, and what it takes no database to refuse."""

from collections.abc import Iterable
from hashlib import sha256
from typing import Final

from plantly.domain.errors import RateLimited
from plantly.domain.ids import Clock, utc_now
from plantly.domain.limits import NO_LIMITS, Limit, LimitTable, microseconds, take, whole_seconds
from plantly.domain.visitor import Network, Visitor, address_of
from plantly.services.limits import too_often

_MOST_KEPT: Final = 10_000
_MOST_ADDRESSES: Final = 2048
_LONGEST_KEPT: Final = 200
_FORWARDED: Final = b"x-forwarded-for"
_SECOND_US: Final = 1_000_000


class LocalLimiter:
    """Counts in this process alone, for what must not cost a write: a few numbers a caller.

    It remembers a bounded number of callers, by hash only. Whoever came longest ago is forgotten.
    """

    def __init__(self, most: int = _MOST_KEPT) -> None:
        self._most = most
        self._spent: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._spent)

    def wait_us(self, key: object, limit: Limit, now_us: int) -> int:
        """Count a caller; return 0, or how long it has to wait."""
        hashed = hash(key)
        taken = take(limit, self._spent.pop(hashed, 0), now_us)
        if len(self._spent) >= self._most:
            del self._spent[next(iter(self._spent))]
        # Back in as the youngest.
        self._spent[hashed] = taken.spent_until_us
        return taken.wait_us


class Gate:
    """Tells who asks, lets readers through, and remembers whom the database has refused.

    `open` it with the installation's secret before the first request.
    """

    def __init__(
        self,
        table: LimitTable = NO_LIMITS,
        trusted: tuple[Network, ...] = (),
        clock: Clock = utc_now,
    ) -> None:
        self.table = table
        self._trusted = trusted
        self._clock = clock
        self._secret = b""
        self._local = LocalLimiter()
        self._reads = table.get("reads")
        self._requests = (self._reads, table.get("reads", many=True))
        self._bad_webhooks = table.get("bad_webhooks")
        self._addresses: dict[tuple[str | None, str], str | None] = {}
        self._refused: dict[tuple[str, int], tuple[int, RateLimited]] = {}

    def open(self, secret: bytes) -> None:
        """Count under this secret from now on."""
        self._secret = secret

    def address(self, peer: str | None, headers: Iterable[tuple[bytes, bytes]]) -> str | None:
        """Return where a request with these headers came from, or None when nobody says."""
        named = [value for name, value in headers if name == _FORWARDED]
        forwarded = b",".join(named).decode("latin-1") if named else ""
        asked = (peer, forwarded)
        if asked in self._addresses:
            return self._addresses[asked]
        found = address_of(peer, forwarded, self._trusted)
        if len(forwarded) <= _LONGEST_KEPT:
            if len(self._addresses) >= _MOST_ADDRESSES:
                self._addresses.clear()
            self._addresses[asked] = found
        return found

    def visitor(
        self, address: str | None, claim: str | None = None, *, for_many: bool = False
    ) -> Visitor:
        """Return a caller; `claim` is who it is, as far as it or its assistant says so."""
        if not self.table.limits:
            return Visitor()
        client = sha256(claim.encode()).hexdigest() if claim else None
        return Visitor(client, address, for_many, self.table, self._secret)

    def read(self, visitor: Visitor) -> None:
        """Count somebody who only looks.

        Raises:
            RateLimited: It looks too often.
        """
        who = visitor.client or visitor.address
        if who is not None:
            self._count("reads", who, self._reads)

    def request(self, address: str | None, *, for_many: bool = False) -> None:
        """Count a request from an address, whatever it asks for.

        Raises:
            RateLimited: There are too many.
        """
        if address is not None:
            self._count("requests", (address, for_many), self._requests[for_many])

    def bad_webhook(self, address: str | None) -> None:
        """Count a webhook that cannot be trusted.

        Raises:
            RateLimited: There are too many from that address.
        """
        if address is not None:
            self._count("bad_webhooks", address, self._bad_webhooks)

    def remember(self, visitor: Visitor, refusal: RateLimited) -> None:
        """Refuse this visitor the same without asking the database, until its time is over."""
        who = visitor.client or visitor.address
        if who is None:
            return
        if len(self._refused) >= _MOST_KEPT:
            del self._refused[next(iter(self._refused))]
        until_us = microseconds(self._clock()) + refusal.retry_after * _SECOND_US
        self._refused[refusal.limit, hash(who)] = (until_us, refusal)

    def recall(self, visitor: Visitor, *names: str) -> None:
        """Refuse what is known here to be refused.

        Raises:
            RateLimited: One of these was done too often.
        """
        who = visitor.client or visitor.address
        if who is None or not self._refused:
            return
        now_us = microseconds(self._clock())
        for name in names:
            until_us, refusal = self._refused.get((name, hash(who)), (0, None))
            if refusal is not None and until_us > now_us:
                quota, window = refusal.quota, refusal.window
                raise too_often(name, until_us - now_us, quota=quota, window=window)

    def _count(self, name: str, who: object, limit: Limit | None) -> None:
        if limit is None:
            return
        wait_us = self._local.wait_us((name, who), limit, microseconds(self._clock()))
        if wait_us:
            window = whole_seconds(limit.tolerance_us)
            raise too_often(name, wait_us, quota=limit.burst, window=window)
