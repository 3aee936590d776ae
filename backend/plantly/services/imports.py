"""What an import of a catalog does in each of its transactions."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from plantly.db import UnitOfWork
from plantly.db.tables import CatalogImportRow
from plantly.domain.catalog import Facet, FacetKind
from plantly.domain.catalog_document import CatalogHead, MediaDocument, ProductDocument
from plantly.domain.catalog_writing import MOST_AT_ONCE, WriteRules
from plantly.domain.errors import InvalidInput
from plantly.domain.groundwork import Groundwork
from plantly.domain.imports import ImportState
from plantly.domain.money import Currency
from plantly.services.formats.reading import Problem, ReadContext, ReadProduct

StockRule = Literal["new", "set"]
MAX_KEPT_REFUSALS = 1000
IN_A_SHOP, IN_AN_EMPTY_SHOP = 500, MOST_AT_ONCE
"""Products of one transaction. Whoever shops waits for it to end; but each one costs the same time
for the words that most products have, and for what the index merges, however few it writes. Longer
ones would gain more, and hold more in memory."""
_REMOTE = ("http://", "https://")
_LONGEST_ACTOR = 100


class TakenOver(InvalidInput):
    """Another process goes on with this import."""


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What decides the rows that an import writes: a continued one has the same."""

    format: str
    stock: StockRule = "new"
    prune: bool = False


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of products, and how many rows the database refused."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0
    archived: int = 0

    def plus(self, other: "Counts") -> "Counts":
        """Add up."""
        mine, more = asdict(self), asdict(other)
        return Counts(**{name: mine[name] + more[name] for name in mine})


@dataclass(frozen=True, slots=True)
class Run:
    """An import that is going on. `done` products of the file need not be written again."""

    id: int
    owner: str
    options: RunOptions
    context: ReadContext
    done: int = 0
    counts: Counts = Counts()
    refusals: tuple[Problem, ...] = ()
    by: str = ""
    """Who imports, for the history; whoever continues an import answers for the rest of it."""
    is_first: bool = False
    """Nothing was for sale when it began."""

    def rules(self) -> WriteRules:
        """Return how the catalog is written."""
        by = f" ({self.by})" if self.by else ""
        return WriteRules(
            currency=self.context.currency,
            actor=f"import {self.options.format}{by}"[:_LONGEST_ACTOR],
            stock=self.options.stock,
            run_id=self.id,
        )


@dataclass(frozen=True, slots=True)
class Batch:
    """Some products of a file, with what the file says before all of them, if they are first."""

    products: Sequence[ReadProduct]
    head: CatalogHead | None = None
    groundwork: Groundwork | None = None


def known_to_readers(
    uow: UnitOfWork, media_url: str, file_currency: Currency | None
) -> ReadContext:
    """Return what readers need to know of the shop. One that is not set up takes the file's word.

    Raises:
        InvalidInput: Neither the shop nor the file says which currency its prices are in.
    """
    if uow.shop.exists():
        code = uow.shop.current().config.currency
    elif file_currency is not None:
        code = file_currency
    else:
        told = "The shop has no currency yet: put its shop.toml in force with `plantly shop apply`."
        raise InvalidInput("currency", told)
    return ReadContext(code, uow.facets.defined(), media_url)


def begin(
    uow: UnitOfWork, source: tuple[str, str], draft: Run, *, restart: bool = False
) -> tuple[Run, bool]:
    """Continue the import of this file that was broken off, else begin one; say which.

    `source` is the name of the file and its digest.
    """
    is_first = is_empty(uow)
    if is_first:
        uow.imports.copy_rarely()
    name, digest = source
    found = None if restart else uow.imports.unfinished(digest, asdict(draft.options))
    if found is not None:
        # Whoever still works on it finds that it is not theirs any more.
        found.owner = draft.owner
        return _continued(draft, found), True
    row = CatalogImportRow(
        source=name[:500],
        digest=digest,
        options=asdict(draft.options),
        context=_context_document(draft.context),
        state=ImportState.RUNNING,
        owner=draft.owner,
        products_done=0,
        counts=asdict(Counts()),
        refusals=[],
        started_at=uow.now,
    )
    return replace(draft, id=uow.imports.add(row), is_first=is_first), False


def products_at_once(uow: UnitOfWork) -> int:
    """Return how many products a transaction should write: where none is shown, nobody waits."""
    return IN_AN_EMPTY_SHOP if is_empty(uow) else IN_A_SHOP


def is_empty(uow: UnitOfWork) -> bool:
    """Say whether nothing is for sale yet."""
    return not uow.imports.has_active()


def is_unfinished(uow: UnitOfWork, digest: str, options: RunOptions) -> bool:
    """Say whether an import of this file with these options was broken off."""
    return uow.imports.unfinished(digest, asdict(options)) is not None


def take_batch(uow: UnitOfWork, run: Run, batch: Batch) -> tuple[Run, list[Problem]]:
    """Write some products, and how far the import is with them.

    Return the import as it stands, and what the database refused.

    Raises:
        TakenOver: Another process goes on with this import.
    """
    uow.imports.wait_longer()
    if run.is_first:
        uow.imports.hurry()
    if not uow.imports.advance(run.id, run.owner, run.done, len(batch.products)):
        raise TakenOver("import", "Another process goes on with this import: this one ends here.")
    counts, refusals = write_batch(uow, run, batch)
    after = replace(
        run,
        done=run.done + len(batch.products),
        counts=run.counts.plus(counts),
        refusals=(*run.refusals, *refusals)[:MAX_KEPT_REFUSALS],
    )
    row = uow.imports.get(run.id)
    row.counts = asdict(after.counts)
    if refusals:
        row.refusals = [asdict(problem) for problem in after.refusals]
    return after, refusals


def write_batch(uow: UnitOfWork, run: Run, batch: Batch) -> tuple[Counts, list[Problem]]:
    """Write some products; return what became of them, and what the database refused."""
    if batch.head is not None:
        uow.catalog_writer.write_head(batch.head)
    result = uow.catalog_writer.write_products(
        _with_own_pictures(uow, [read.product for read in batch.products]),
        run.done,
        run.rules(),
        batch.groundwork,
    )
    if batch.head is not None or result.created or result.updated or result.moved:
        uow.shop.catalog_changed(uow.ids.token("c_"))
    refusals = [
        Problem(batch.products[p.index].line, p.field, p.text, p.dropped) for p in result.problems
    ]
    dropped = sum(problem.drops_row for problem in refusals)
    return Counts(result.created, result.updated, result.unchanged, dropped), refusals


def prune(uow: UnitOfWork, run: Run) -> Run:
    """Archive what this import has not seen.

    Raises:
        InvalidInput: It has seen nothing, which would archive everything.
    """
    if not run.counts.created + run.counts.updated + run.counts.unchanged:
        told = "The file has no product that could be taken, so nothing was archived."
        raise InvalidInput("prune", told)
    uow.imports.wait_longer()
    archived = uow.catalog_writer.archive_unseen(run.id, run.rules().actor)
    after = replace(run, counts=replace(run.counts, archived=run.counts.archived + archived))
    uow.imports.get(run.id).counts = asdict(after.counts)
    if archived:
        uow.shop.catalog_changed(uow.ids.token("c_"))
    return after


def finish(uow: UnitOfWork, run: Run, state: ImportState) -> None:
    """Note that an import is over, and count the catalog again if it is another now."""
    uow.imports.copy_as_usual()
    uow.imports.wait_longer()
    row = uow.imports.get(run.id)
    if row.owner != run.owner:
        return
    row.state, row.finished_at = state, uow.now
    if run.counts.created or run.counts.updated or run.counts.archived:
        uow.search_index.refresh_counts()


def new_filters(uow: UnitOfWork, head: CatalogHead) -> tuple[str, ...]:
    """Return the facets of a file that the tools do not have as arguments yet."""
    if not uow.shop.exists():
        return ()
    known = {facet.key for facet in uow.shop.current().facets}
    return tuple(facet.key for facet in head.facets if facet.key not in known)


def _continued(draft: Run, row: CatalogImportRow) -> Run:
    return replace(
        draft,
        id=row.id,
        context=_context(row.context),
        done=row.products_done,
        counts=Counts(**row.counts),
        refusals=tuple(Problem(**problem) for problem in row.refusals),
    )


def _with_own_pictures(
    uow: UnitOfWork, products: Sequence[ProductDocument]
) -> list[ProductDocument]:
    """Put our copies where products name pictures that were fetched before."""
    urls = {
        media.file
        for product in products
        for media in product.media or ()
        if media.file.startswith(_REMOTE)
    }
    ours = uow.imports.fetched(sorted(urls)) if urls else {}
    if not ours:
        return list(products)

    def of(media: MediaDocument) -> MediaDocument:
        own = ours.get(media.file)
        return MediaDocument(own.path, media.alt, own.width, own.height) if own else media

    return [
        replace(product, media=tuple(of(media) for media in product.media))
        if product.media
        else product
        for product in products
    ]


def _context_document(context: ReadContext) -> dict[str, Any]:
    return {
        "currency": context.currency,
        "media_url": context.media_url,
        "facets": [{**asdict(facet), "values": list(facet.values)} for facet in context.facets],
    }


def _context(document: Mapping[str, Any]) -> ReadContext:
    facets = tuple(
        Facet(f["key"], f["title"], tuple(f["values"]), FacetKind(f["kind"]), f["unit"])
        for f in document["facets"]
    )
    return ReadContext(document["currency"], facets, document["media_url"])
