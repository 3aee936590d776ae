import { announce, el, fill, plural } from "../_shared/dom.js";
import { icon } from "../_shared/icons.js";
import { canExpand, titled } from "../_shared/mount.js";
import { button, notice } from "../_shared/notice.js";
import { card } from "./card.js";
import { filterPanel } from "./filters.js";
import { chosen, cleared, toggled, withValue } from "./query.js";

const TYPING_MS = 450;

/**
 * Draw the list of products with its search and its filters.
 *
 * `shop` is what is known (products, filters, query, total, next_cursor, busy, problem); `act` is what can be done.
 */
export function createList({ shop, act }) {
  const search = el("input", { type: "search", class: "field", placeholder: "Search", "aria-label": "Search products", enterkeyhint: "search", autocomplete: "off" });
  const form = el("form", { class: "search", role: "search", submit: onSubmit }, icon("search"), search);
  const toggle = el("button", { type: "button", class: "button button-secondary", "aria-expanded": "false", "aria-controls": "filters", click: flip });
  const head = el("div");
  const panel = el("div", { id: "filters", class: "panel", hidden: true });
  const body = el("div");
  const node = el("section", { class: "catalog" }, head, el("div", { class: "tools" }, form, toggle), panel, body);
  let timer;
  let all = false;

  search.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(runSearch, TYPING_MS);
  });

  function onSubmit(event) {
    event.preventDefault();
    clearTimeout(timer);
    runSearch();
  }

  function runSearch() {
    const words = search.value.trim();
    if (words !== (shop.query.search ?? "")) act.ask(withValue(shop.query, "search", words));
  }

  function flip() {
    panel.hidden = !panel.hidden;
    toggle.setAttribute("aria-expanded", String(!panel.hidden));
  }

  function render() {
    const filters = chosen(shop.query);
    if (document.activeElement !== search) search.value = shop.query.search ?? "";
    const count = filters.filter(([key]) => key !== "search").length;
    fill(toggle, icon("filter"), "Filters", count > 0 && el("span", { class: "bubble" }, count));
    fill(head, titled(counted(shop), canExpand(act.context()) && expand()));
    fill(panel, filterPanel({ ...shop, ask: act.ask, label: act.label }));
    body.classList.toggle("is-settling", shop.busy);
    fill(body, filters.length > 0 && chips(filters), shop.problem && notice("error", shop.problem, button("quiet", "Try again", act.again)), shop.products.length ? grid() : nothing());
  }

  function chips(filters) {
    return el("ul", { class: "chips chosen", "aria-label": "Chosen filters" }, filters.map(([key, value]) => el("li", null,
      el("button", { type: "button", class: "chip-off", "data-key": `off${key}=${value}`, "aria-label": `Remove ${typeof value === "string" ? act.label(key) + ": " : ""}${say(key, value)}`, click: () => act.ask(without(key, value)) },
        say(key, value), icon("close")))),
    filters.length > 1 && el("li", null, button("quiet", "Clear all", () => act.ask(cleared(shop.query)), { "data-key": "clear" })));
  }

  function without(key, value) {
    return Array.isArray(shop.query[key]) ? toggled(shop.query, key, value) : withValue(shop.query, key, undefined);
  }

  function say(key, value) {
    if (typeof value === "string") return value;
    if (typeof value === "boolean") return value ? act.label(key) : `${act.label(key)}: no`;
    const text = key.endsWith("_minor") ? act.price(value) : [value, shop.facets[key.slice(4)]?.unit].filter((part) => part || part === 0).join(" ");
    return `${act.label(key)}: ${text}`;
  }

  function grid() {
    const shown = all || act.context().displayMode === "fullscreen" ? shop.products : shop.products.slice(0, fold());
    const more = shown.length < shop.products.length || shop.next_cursor;
    return [
      el("ul", { class: "grid" }, shown.map((product) => card({ product, currency: shop.currency, open: act.open, add: act.add, added: act.inCart(product) }))),
      more && el("div", { class: "more" }, button("secondary", "Show more", () => showMore(shown), { "data-key": "more" }),
        el("p", { class: "soft hint" }, `${shown.length} of ${shop.total}${shop.total_capped ? "+" : ""}`)),
    ];
  }

  async function showMore(shown) {
    const next = shop.products.length > shown.length;
    all = true;
    if (next) render();
    else await act.more();
    const first = shop.products[shown.length];
    announce(`${plural(shop.products.length, "product")} shown`);
    if (first) [...body.querySelectorAll(".card-open")][shown.length]?.focus();
  }

  function nothing() {
    const none = el("div", { class: "empty" }, icon("search"), el("p", null, "Nothing matches."), ways());
    if (chosen(shop.query).length) none.append(button("secondary", "Clear filters", () => act.ask(cleared(shop.query)), { "data-key": "clear" }));
    return none;
  }

  // What the shop says would help: other words, or one filter less.
  function ways() {
    const { did_you_mean: words, drop = [] } = shop.help ?? {};
    return el("div", { class: "chips ways" },
      words && button("secondary", `Did you mean \u201c${words}\u201d?`, () => act.ask(withValue(shop.query, "search", words)), { "data-key": "meant" }),
      drop.map(({ arguments: names, total, total_capped: more }) => button("secondary", `Without ${names.map(named).join(", ")}: ${total}${more ? "+" : ""}`, () => act.ask(names.reduce((query, name) => withValue(query, name), shop.query)), { "data-key": `drop${names}` })));
  }

  function named(name) {
    return name === "search" ? `\u201c${shop.query.search}\u201d` : act.label(name);
  }

  function expand() {
    return button("icon", icon("expand"), () => act.expand(), { "aria-label": "Show larger", "data-key": "expand" });
  }

  return { node, render };
}

// A card in a conversation stays within a screen: three rows on a phone, two on a desk.
function fold() {
  return window.innerWidth < 560 ? 6 : 8;
}

/** Say how many there are; the shop stops counting at some point. */
export function counted({ total, total_capped }) {
  return total_capped ? `${total.toLocaleString("en")}+ products` : plural(total, "product");
}
