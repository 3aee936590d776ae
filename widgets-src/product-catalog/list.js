import { announce, el, fill } from "../_shared/dom.js";
import { icon } from "../_shared/icons.js";
import { brand } from "../_shared/media.js";
import { canExpand, titled } from "../_shared/mount.js";
import { button, notice, tryAgain } from "../_shared/notice.js";
import { number, t } from "../_shared/words.js";
import { card } from "./card.js";
import { createCarousel } from "./carousel.js";
import { filterPanel, label, say } from "./filters.js";
import { chosen, cleared, toggled, withValue } from "./query.js";

const TYPING_MS = 450;
const IN_CAROUSEL = 8;
const FEW = 2;

/**
 * Draw the list of products: a few of them in the conversation, all of them with search and filters where there is room.
 *
 * `shop` is what is known (products, filters, query, total, next_cursor, busy, problem); `act` is what can be done.
 */
export function createList({ shop, act }) {
  const search = el("input", { type: "search", class: "field", enterkeyhint: "search", autocomplete: "off", "data-key": "search", input: onInput, change: runSearch });
  const form = el("form", { class: "search", role: "search", submit: onSubmit }, icon("search"), search);
  const toggle = el("button", { type: "button", class: "button button-secondary", "aria-controls": "filters", click: flip });
  const head = el("div", { class: "head" });
  const tools = el("div", { class: "tools" }, form, toggle);
  const panel = el("div", { id: "filters", class: "panel" });
  const carousel = createCarousel();
  const body = el("div", { class: "body" });
  const node = el("section", { class: "catalog" }, head, tools, panel, carousel.node, body);
  let timer;
  let unfolded = false;
  let inPlace = false;

  function onInput() {
    clearTimeout(timer);
    timer = setTimeout(runSearch, TYPING_MS);
  }

  function onSubmit(event) {
    event.preventDefault();
    runSearch();
  }

  function runSearch() {
    clearTimeout(timer);
    const words = search.value.trim();
    if (words !== (shop.query.search ?? "")) act.ask(withValue(shop.query, "search", words));
  }

  function flip() {
    unfolded = !unfolded;
    draw();
  }

  const isFull = () => inPlace || act.context().displayMode === "fullscreen";

  function draw() {
    const full = isFull();
    const filters = chosen(shop.query);
    const few = shop.products.length <= FEW;
    node.classList.toggle("is-full", full);
    node.classList.toggle("is-settling", shop.busy);
    tools.hidden = panel.hidden = !full;
    carousel.node.hidden = full || few;
    fill(head, titled(counted(shop), full && brand()), !full && asked(filters));
    if (full) drawTools();
    if (!carousel.node.hidden) carousel.show(cards(shop.products.slice(0, IN_CAROUSEL)));
    const failed = shop.problem && notice("error", shop.problem(), tryAgain(act.again));
    fill(body, full && filters.length > 0 && chips(filters), !shop.cursor && failed,
      !shop.products.length ? nothing(full) : full ? grid() : few && el("ul", { class: "few" }, cards(shop.products, true)), shop.cursor && failed);
  }

  function drawTools() {
    search.placeholder = search.ariaLabel = t("catalog.search");
    if (document.activeElement !== search) search.value = shop.query.search ?? "";
    toggle.setAttribute("aria-expanded", String(unfolded));
    panel.classList.toggle("is-open", unfolded);
    fill(toggle, icon("filter"), t("catalog.filters"));
    fill(panel, filterPanel(shop, act.ask));
  }

  function cards(products, alone) {
    return products.map((product) => card(product, { shop, act, alone }));
  }

  function asked(filters) {
    return filters.length > 0 && el("p", { class: "asked soft" }, filters.map(([key, value], i) => [i > 0 && " · ", el("bdi", null, key === "search" ? t("catalog.quoted", { words: value }) : say(shop, key, value))]));
  }

  function chips(filters) {
    return el("ul", { class: "chips chosen", "aria-label": t("catalog.filters") }, filters.map(([key, value]) => el("li", null, chip(key, value))),
      filters.length > 1 && el("li", null, button("quiet", t("catalog.clear"), () => act.ask(cleared(shop.query)), { "data-key": "clear" })));
  }

  function chip(key, value) {
    const text = say(shop, key, value);
    const name = typeof value === "string" && key !== "search" ? `${label(shop, key)}: ${text}` : text;
    const next = Array.isArray(shop.query[key]) ? toggled(shop.query, key, value) : withValue(shop.query, key);
    return el("button", { type: "button", class: "chip-off", "data-key": `off${key}=${value}`, "aria-label": t("common.remove", { name }), click: () => act.ask(next) }, text, icon("close"));
  }

  function grid() {
    const { length } = shop.products;
    return [
      el("ul", { class: "grid" }, cards(shop.products)),
      shop.next_cursor && el("div", { class: "more" }, button("secondary", t("catalog.show_more"), showMore, { "data-key": "more" }),
        el("p", { class: "soft hint" }, t("catalog.shown", { shown: length, total: total() }))),
    ];
  }

  async function showMore() {
    const { length } = shop.products;
    await act.more();
    if (shop.products.length === length) return;
    announce(t("catalog.shown", { shown: shop.products.length, total: total() }));
    body.querySelectorAll(".card-open")[length]?.focus();
  }

  // What the shop says would help: other words, or one filter less. A conversation gets two of them at most.
  function nothing(full) {
    const { did_you_mean: words, drop = [] } = shop.help ?? {};
    const ways = [
      words && button("secondary", t("catalog.did_you_mean", { words }), () => act.ask(withValue(shop.query, "search", words)), { "data-key": "meant" }),
      drop.map(({ arguments: names, total: left, total_capped: more }) => button("secondary", t("catalog.without", { names: [...new Set(names.map(named))].join(", "), total: written(left, more) }),
        () => act.ask(names.reduce((query, name) => withValue(query, name), shop.query)), { "data-key": `drop${names}` })),
      chosen(shop.query).length > 0 && button("secondary", t("catalog.clear"), () => act.ask(cleared(shop.query)), { "data-key": "clear" }),
    ].flat().filter(Boolean);
    return el("div", { class: "empty" }, icon("search"), el("p", null, t("catalog.nothing")), el("div", { class: "chips" }, full ? ways : ways.slice(0, 2)));
  }

  function named(name) {
    return name === "search" ? t("catalog.quoted", { words: shop.query.search }) : label(shop, name.replace(/^(min|max)_/, ""));
  }

  const total = () => written(shop.total, shop.total_capped);

  /** Draw the way to everything: more room from the host, or this place where it has none. */
  function way() {
    if (isFull() || !shop.products.length) return null;
    const hidden = shop.total > Math.min(shop.products.length, IN_CAROUSEL);
    return button("secondary wide", hidden ? t("catalog.see_all", { total: total() }) : t("catalog.browse"), expand, { "data-key": "all" });
  }

  async function expand() {
    if (canExpand(act.context())) await act.expand();
    inPlace = act.context().displayMode !== "fullscreen";
    act.draw();
    head.querySelector("h1").focus({ preventScroll: true });
  }

  return { node, draw, way, rail: carousel.rail };
}

function written(count, more) {
  return `${number(count)}${more ? "+" : ""}`;
}

/** Say how many there are; the shop stops counting at some point. */
export function counted({ total, total_capped }) {
  return total_capped ? t("catalog.products_capped", { count: total }) : t("catalog.products", { count: total });
}
