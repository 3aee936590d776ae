import { announce, el } from "../_shared/dom.js";
import { icon } from "../_shared/icons.js";
import { number, t } from "../_shared/words.js";

/** Draw a quantity with a button on each side. */
export function stepper({ name, quantity, key, change, most = 99 }) {
  const step = (by, shape, label) => {
    const next = quantity + by;
    const over = next < 1 || next > most;
    return el("button", { type: "button", "aria-label": label, "data-key": `${shape}${key}`, "aria-disabled": String(over), click: () => over || turn(next) }, icon(shape));
  };
  const turn = (next) => {
    change(next);
    announce(`${name}: ${number(next)}`);
  };
  return el("div", { class: "stepper", role: "group", "aria-label": t("cart.quantity", { name }) }, step(-1, "minus", t("cart.less", { name })), el("span", { class: "number" }, number(quantity)), step(1, "plus", t("cart.more", { name })));
}
