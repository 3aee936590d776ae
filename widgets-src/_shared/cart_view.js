import { isClosed } from "./cart.js";
import { announce, el } from "./dom.js";
import { icon } from "./icons.js";
import { fullName, lineNotices, messagesOf, stockNote } from "./line_words.js";
import { picture } from "./media.js";
import { countryName, money } from "./money.js";
import { button, notice } from "./notice.js";
import { savedView } from "./saved_view.js";
import { summaryLines, totalsList } from "./summary.js";

const MOST = 99;

/** Draw the cart: lines that can be changed, what there is to know, totals, and the way to pay. */
export function cartView(cart, place, checkout) {
  const { cart: data, busy, problem, removed } = cart.model;
  if (isClosed(data)) return [generalMessages(data), summaryLines(data.items, data.currency, place), el("div", { class: "closing" }, totalsList(data))];
  return [
    removed && notice("info", `${removed.name} was removed.`, button("quiet", "Undo", () => undo(cart), { "data-key": "undo" })),
    problem && notice("error", problem.text, problem.again && button("quiet", "Try again", problem.again, { "data-key": "again" })),
    generalMessages(data),
    data.items.length ? el("ul", { class: "lines" }, data.items.map((item, index) => line(cart, item, index, place))) : empty(),
    data.items.length > 0 && el("div", { class: `closing${busy || cart.model.pending.size ? " is-settling" : ""}` },
      totals(data),
      button("primary wide", "Check out", checkout, { "data-key": "checkout" })),
    savedView(cart, place),
  ];
}

/** List the totals, of the place that was asked about if there is one. */
function totals(data) {
  const { totals: there, country, region } = data.estimate ?? {};
  if (!there) return [totalsList(data), data.estimated && el("p", { class: "soft hint" }, "Shipping and tax are worked out at checkout.")];
  const where = [region, countryName(country)].filter(Boolean).join(", ");
  return [totalsList({ ...data, totals: there, estimated: true }), el("p", { class: "soft hint" }, `Estimated for ${where}. Checkout has the last word.`)];
}

function line(cart, item, index, place) {
  const { cart: data, pending } = cart.model;
  const quantity = pending.get(item.variant_id) ?? item.quantity;
  const messages = messagesOf(data, "items", index);
  return el("li", { class: "line" },
    picture(place, item.product_id),
    el("div", { class: "line-text" },
      el("b", null, item.name),
      item.variant && el("span", { class: "soft" }, item.variant),
      quantity > 1 && el("span", { class: "soft" }, `${money(item.unit_amount_minor, data.currency)} each`)),
    el("span", { class: "price" }, money(pending.has(item.variant_id) ? item.unit_amount_minor * quantity : item.total_minor, data.currency)),
    stockNote(item, messages),
    el("div", { class: "line-tools" }, stepper(cart, item, quantity), el("span", { class: "line-ways" }, saveButton(cart, item), removeButton(cart, item))),
    lineNotices(item, messages));
}

function stepper(cart, item, quantity) {
  const name = fullName(item);
  const change = (wanted) => {
    if (wanted < 1 || wanted > MOST) return;
    cart.setQuantity(item, wanted);
    announce(`${item.name}: ${wanted}`);
  };
  const step = (by, label, shape) => el("button", {
    type: "button", "aria-label": `${label} ${name}`, "data-key": `${label}${item.variant_id}`,
    "aria-disabled": String(quantity + by < 1 || quantity + by > MOST), click: () => change(quantity + by),
  }, icon(shape));
  const field = el("input", {
    type: "text", inputmode: "numeric", maxlength: "2", autocomplete: "off", "aria-label": `Quantity of ${name}`, "data-key": `q${item.variant_id}`,
    change: () => (/^[1-9]\d?$/.test(field.value.trim()) ? change(Number(field.value)) : (field.value = quantity)),
  });
  field.value = quantity;
  return el("div", { class: "stepper" }, step(-1, "One less", "minus"), field, step(1, "One more", "plus"));
}

function saveButton(cart, item) {
  const work = async () => {
    await cart.save(item);
    if (!cart.model.problem) announce(`${item.name} is saved for later.`);
  };
  const label = [icon("later"), el("span", null, "Save for later")];
  return button("quiet save", label, work, { "aria-label": `Save for later: ${fullName(item)}`, title: "Save for later", "data-key": `later${item.variant_id}` });
}

function removeButton(cart, item) {
  const work = async () => {
    await cart.remove(item);
    if (cart.model.removed) announce(`${item.name} was removed. You can undo this.`);
  };
  return button("icon", icon("trash"), work, { "aria-label": `Remove ${item.name}`, "data-key": `remove${item.variant_id}` });
}

async function undo(cart) {
  const { name } = cart.model.removed;
  await cart.undo();
  if (!cart.model.problem) announce(`${name} is back.`);
}

function generalMessages(data) {
  return (data.messages ?? []).filter(({ param }) => !/^(items|saved_for_later)\[\d+\]/.test(param ?? "")).map(({ type, content }) => notice(type, content));
}

function empty() {
  return el("div", { class: "empty" }, icon("bag"), el("p", null, "Your cart is empty."));
}
