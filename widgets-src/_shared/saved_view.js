import { announce, el } from "./dom.js";
import { icon } from "./icons.js";
import { fullName, lineNotices, messagesOf, stockNote } from "./line_words.js";
import { picture } from "./media.js";
import { money } from "./money.js";
import { button } from "./notice.js";

const SHOWN = 3;
let all = false;

/** Draw what is saved for later, quieter than the cart; long lists open on demand. */
export function savedView(cart, place) {
  const { saved_for_later: saved, currency } = cart.model.cart;
  if (!saved?.length) return null;
  const shown = all || saved.length <= SHOWN + 1 ? saved : saved.slice(0, SHOWN);
  return el("section", { class: "saved", "aria-labelledby": "saved" },
    el("h2", { id: "saved" }, "Saved for later ", el("span", { class: "soft count" }, String(saved.length))),
    el("ul", { class: "lines" }, shown.map((item, index) => line(cart, item, { index, place, currency }))),
    shown.length < saved.length && button("quiet", `Show all ${saved.length}`, () => showAll(cart), { "data-key": "all-saved" }));
}

function showAll(cart) {
  all = true;
  cart.draw();
  // What is new stands where the button was: reading goes on there.
  document.querySelectorAll(".saved .line")[SHOWN].querySelector("button").focus();
}

function line(cart, item, { index, place, currency }) {
  const messages = messagesOf(cart.model.cart, "saved_for_later", index);
  const name = fullName(item);
  const gone = item.availability === "out_of_stock";
  const note = stockNote(item, messages);
  const details = [item.variant, item.quantity > 1 && `${item.quantity} pieces`].filter(Boolean).join(" · ");
  return el("li", { class: "line" },
    picture(`${place} saved`, item.product_id),
    el("div", { class: "line-text" }, el("b", null, item.name), details && el("span", { class: "soft" }, details)),
    el("span", { class: "price" }, money(item.total_minor, currency)),
    !gone && note,
    el("div", { class: "line-tools" },
      gone ? note : button("quiet", "Move to cart", () => move(cart, item), { "aria-label": `Move to cart: ${name}`, "data-key": `later${item.variant_id}` }),
      button("icon", icon("trash"), () => remove(cart, item), { "aria-label": `Remove ${name} from saved`, "data-key": `remove${item.variant_id}` })),
    lineNotices(item, messages));
}

async function move(cart, item) {
  await cart.unsave(item);
  if (!cart.model.problem) announce(`${item.name} is in the cart.`);
}

async function remove(cart, item) {
  await cart.removeSaved(item);
  if (cart.model.removed) announce(`${item.name} was removed. You can undo this.`);
}
