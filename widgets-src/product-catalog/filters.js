import { el } from "../_shared/dom.js";
import { has, sortOf, toggled, withValue } from "./query.js";

const SORTS = [["relevance", "Best match"], ["featured", "Featured"], ["best_selling", "Best selling"], ["price_asc", "Price, low to high"], ["price_desc", "Price, high to low"], ["newest", "Newest"], ["name", "Name"]];

/** Draw every facet: values with how many products each leaves, bounds of ranges, and what is a yes or no. */
export function filterPanel({ query, filters, facets, counts_capped, label, ask }) {
  const kind = (key) => facets[key]?.kind;
  const keys = [...new Set([...Object.keys(filters), ...Object.keys(facets)])];
  const parts = { query, label, ask, more: counts_capped ? "+" : "" };
  return [
    keys.filter((key) => kind(key) !== "bool" && kind(key) !== "range").map((key) => facet({ key, counts: filters[key] ?? {}, ...parts })),
    keys.filter((key) => kind(key) === "range").map((key) => range({ key, unit: facets[key].unit, ...parts })),
    el("div", { class: "facet-row" },
      el("label", { class: "sort" }, "Sort by", sortSelect(query, ask)),
      keys.filter((key) => kind(key) === "bool").map((key) => yes({ key, count: filters[key]?.true, ...parts })),
      yes({ key: "in_stock", text: "In stock only", ...parts })),
  ];
}

function facet({ key, counts, query, label, ask, more }) {
  const values = Object.entries(counts).filter(([value, count]) => count > 0 || has(query, key, value));
  if (!values.length) return null;
  return el("fieldset", { class: "facet" }, el("legend", null, label(key)), el("div", { class: "chips" },
    values.map(([value, count]) => chip({ name: `${key}=${value}`, text: value, count: `${count}${more}`, on: has(query, key, value), pick: () => ask(toggled(query, key, value)) }))));
}

function yes({ key, text, count, query, label, ask, more }) {
  const on = query[key] === true;
  return chip({ name: key, text: text ?? label(key), count: count === undefined ? undefined : `${count}${more}`, on, pick: () => ask(withValue(query, key, on ? undefined : true)) });
}

function range({ key, unit, query, label, ask }) {
  return el("fieldset", { class: "facet range" }, el("legend", null, unit ? `${label(key)} (${unit})` : label(key)),
    bound(`min_${key}`, "From"), bound(`max_${key}`, "Up to"));

  function bound(name, text) {
    const field = el("input", { class: "field", type: "text", inputmode: "decimal", "data-key": name, "aria-label": `${label(key)}: ${text}`, placeholder: text, autocomplete: "off", value: query[name] ?? "", change: read });
    return field;

    function read() {
      const typed = field.value.trim().replace(",", ".");
      const wrong = !/^(-?\d{1,9}(\.\d{1,3})?)?$/.test(typed);
      field.setAttribute("aria-invalid", String(wrong));
      if (!wrong) ask(withValue(query, name, typed === "" ? undefined : Number(typed)));
    }
  }
}

function chip({ name, text, count, on, pick }) {
  const box = el("input", { type: "checkbox", "data-key": name, change: pick });
  box.checked = on;
  return el("label", { class: "chip" }, box, el("span", null, text, count !== undefined && el("span", { class: "count" }, ` ${count}`)));
}

function sortSelect(query, ask) {
  const plain = sortOf({ search: query.search });
  const select = el("select", { class: "field", "data-key": "sort", change: () => ask(withValue(query, "sort", select.value === plain ? undefined : select.value)) },
    SORTS.filter(([value]) => value !== "relevance" || query.search).map(([value, text]) => el("option", { value, selected: sortOf(query) === value }, text)));
  return select;
}
