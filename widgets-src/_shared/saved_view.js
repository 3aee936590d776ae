import { announce, el } from "./dom.js";
import { icon } from "./icons.js";
import { details, fullName, lineNotices, apart, stockNote } from "./line_words.js";
import { picture } from "./media.js";
import { money } from "./money.js";
import { button } from "./notice.js";
import { number, t } from "./words.js";

const SHOWN = 3;
let all = false;

/** Draw what is saved for later, quieter than the cart; long lists open on demand. */
export function savedView(cart, saved, place) {
  if (!saved.length) return null;
  const shown = all || saved.length <= SHOWN + 1 ? saved : saved.slice(0, SHOWN);
  return el("section", { class: "saved", "aria-labelledby": "saved" },
    el("h2", { id: "saved" }, t("cart.saved"), " ", el("span", { class: "soft count" }, number(saved.length))),
    el("ul", { class: "lines" }, shown.map((item) => savedLine(cart, item, place))),
    shown.length < saved.length && button("quiet", t("cart.show_all", { count: saved.length }), () => showAll(cart), { "data-key": "all-saved" }));
}

/** Make the button that takes a line out; the way back gets the keyboard. */
export function removeLine(cart, item, label) {
  const work = () => {
    const done = cart.remove(item);
    document.querySelector("[data-key=undo]")?.focus({ preventScroll: true });
    announce(t("common.removed", { name: item.name }));
    return done;
  };
  return button("icon", icon("trash"), work, { "aria-label": label, "data-key": `remove${item.variant_id}` });
}

function showAll(cart) {
  all = true;
  cart.draw();
  // What is new stands where the button was: reading goes on there.
  document.querySelectorAll(".saved .line")[SHOWN].querySelector("button").focus();
}

function savedLine(cart, item, place) {
  const { name, variant_id: id, messages } = item;
  const gone = item.availability === "out_of_stock";
  const note = stockNote(item, messages);
  return el("li", { class: "line" },
    picture(`${place} saved ${item.variant_id}`, item.product_id),
    el("div", { class: "line-text" }, el("b", null, apart(name)), details(item)),
    el("span", { class: "price" }, money(item.total_minor, cart.model.cart.currency)),
    !gone && note,
    el("div", { class: "line-tools" },
      gone ? note : button("quiet", t("cart.move"), () => move(cart, item), { "aria-label": t("cart.move_named", { name: fullName(item) }), "data-key": `later${id}` }),
      removeLine(cart, item, t("cart.remove_saved", { name: fullName(item) }))),
    lineNotices(item, messages));
}

function move(cart, item) {
  announce(t("cart.moved", { name: item.name }));
  return cart.unsave(item);
}
