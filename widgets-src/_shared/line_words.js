import { el } from "./dom.js";
import { day } from "./money.js";
import { notice } from "./notice.js";
import { said } from "./said.js";
import { t, tOne } from "./words.js";

const AHEAD = ["backorder", "preorder"];
const QUIET = ["low_stock", ...AHEAD];

/** Set a text of the merchant apart, so that its direction moves nothing beside it. */
export function apart(text) {
  return el("bdi", null, text);
}

/** Name a line with its variant, for those who hear it. */
export function fullName({ name, variant }) {
  return variant ? `${name}, ${variant}` : name;
}

/** Tell a line apart from others of its name: its variant, and how many where it is more than one. */
export function details({ variant, quantity }) {
  const facts = [variant && apart(variant), quantity > 1 && t("common.pieces", { count: quantity })].filter(Boolean);
  return el("span", { class: "soft" }, facts.length > 1 ? [facts[0], " · ", facts[1]] : facts);
}

/** Say how a line can be had, where that is not simply from stock. */
export function stockNote(item, messages) {
  const { availability } = item;
  if (availability === "out_of_stock") return note(el("span", { class: "badge badge-out_of_stock" }, tOne("common.availability.", availability)));
  if (AHEAD.includes(availability) && item.quantity_ahead) return note(ahead(item));
  const low = messages.find(({ code }) => code === "low_stock");
  return low && note(said(low));
}

/** Find what is said about one line: `list` is `items` or `saved_for_later`. */
export function messagesOf(data, list, index) {
  return (data.messages ?? []).filter(({ param }) => (param ?? "").startsWith(`${list}[${index}]`));
}

/** Show what a line has to say beside its note. */
export function lineNotices(item, messages) {
  const known = item.availability === "out_of_stock" ? [...QUIET, "out_of_stock"] : QUIET;
  return messages.filter(({ code }) => !known.includes(code)).map((message) => notice(message.type, said(message)));
}

function note(content) {
  return el("span", { class: "stock-note" }, content);
}

function ahead({ availability, available_at, quantity, quantity_ahead: count }) {
  const some = count < quantity ? t("cart.some_later", { count, quantity }) : t("cart.comes_later");
  return [tOne("common.availability.", availability), some, available_at && t("cart.expected", { day: day(available_at) })].filter(Boolean).join(" · ");
}
