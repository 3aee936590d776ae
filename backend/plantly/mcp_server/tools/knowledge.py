"""Tools that answer questions: the shop's policies, and the connector's search and fetch."""

import json
from collections.abc import Sequence
from typing import Any

from plantly.domain.catalog import CatalogQuery, Sort
from plantly.domain.errors import NotFound
from plantly.domain.money_text import format_money
from plantly.domain.shop import Policy, ShopConfig
from plantly.domain.words import words_of
from plantly.mcp_server import schemas
from plantly.mcp_server.arguments import FetchId, GetStorePolicies, SearchQuery
from plantly.mcp_server.product_views import asked_first, facts, price_text, product_url
from plantly.mcp_server.tool import Answer, ToolContext, ToolSpec
from plantly.services.browse import ProductDetail, get_policies, get_products
from plantly.services.listing import list_products

_POLICY = "policy-"
_RESULTS = 20
_DELIVERY = frozenset({"shipping", "returns"})
"""Policies that belong to every product."""


async def get_store_policies(context: ToolContext, arguments: GetStorePolicies) -> Answer:
    """Return the policies of the shop, or the one about a topic."""
    shop, policies = await context.db.read(
        lambda uow: get_policies(uow, arguments.topic.strip().lower() or None)
    )
    structured = {
        "shop": shop.name,
        "policies": [{"topic": p.topic, "title": p.title, "text": p.text} for p in policies],
    }
    return Answer(structured, "\n\n".join(f"{p.title}: {p.text}" for p in policies))


async def search(context: ToolContext, arguments: SearchQuery) -> Answer:
    """Find products and policies, in the form that connectors demand: one text item of JSON."""
    words = arguments.query.strip()
    asked = set(words_of(words))
    if not asked:
        return _as_json({"results": []})
    query = CatalogQuery(search=words, sort=Sort.RELEVANCE, limit=_RESULTS)
    browsed = await context.db.read(lambda uow: list_products(uow, query))
    _, policies = await context.db.read(lambda uow: get_policies(uow, None))
    results = [_result(context, card.slug, card.title) for card in browsed.listing.cards]
    results += [
        _policy_result(context, policy.topic, policy.title)
        for policy in policies
        if _is_about(policy, asked)
    ]
    return _as_json({"results": results})


async def fetch(context: ToolContext, arguments: FetchId) -> Answer:
    """Return one product or policy as a text that can be cited."""
    if arguments.id.startswith(_POLICY):
        topic = arguments.id.removeprefix(_POLICY)
        _, policies = await context.db.read(lambda uow: get_policies(uow, None))
        policy = next((p for p in policies if p.topic == topic), None)
        if policy is not None:
            found = _policy_result(context, policy.topic, policy.title)
            return _as_json({**found, "text": policy.text})
    details, _ = await context.db.read(lambda uow: get_products(uow, [arguments.id]))
    # Only slugs are ids of this contract: one product has one id and one address.
    if not details or details[0].slug != arguments.id:
        raise NotFound("id", "id names nothing in this shop: send an id that search gave.")
    shop, policies = await context.db.read(lambda uow: get_policies(uow, None))
    detail = details[0]
    document = {
        **_result(context, detail.slug, detail.title),
        "text": _document(detail, policies),
        "metadata": _metadata(shop, detail),
    }
    return _as_json(document)


def _is_about(policy: Policy, asked: set[str]) -> bool:
    """Say whether a policy is named by one of the words, or its text holds them all."""
    named = set(words_of(f"{policy.topic} {policy.title}"))
    return bool(asked) and (bool(asked & named) or asked <= set(words_of(policy.text)))


def _result(context: ToolContext, slug: str, title: str) -> dict[str, Any]:
    return {"id": slug, "title": title, "url": product_url(context, slug)}


def _policy_result(context: ToolContext, topic: str, title: str) -> dict[str, Any]:
    url = f"{context.settings.public_url}/policies#{topic}"
    return {"id": f"{_POLICY}{topic}", "title": title, "url": url}


def _as_json(document: dict[str, Any]) -> Answer:
    return Answer(document, json.dumps(document, ensure_ascii=False))


def _metadata(shop: ShopConfig, detail: ProductDetail) -> dict[str, str]:
    prices = [variant.price_minor for variant in detail.variants]
    found = {
        "category": detail.category,
        "availability": detail.availability.value,
        "brand": detail.brand,
        "currency": detail.currency,
        "price_from": format_money(min(prices), detail.currency),
        "seller": shop.name,
    }
    return {key: value for key, value in found.items() if value}


def _document(detail: ProductDetail, policies: Sequence[Policy]) -> str:
    """Write a product as a text that answers by itself what shoppers ask, its prices dated."""
    sizes = [
        f"- {variant.name or detail.title} (SKU {variant.sku}): {price_text(detail, variant)}"
        for variant in asked_first(detail)
    ]
    parts = [detail.description, *facts(detail)]
    if detail.brand:
        parts.append(f"Brand: {detail.brand}.")
    if detail.care:
        parts.append(f"Care: {detail.care}")
    parts += [f"Prices in {detail.currency} and stock as of {detail.as_of.date()}:", *sizes]
    if detail.undeliverable:
        parts.append(f"Not sent to: {', '.join(detail.undeliverable)}.")
    parts += [f"{p.title}: {p.text}" for p in policies if p.topic in _DELIVERY]
    return "\n".join(part for part in parts if part)


KNOWLEDGE_TOOLS = (
    ToolSpec(
        name="get_store_policies",
        title="Store policies",
        description=(
            "Use this when the shopper asks about shipping, returns, privacy, terms or how to "
            "reach the shop."
        ),
        arguments=GetStorePolicies,
        output=schemas.POLICIES,
        handler=get_store_policies,
        invoking="Reading the policies",
        invoked="Read the policies",
    ),
    ToolSpec(
        name="search",
        title="Search the shop",
        description=(
            "Use this when you research across sources and need products or policies of this shop "
            "as citable results. To help somebody shop, use list_products instead."
        ),
        arguments=SearchQuery,
        output=schemas.SEARCH_RESULTS,
        handler=search,
        invoking="Searching the shop",
        invoked="Searched the shop",
    ),
    ToolSpec(
        name="fetch",
        title="Fetch a page of the shop",
        description="Use this when you need the full text of a result that search gave.",
        arguments=FetchId,
        output=schemas.FETCHED,
        handler=fetch,
        invoking="Fetching the page",
        invoked="Fetched the page",
    ),
)
