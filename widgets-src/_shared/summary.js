import { el } from "./dom.js";
import { picture } from "./media.js";
import { money } from "./money.js";

const LABELS = {
  items_base_amount: "Items",
  items_discount: "Savings on items",
  subtotal: "Subtotal",
  discount: "Discount",
  fulfillment: "Shipping",
  tax: "Tax",
  fee: "Fee",
  total: "Total",
};
const REDUCES = ["items_discount", "discount"];

/** List what was bought, small and quiet. */
export function summaryLines(items, currency, place) {
  return el("ul", { class: "lines lines-small" }, (items ?? []).map((item) => el("li", { class: "line" },
    picture(place, item.product_id),
    el("span", { class: "line-text" }, el("b", null, item.name), el("span", { class: "soft" }, describe(item))),
    el("span", { class: "price" }, money(item.total_minor, currency)),
  )));
}

/** List the totals, leaving out the steps that say nothing new. */
export function totalsList({ totals, currency, estimated, order }) {
  const entries = (totals ?? []).filter((entry, _index, all) => tells(entry, all));
  if (!entries.length) return null;
  return el("dl", { class: "totals" }, entries.map((entry) => {
    const isTotal = entry.type === "total";
    const label = isTotal && estimated && !order ? "Estimated total" : (entry.display_text ?? LABELS[entry.type] ?? entry.type);
    const amount = REDUCES.includes(entry.type) ? -Math.abs(entry.amount_minor) : entry.amount_minor;
    return el("div", { class: isTotal && "grand" }, el("dt", null, label), el("dd", null, entry.type === "fulfillment" && !amount ? "Free" : money(amount, currency)));
  }));
}

function tells({ type, amount_minor }, all) {
  const has = (other) => all.some((entry) => entry.type === other && entry.amount_minor);
  const reduced = REDUCES.some(has);
  if (type === "items_base_amount") return reduced;
  if (type === "subtotal") return reduced || ["fulfillment", "tax", "fee"].some(has);
  return type === "total" || type === "fulfillment" || amount_minor !== 0;
}

function describe(item) {
  return [item.variant, item.quantity > 1 && `${item.quantity} pieces`].filter(Boolean).join(" · ");
}
