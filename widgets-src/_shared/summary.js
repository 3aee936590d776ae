import { el } from "./dom.js";
import { apart, details } from "./line_words.js";
import { picture } from "./media.js";
import { money } from "./money.js";
import { t, tOne } from "./words.js";

const REDUCES = ["items_discount", "discount"];
// Every other row may carry a name that the merchant gave it.
const OURS = ["items_base_amount", "subtotal", "total"];

/** List what is bought, small and quiet; `notes(index)` gives what there is to know about a line. */
export function summaryLines({ items, currency }, place, notes) {
  return el("ul", { class: "lines lines-small" }, (items ?? []).map((item, index) => el("li", { class: "line" },
    picture(`${place} ${item.variant_id}`, item.product_id),
    el("span", { class: "line-text" }, el("b", null, apart(item.name)), details(item)),
    el("span", { class: "price" }, money(item.total_minor, currency)),
    notes?.(index),
  )));
}

/** List the totals, leaving out the steps that say nothing new. */
export function totalsList({ totals, currency, estimated, order }) {
  const entries = (totals ?? []).filter((entry, _index, all) => tells(entry, all));
  if (!entries.length) return null;
  return el("dl", { class: "totals" }, entries.map((entry) => {
    const { type, amount_minor } = entry;
    const isTotal = type === "total";
    const label = isTotal && estimated && !order ? t("common.estimated_total") : labelOf(entry);
    const amount = REDUCES.includes(type) ? -Math.abs(amount_minor) : amount_minor;
    return el("div", { class: isTotal && "grand" }, el("dt", null, apart(label)), el("dd", null, type === "fulfillment" && !amount ? t("common.free") : money(amount, currency)));
  }));
}

function labelOf({ type, display_text }) {
  const word = tOne("common.totals.", type);
  // A discount's own name stands behind ours.
  const named = display_text?.replace(/^Discount(?= \()/, () => word);
  return (!OURS.includes(type) && named) || word || display_text || type;
}

function tells({ type, amount_minor }, all) {
  const has = (other) => all.some((entry) => entry.type === other && entry.amount_minor);
  const reduced = REDUCES.some(has);
  if (type === "items_base_amount") return reduced;
  if (type === "subtotal") return reduced || ["fulfillment", "tax", "fee"].some(has);
  return type === "total" || type === "fulfillment" || amount_minor !== 0;
}
