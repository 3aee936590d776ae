import { linesNow } from "./cart.js";
import { announce, el } from "./dom.js";
import { isClosed } from "./facts.js";
import { icon } from "./icons.js";
import { fullName, lineNotices, apart, stockNote } from "./line_words.js";
import { picture } from "./media.js";
import { countryName, money } from "./money.js";
import { button, notice, tryAgain } from "./notice.js";
import { removeLine, savedView } from "./saved_view.js";
import { said } from "./said.js";
import { summaryLines, totalsList } from "./summary.js";
import { number, t } from "./words.js";

const MOST_PIECES = 99;

/**
 * Draw the cart: lines that can be changed, what there is to know, totals, and the way to pay.
 *
 * `more` is what a widget adds: `codes()` draws discount codes, `onward()` the way on from an empty cart.
 */
export function cartView(cart, place, checkout, more = {}) {
  const { cart: data, busy, pending, going, problem, removed, moved } = cart.model;
  if (isClosed(data)) return [generalMessages(data), summaryLines(data, place), el("div", { class: "closing" }, totalsList(data))];
  const { items, saved } = linesNow(cart.model);
  const isSettling = busy || pending.size + going.size > 0;
  const at = [...items, ...saved, { variant_id: "code" }].some(({ variant_id }) => variant_id === problem?.at);
  return [
    removed && notice("info", t("common.removed", { name: removed.name }), button("quiet", t("common.undo"), () => undo(cart), { "data-key": "undo" })),
    moved && notice("info", t("cart.changed")),
    problem && !at && problemOf(problem),
    generalMessages(data, more.codes),
    items.length ? el("ul", { class: "lines" }, items.map((item) => line(cart, item, place))) : el("div", { class: "empty" }, icon("bag"), el("p", null, t("cart.empty")), more.onward?.()),
    items.length > 0 && el("div", { class: `closing${isSettling ? " is-settling" : ""}` },
      more.codes?.(),
      totals(data),
      button("primary wide", t("cart.check_out"), checkout, { "data-key": "checkout" })),
    savedView(cart, saved, place),
  ];
}

/** Say what went wrong with a change, and offer it again where that may help. */
export function problemOf({ say, again }) {
  return notice("error", say(), again && tryAgain(again));
}

/** Count what is in the cart, with what was asked for since. */
export function countOf(model) {
  return linesNow(model).items.reduce((sum, { now }) => sum + now, 0);
}

/** List the totals, of the place that was asked about if there is one. */
function totals(data) {
  const { totals: there, country, region } = data.estimate ?? {};
  if (!there) return [totalsList(data), data.estimated && el("p", { class: "soft hint" }, t("cart.later"))];
  const where = [region, countryName(country)].filter(Boolean).join(", ");
  return [totalsList({ ...data, totals: there, estimated: true }), el("p", { class: "soft hint" }, t("cart.estimate", { place: where }))];
}

function line(cart, item, place) {
  const { cart: { currency }, problem } = cart.model;
  const { variant, now, messages } = item;
  const price = (amount) => money(amount, currency);
  return el("li", { class: "line" },
    picture(`${place} ${item.variant_id}`, item.product_id),
    el("div", { class: "line-text" },
      el("b", null, apart(item.name)),
      variant && el("span", { class: "soft" }, apart(variant)),
      now > 1 && el("span", { class: "soft" }, t("cart.each", { price: price(item.unit_amount_minor) }))),
    el("span", { class: "price" }, price(now === item.quantity ? item.total_minor : item.unit_amount_minor * now)),
    stockNote(item, messages),
    el("div", { class: "line-tools" }, stepper(cart, item), el("span", { class: "line-ways" }, saveButton(cart, item), removeLine(cart, item, t("common.remove", { name: item.name })))),
    lineNotices(item, messages),
    problem?.at === item.variant_id && problemOf(problem));
}

function stepper(cart, item) {
  const name = fullName(item);
  const { variant_id: id, now } = item;
  const can = (wanted) => wanted >= 1 && wanted <= MOST_PIECES;
  const change = (wanted) => {
    cart.setQuantity(item, wanted);
    announce(`${item.name}: ${number(wanted)}`);
  };
  const step = (by, label, shape) => el("button", {
    type: "button", "aria-label": label, "data-key": `${shape}${id}`, "aria-disabled": String(!can(now + by)), click: () => can(now + by) && change(now + by),
  }, icon(shape));
  const field = el("input", {
    type: "text", inputmode: "numeric", maxlength: "2", autocomplete: "off", "aria-label": t("cart.quantity", { name }), "data-key": `q${id}`, change: read, focus: () => field.select(),
  });
  // Arabic keyboards have digits of their own.
  function read() {
    const wanted = Number(field.value.replace(/[٠-٩]/g, (digit) => digit.charCodeAt() - 1632));
    if (Number.isInteger(wanted) && can(wanted) && wanted !== now) change(wanted);
    else field.value = number(now);
  }
  field.value = number(now);
  return el("div", { class: "stepper" }, step(-1, t("cart.less", { name }), "minus"), field, step(1, t("cart.more", { name }), "plus"));
}

function saveButton(cart, item) {
  const work = () => {
    announce(t("cart.is_saved", { name: item.name }));
    return cart.save(item);
  };
  const label = t("cart.save");
  return button("quiet save", [icon("later"), el("span", null, label)], work, { "aria-label": t("cart.save_named", { name: fullName(item) }), title: label, "data-key": `later${item.variant_id}` });
}

async function undo(cart) {
  const { name, variant_id } = cart.model.removed;
  await cart.undo();
  if (cart.model.problem) return;
  announce(t("cart.moved", { name }));
  const key = CSS.escape("remove" + variant_id);
  document.querySelector(`[data-key="${key}"]`)?.focus({ preventScroll: true });
}

function generalMessages(data, hasCodes) {
  const elsewhere = hasCodes ? /^(items|saved_for_later|discount_codes)\[/ : /^(items|saved_for_later)\[/;
  return (data.messages ?? []).filter(({ param }) => !elsewhere.test(param ?? "")).map((message) => notice(message.type, said(message, data.currency)));
}
