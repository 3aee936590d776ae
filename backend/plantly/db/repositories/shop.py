"""The shop's configuration, the secrets it made for itself, and its leases."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from plantly.db.direct import Sql, fetch
from plantly.db.tables import LeaseRow, SecretRow, ShopRow
from plantly.domain.catalog import Facet, FacetKind
from plantly.domain.errors import ShopNotReady
from plantly.domain.shop import ShopConfig
from plantly.domain.shop_document import config_from_document, config_to_document

_NOT_READY = "The shop has not been set up yet. Run `plantly shop apply shop.toml`."
_VERSIONS = Sql(
    "SELECT version, catalog_version, (SELECT value FROM install_secrets WHERE name = 'cursor')"
    " FROM shop WHERE id = 1"
)
_DOCUMENTS = select(ShopRow.config, ShopRow.facets).where(ShopRow.id == 1)


@dataclass(frozen=True, slots=True)
class CurrentShop:
    """The configuration in force, the facet arguments of the tools, and the catalog's version."""

    version: str
    catalog_version: str
    config: ShopConfig
    facets: tuple[Facet, ...]
    cursor_secret: str
    """What cursors are signed with. A shop that made no secret for it yet uses its version, which
    nobody is told; such cursors are good until the shop is applied again."""


class ShopRepository:
    """Reads and writes the one shop of this database."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._current: CurrentShop | None = None

    def current(self) -> CurrentShop:
        """Return the shop as it stands.

        Raises:
            ShopNotReady: `shop.toml` was never applied.
        """
        if self._current is not None:
            return self._current
        rows = fetch(self._connection, _VERSIONS, {})
        if not rows:
            raise ShopNotReady(_NOT_READY)
        row = rows[0]
        kept = _kept_shops.get(row[0])
        if kept is None:
            config, facets = self._connection.execute(_DOCUMENTS).one()
            kept = (config_from_document(config), _facets(facets))
            _keep(row[0], kept)
        self._current = CurrentShop(row[0], row[1], *kept, row[2] or row[0])
        return self._current

    def exists(self) -> bool:
        """Say whether the shop has been set up."""
        return bool(fetch(self._connection, _VERSIONS, {}))

    def apply(
        self, config: ShopConfig, facets: tuple[Facet, ...], token: str, now: datetime
    ) -> None:
        """Replace the configuration and the facet snapshot."""
        self._current = None
        values = {
            "version": token,
            "config": config_to_document(config),
            "facets": [_to_document(facet) for facet in facets],
            "applied_at": now,
        }
        changed = self._connection.execute(update(ShopRow).where(ShopRow.id == 1).values(values))
        if not changed.rowcount:
            self._connection.execute(insert(ShopRow).values(id=1, catalog_version=token, **values))

    def catalog_changed(self, token: str) -> None:
        """Say that something other than stock changed in the catalog."""
        self._current = None
        self._connection.execute(
            update(ShopRow).where(ShopRow.id == 1).values(catalog_version=token)
        )

    def secret(self, name: str) -> str | None:
        """Return a secret of this installation, if it was made already."""
        return self._connection.execute(
            select(SecretRow.value).where(SecretRow.name == name)
        ).scalar_one_or_none()

    def keep_secret(self, name: str, value: str) -> str:
        """Keep a secret unless there is one, and return the one that counts."""
        self._connection.execute(
            self._insert(SecretRow).values(name=name, value=value).on_conflict_do_nothing()
        )
        found = self.secret(name)
        return found if found is not None else value

    def set_secret(self, name: str, value: str) -> None:
        """Put a secret in the place of the one of that name, if there was one."""
        self._connection.execute(
            self._insert(SecretRow)
            .values(name=name, value=value)
            .on_conflict_do_update(index_elements=["name"], set_={"value": value})
        )

    def forget_secret(self, name: str) -> bool:
        """Delete a secret; say whether there was one."""
        deleted = self._connection.execute(delete(SecretRow).where(SecretRow.name == name))
        return bool(deleted.rowcount)

    def lease(self, name: str, owner: str, now: datetime, expires_at: datetime) -> bool:
        """Take or renew a lease; say whether `owner` holds it now."""
        self._connection.execute(
            self._insert(LeaseRow)
            .values(name=name, owner=owner, expires_at=expires_at)
            .on_conflict_do_update(
                index_elements=["name"],
                set_={"owner": owner, "expires_at": expires_at},
                where=(LeaseRow.owner == owner) | (LeaseRow.expires_at <= now),
            )
        )
        holder = self._connection.execute(
            select(LeaseRow.owner).where(LeaseRow.name == name)
        ).scalar_one()
        return bool(holder == owner)

    def end_lease(self, name: str, owner: str, now: datetime) -> None:
        """Let somebody else have the lease at once."""
        self._connection.execute(
            update(LeaseRow)
            .where(LeaseRow.name == name, LeaseRow.owner == owner, LeaseRow.expires_at > now)
            .values(expires_at=now)
        )

    def leased_until(self, name: str) -> datetime | None:
        """Return when the lease ends, or has ended; None when nobody ever had it."""
        return self._connection.execute(
            select(LeaseRow.expires_at).where(LeaseRow.name == name)
        ).scalar_one_or_none()

    def _insert(self, table: type[Any]) -> Any:
        sqlite = self._connection.dialect.name == "sqlite"
        return sqlite_insert(table) if sqlite else postgres_insert(table)


_kept_shops: dict[str, tuple[ShopConfig, tuple[Facet, ...]]] = {}
_KEPT = 8


def _keep(version: str, parsed: tuple[ShopConfig, tuple[Facet, ...]]) -> None:
    if len(_kept_shops) >= _KEPT:
        _kept_shops.pop(next(iter(_kept_shops)))
    _kept_shops[version] = parsed


def _facets(documents: list[Any]) -> tuple[Facet, ...]:
    return tuple(_from_document(document) for document in documents)


def _to_document(facet: Facet) -> dict[str, Any]:
    return {
        "key": facet.key,
        "title": facet.title,
        "kind": facet.kind.value,
        "unit": facet.unit,
        "values": list(facet.values),
        "free": facet.is_free,
        "examples": list(facet.examples),
    }


def _from_document(document: dict[str, Any]) -> Facet:
    return Facet(
        key=document["key"],
        title=document["title"],
        values=tuple(document["values"]),
        # What was applied by an older edition says nothing of what follows.
        kind=FacetKind(document.get("kind", FacetKind.ENUM)),
        unit=document.get("unit", ""),
        examples=tuple(document.get("examples", ())),
    )
