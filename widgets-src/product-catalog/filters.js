import { el } from "../_shared/dom.js";
import { exponent, money } from "../_shared/money.js";
import { number, t, tOne } from "../_shared/words.js";
import { has, sortOf, toggled, withValue } from "./query.js";

const SORTS = ["relevance", "featured", "best_selling", "price_asc", "price_desc", "newest", "name"];

/** Name an argument: the merchant's own word for a facet, ours for what every shop has. */
export function label({ labels }, key) {
  const own = { category: t("catalog.category"), in_stock: t("catalog.in_stock"), price_minor: t("catalog.price") };
  return own[key] ?? labels[key] ?? key.charAt(0).toUpperCase() + key.slice(1).replaceAll("_", " ");
}

/** Say one chosen filter, with its name where the value alone is not clear. */
export function say(shop, key, value) {
  const bound = /^(min|max)_(.+)/.exec(key);
  if (bound) {
    const [, end, of] = bound;
    const name = label(shop, of);
    const text = of === "price_minor" ? money(value, shop.currency) : [number(value), shop.facets[of]?.unit].filter(Boolean).join(" ");
    return end === "min" ? t("catalog.min_of", { name, value: text }) : t("catalog.max_of", { name, value: text });
  }
  if (typeof value === "string") return value;
  return value ? label(shop, key) : `${label(shop, key)}: ${t("common.no")}`;
}

/** Draw every facet: values with how many products each leaves, bounds of ranges, and what is a yes or no. */
export function filterPanel(shop, ask) {
  const { query, filters, facets } = shop;
  const keys = [...new Set([...Object.keys(filters), ...Object.keys(facets)])];
  const of = (...kinds) => keys.filter((key) => kinds.includes(facets[key]?.kind));
  const more = shop.counts_capped ? "+" : "";
  return [
    el("label", { class: "sort" }, t("catalog.sort_by"), sortSelect()),
    of("enum", undefined).map(facet),
    ["price_minor", ...of("range")].map(range),
    el("div", { class: "chips" }, of("bool").map((key) => yes(key, filters[key]?.true)), yes("in_stock")),
  ];

  function group(key, kind, ...inside) {
    const { unit } = facets[key] ?? {};
    const name = label(shop, key);
    return el("fieldset", { class: "facet" }, el("legend", null, el("bdi", null, unit ? `${name} (${unit})` : name)), el("div", { class: kind }, inside));
  }

  function facet(key) {
    const values = Object.entries(filters[key] ?? {}).filter(([value, count]) => count > 0 || has(query, key, value));
    return values.length > 0 && group(key, "chips", values.map(([value, count]) =>
      chip({ name: `${key}=${value}`, text: value, count, on: has(query, key, value), next: toggled(query, key, value) })));
  }

  function yes(key, count) {
    const on = query[key] === true;
    return chip({ name: key, text: label(shop, key), count, on, next: withValue(query, key, on ? undefined : true) });
  }

  function chip({ name, text, count, on, next }) {
    const box = el("input", { type: "checkbox", "data-key": name, change: () => ask(next) });
    box.checked = on;
    return el("label", { class: "chip" }, box, el("span", null, el("bdi", null, text), count !== undefined && el("span", { class: "count" }, ` ${number(count)}${more}`)));
  }

  function range(key) {
    return group(key, "range", bound(key, `min_${key}`, t("catalog.min")), bound(key, `max_${key}`, t("catalog.max")));
  }

  function bound(key, name, text) {
    // Prices are asked for in whole minor units and typed in the currency's own.
    const digits = key === "price_minor" ? exponent(shop.currency) : 0;
    const value = query[name];
    const field = el("input", {
      class: "field", type: "text", inputmode: "decimal", "data-key": name, "aria-label": `${label(shop, key)}: ${text}`, placeholder: text, autocomplete: "off",
      value: value === undefined ? "" : value / 10 ** digits, change: read,
    });
    return field;

    function read() {
      // Three digits behind a point are thousands, but for the few currencies that have so many.
      const thousands = key === "price_minor" && digits < 3 ? /[.,٬](?=\d{3}\b)/g : "";
      const typed = field.value.trim().replace(/[٠-٩]/g, (digit) => digit.charCodeAt() - 1632).replace(thousands, "").replace(/[,٫]/, ".");
      const wrong = !/^(-?\d{1,9}(\.\d{1,3})?)?$/.test(typed);
      field.setAttribute("aria-invalid", String(wrong));
      if (!wrong) ask(withValue(query, name, typed === "" ? undefined : digits ? Math.round(typed * 10 ** digits) : Number(typed)));
    }
  }

  function sortSelect() {
    const plain = sortOf({ search: query.search });
    const select = el("select", { class: "field", "data-key": "sort", change: () => ask(withValue(query, "sort", select.value === plain ? undefined : select.value)) },
      SORTS.filter((value) => value !== "relevance" || query.search).map((value) => el("option", { value, selected: sortOf(query) === value }, tOne("catalog.sort.", value))));
    return select;
  }
}
