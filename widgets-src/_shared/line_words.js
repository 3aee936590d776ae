import { el } from "./dom.js";
import { day } from "./money.js";
import { notice } from "./notice.js";

const AHEAD = ["backorder", "preorder"];
const QUIET = ["low_stock", ...AHEAD];

/** Name a line with its variant, for those who hear it. */
export function fullName({ name, variant }) {
  return variant ? `${name}, ${variant}` : name;
}

/** Say how a line can be had, where that is not simply from stock. */
export function stockNote(item, messages) {
  if (item.availability === "out_of_stock") return el("span", { class: "stock-note" }, el("span", { class: "badge badge-out_of_stock" }, "Sold out"));
  if (AHEAD.includes(item.availability) && item.quantity_ahead) return el("span", { class: "stock-note" }, ahead(item));
  const low = messages.find(({ code }) => code === "low_stock");
  return low && el("span", { class: "stock-note" }, low.content);
}

/** Find what is said about one line: `list` is `items` or `saved_for_later`. */
export function messagesOf(data, list, index) {
  return (data.messages ?? []).filter(({ param }) => (param ?? "").startsWith(`${list}[${index}]`));
}

/** Show what a line has to say beside its note. */
export function lineNotices(item, messages) {
  const known = item.availability === "out_of_stock" ? [...QUIET, "out_of_stock"] : QUIET;
  return messages.filter(({ code }) => !known.includes(code)).map(({ type, content }) => notice(type, content));
}

function ahead({ availability, available_at, quantity, quantity_ahead }) {
  const kind = availability === "preorder" ? "Preorder" : "Backorder";
  const count = quantity_ahead < quantity ? `${quantity_ahead} of ${quantity} come later` : "comes later";
  const expected = available_at && `expected ${day(available_at)}`;
  return `${kind}: ${[count, expected].filter(Boolean).join(", ")}`;
}
