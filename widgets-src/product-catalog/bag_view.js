import { announce, el } from "../_shared/dom.js";
import { isClosed, totalOf } from "../_shared/facts.js";
import { icon } from "../_shared/icons.js";
import { apart, fullName, messagesOf } from "../_shared/line_words.js";
import { picture } from "../_shared/media.js";
import { money } from "../_shared/money.js";
import { button, notice } from "../_shared/notice.js";
import { said } from "../_shared/said.js";
import { t } from "../_shared/words.js";
import { stepper } from "./stepper.js";

/** Draw the cart: lines that can be changed, what there is to know, the total, and the way to pay. */
export function bagView(bag, checkOut) {
  const { cart, removed, problem } = bag;
  const items = cart.items.filter(({ variant_id }) => bag.quantityOf(variant_id));
  const closed = isClosed(cart);
  const told = (message) => notice(message.type, said(message, cart.currency));
  return [
    problem && notice("error", problem()),
    cart.messages?.filter(({ param }) => !/^items\[/.test(param ?? "")).map(told),
    removed && notice("info", t("common.removed", removed), button("quiet", t("common.undo"), () => bag.want(removed, removed.quantity), { "data-key": "undo" })),
    items.length ? el("ul", { class: "lines" }, items.map((item) => line(bag, item, messagesOf(cart, "items", cart.items.indexOf(item)).map(told), closed))) : el("div", { class: "empty" }, icon("bag"), el("p", null, t("cart.empty"))),
    items.length > 0 && el("div", { class: `closing${bag.wanted.size ? " is-settling" : ""}` },
      el("dl", { class: "totals" }, el("div", { class: "grand" }, el("dt", null, cart.estimated ? t("common.estimated_total") : t("common.totals.total")), el("dd", null, totalOf(cart)))),
      cart.estimated && el("p", { class: "soft hint" }, t("cart.later")),
      closed || button("primary wide", t("cart.check_out"), checkOut, { "data-key": "checkout" })),
  ];
}

function line(bag, item, messages, closed) {
  const { variant_id, variant, unit_amount_minor } = item;
  const { currency } = bag.cart;
  const quantity = bag.quantityOf(variant_id);
  const name = fullName(item);
  const total = quantity === item.quantity ? item.total_minor : unit_amount_minor * quantity;
  const remove = () => {
    bag.want(item, 0);
    announce(t("common.removed", item));
  };
  return el("li", { class: "line" },
    picture(`bag ${item.variant_id}`, item.product_id),
    el("div", { class: "line-text" }, el("b", null, apart(item.name)), variant && el("span", { class: "soft" }, apart(variant))),
    el("span", { class: "price" }, money(total, currency)),
    closed || el("div", { class: "line-tools" },
      stepper({ name, quantity, key: variant_id, change: (wanted) => bag.want(item, wanted) }),
      button("icon", icon("trash"), remove, { "aria-label": t("common.remove", item), "data-key": `remove${variant_id}` })),
    messages);
}
