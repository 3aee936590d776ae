import { el } from "../_shared/dom.js";
import { has, toggled, withValue } from "./query.js";

const SORTS = [["featured", "Featured"], ["price_asc", "Price, low to high"], ["price_desc", "Price, high to low"], ["newest", "Newest"], ["name", "Name"]];

/** Draw every facet with its values and how many products each leaves. */
export function filterPanel({ query, filters, label, ask }) {
  return [
    Object.entries(filters).map(([key, counts]) => facet({ key, counts, query, label, ask })),
    el("div", { class: "facet-row" },
      el("label", { class: "sort" }, "Sort by", sortSelect(query, ask)),
      chip({ name: "in_stock", text: "In stock only", on: query.in_stock === true, pick: () => ask(withValue(query, "in_stock", query.in_stock ? undefined : true)) })),
  ];
}

function facet({ key, counts, query, label, ask }) {
  const values = Object.entries(counts).filter(([value, count]) => count > 0 || has(query, key, value));
  if (!values.length) return null;
  return el("fieldset", { class: "facet" }, el("legend", null, label(key)), el("div", { class: "chips" },
    values.map(([value, count]) => chip({ name: `${key}=${value}`, text: value, count, on: has(query, key, value), pick: () => ask(toggled(query, key, value)) }))));
}

function chip({ name, text, count, on, pick }) {
  const box = el("input", { type: "checkbox", "data-key": name, change: pick });
  box.checked = on;
  return el("label", { class: "chip" }, box, el("span", null, text, count !== undefined && el("span", { class: "count" }, ` ${count}`)));
}

function sortSelect(query, ask) {
  const select = el("select", { class: "field", "data-key": "sort", change: () => ask(withValue(query, "sort", select.value === "featured" ? undefined : select.value)) },
    SORTS.map(([value, text]) => el("option", { value, selected: (query.sort ?? "featured") === value }, text)));
  return select;
}
