import { el } from "../_shared/dom.js";
import { icon } from "../_shared/icons.js";
import { picture } from "../_shared/media.js";
import { money } from "../_shared/money.js";
import { button } from "../_shared/notice.js";
import { t, tOne, tParts } from "../_shared/words.js";

/** Say in a word whether it can be had. */
export function badge(availability) {
  const text = tOne("common.availability.", availability);
  return text && el("span", { class: `badge badge-${availability}` }, text);
}

/** Write a price, or the least of several. */
export function price({ price_minor, price_from }, currency) {
  const amount = el("b", null, money(price_minor, currency));
  return price_from ? tParts("catalog.from_price", { price: amount }) : amount;
}

/** Draw a product: the whole card opens it, its button adds it. A card that stands alone says more. */
export function card(product, { shop, act, alone }) {
  const { id, name, category, availability } = product;
  return el("li", { class: "card" },
    picture("card", id),
    availability !== "in_stock" && badge(availability),
    el("button", { type: "button", class: "card-open", "data-key": `open${id}`, title: name, click: () => act.open(product) }, el("bdi", null, name)),
    el("span", { class: "soft" }, el("bdi", null, category)),
    alone && el("span", { class: "soft" }, Object.keys(shop.filters).flatMap((key) => (Array.isArray(product[key]) ? product[key] : [])).slice(0, 3).join(" · ")),
    el("span", { class: "price" }, price(product, shop.currency)),
    availability !== "out_of_stock" && quick(product, act, alone));
}

// With several prices the shopper has to choose first.
function quick(product, act, alone) {
  const { id, name, price_from } = product;
  const added = act.inCart(product);
  const work = () => (price_from ? act.open(product) : act.add({ product_id: id, quantity: 1 }, product));
  const key = { "data-key": `add${id}` };
  if (alone) {
    const text = price_from ? t("catalog.options") : t("catalog.add_to_cart");
    return button("primary", [added && icon("check"), text], work, { "aria-label": `${text}: ${name}`, ...key });
  }
  const label = price_from ? t("catalog.choose", { name }) : added ? t("catalog.add_another", { name }) : t("catalog.add", { name });
  return button(`icon quick${added ? " is-added" : ""}`, icon(added ? "check" : "plus"), work, { "aria-label": label, ...key });
}
