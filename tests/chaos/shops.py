"""A shop for an experiment: its database, its servers, its workers, and perhaps its provider."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from plantly.db import UnitOfWork, open_database
from plantly.db.engine import Work
from tests.chaos import children
from tests.chaos.children import Setup
from tests.chaos.lab import Lab
from tests.chaos.processes import Child, free_ports
from tests.support.shop import catalog, product, stock_shop, variant

T = TypeVar("T")

MONSTERA = "monstera-17cm"
FERN = "fern-12cm"
_KEYS = {
    "PLANTLY_SANDBOX_API_KEY": "lab-api-key-0123456789",
    "PLANTLY_SANDBOX_WEBHOOK_SECRET": "lab-webhook-secret-0123456789",
}


@dataclass(frozen=True)
class LabShop:
    """A stocked database, and the processes that are not started yet."""

    url: str
    servers: tuple[Child, ...]
    workers: tuple[Child, ...]
    provider: Child | None = None
    provider_url: str = ""
    """The database of the provider."""

    @property
    def origins(self) -> list[str]:
        """Give where the servers listen."""
        return [server.url for server in self.servers]

    @property
    def children(self) -> tuple[Child, ...]:
        """Give every process, the provider first."""
        return (*((self.provider,) if self.provider else ()), *self.servers, *self.workers)


@dataclass(frozen=True)
class Plan:
    """What an experiment wants of its shop."""

    units: Mapping[str, int]
    servers: int = 2
    workers: int = 1
    provider_chaos: str | None = None
    """How a provider in a process of its own misbehaves; nothing for the servers' own sandbox."""
    capture: str = "auto"
    hurried: bool = False
    lease_seconds: float = 3


def build(lab: Lab, name: str, plan: Plan) -> LabShop:
    """Make the databases, and describe the processes."""
    url = lab.new_database(name)
    write(url, lambda uow: _stock(uow, plan.units))
    ports = free_ports(plan.servers + 1)
    provider_url = "" if plan.provider_chaos is None else _provider_database(lab, name)
    provider = _provider(lab, name, plan, provider_url, ports[-1]) if provider_url else None
    settings = _settings(lab, url, ports[:-1], provider)

    def setup(kind: str, **changes: str) -> Setup:
        log = str(lab.folder / f"{name}-{kind}.log")
        return Setup({**settings, **changes}, log, plan.hurried, lease_seconds=plan.lease_seconds)

    servers = tuple(
        Child(
            f"server {port}",
            children.serve,
            (setup(f"server-{port}", PLANTLY_PORT=str(port)),),
            f"http://127.0.0.1:{port}",
        )
        for port in ports[:-1]
    )
    workers = tuple(
        Child(f"worker {number}", children.work, (setup(f"worker-{number}"),))
        for number in range(plan.workers)
    )
    return LabShop(url, servers, workers, provider, provider_url)


def read(url: str, work: Work[T]) -> T:
    """Look into a database."""
    return asyncio.run(_in(url, work, writes=False))


def write(url: str, work: Work[T]) -> T:
    """Change a database."""
    return asyncio.run(_in(url, work, writes=True))


async def _in(url: str, work: Work[T], *, writes: bool) -> T:
    db = open_database(url, pool_size=1)
    try:
        return await (db.write(work) if writes else db.read(work))
    finally:
        await db.close()


def _stock(uow: UnitOfWork, units: Mapping[str, int]) -> None:
    products = [
        product(
            handle.rpartition("-")[0],
            variant(handle, price_minor=1999, stock=stock),
        )
        for handle, stock in units.items()
    ]
    stock_shop(uow, catalog(*products))


def _provider_database(lab: Lab, name: str) -> str:
    url = lab.new_database(f"{name}_provider")
    write(url, stock_shop)
    return url


def _provider(lab: Lab, name: str, plan: Plan, url: str, port: int) -> Child:
    settings = {
        **_KEYS,
        "PLANTLY_DATABASE_URL": url,
        "PLANTLY_DATA_DIR": str(lab.folder),
        "PLANTLY_PORT": str(port),
        "PLANTLY_LIMITS": "off",
        # A mail that somebody was writing is left alone for a minute: nobody waits for it here.
        "PLANTLY_MAIL": "off",
        "PLANTLY_SANDBOX_CHAOS": plan.provider_chaos or "",
        "PLANTLY_SANDBOX_CAPTURE": plan.capture,
    }
    setup = Setup(settings, str(lab.folder / f"{name}-provider.log"))
    return Child("provider", children.serve, (setup,), f"http://127.0.0.1:{port}")


def _settings(lab: Lab, url: str, ports: list[int], provider: Child | None) -> dict[str, str]:
    """Give the settings that all processes of the shop share, as behind one public address."""
    home = f"http://127.0.0.1:{ports[0]}"
    settings = {
        **_KEYS,
        "PLANTLY_DATABASE_URL": url,
        "PLANTLY_DATA_DIR": str(lab.folder),
        "PLANTLY_PORT": str(ports[0]),
        "PLANTLY_PUBLIC_URL": home,
        "PLANTLY_SERVER_URL": home,
        "PLANTLY_ALLOWED_HOSTS": ",".join(f"127.0.0.1:{port}" for port in ports),
        "PLANTLY_LIMITS": "off",
        # A mail that somebody was writing is left alone for a minute: nobody waits for it here.
        "PLANTLY_MAIL": "off",
        "PLANTLY_WORKER": "apart",
    }
    return settings | ({"PLANTLY_SANDBOX_URL": provider.url} if provider else {})
