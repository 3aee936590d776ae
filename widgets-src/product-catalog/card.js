import { el } from "../_shared/dom.js";
import { icon } from "../_shared/icons.js";
import { picture } from "../_shared/media.js";
import { money } from "../_shared/money.js";
import { button } from "../_shared/notice.js";

const AVAILABILITY = { in_stock: "In stock", low_stock: "Low stock", out_of_stock: "Sold out", backorder: "On backorder", preorder: "Preorder" };

/** Say in a word whether it can be had. */
export function badge(availability) {
  return AVAILABILITY[availability] && el("span", { class: `badge badge-${availability}` }, AVAILABILITY[availability]);
}

/** Draw a product in the grid: the whole card opens it, the small button adds it. */
export function card({ product, currency, open, add, added }) {
  const price = money(product.price_minor, currency);
  return el("li", { class: "card" },
    picture("grid", product.id),
    product.availability !== "in_stock" && badge(product.availability),
    el("button", { type: "button", class: "card-open", "data-key": `open${product.id}`, click: () => open(product) }, product.name),
    el("span", { class: "soft" }, product.category),
    el("span", { class: "price" }, product.price_from ? [el("span", { class: "from" }, "from "), price] : price),
    product.availability !== "out_of_stock" && quick(product, { open, add, added }));
}

// With several prices the shopper has to choose first.
function quick(product, { open, add, added }) {
  const label = product.price_from ? `Choose ${product.name}` : `Add ${added ? "another " : ""}${product.name} to the cart`;
  const work = () => (product.price_from ? open(product) : add(product));
  return button(`icon quick${added ? " is-added" : ""}`, icon(added ? "check" : "plus"), work, { "aria-label": label, "data-key": `add${product.id}` });
}
