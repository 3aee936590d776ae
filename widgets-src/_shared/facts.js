import { money } from "./money.js";

const FINAL = ["completed", "canceled", "expired"];

/** Tell whether nothing more can happen to this checkout session. */
export function isFinal(session) {
  return FINAL.includes(session?.status);
}

/** Tell whether this cart has been paid and takes no more changes. */
export function isClosed(cart) {
  return Boolean(cart?.messages?.some(({ code }) => code === "cart_completed"));
}

/** Write what all of a cart, a checkout or an order costs. */
export function totalOf({ totals, currency }) {
  return money(totals?.find(({ type }) => type === "total")?.amount_minor, currency);
}

/** Say what is in a cart: for the model, which reads English best. */
export function inWords(cart) {
  const lines = cart.items.map(({ quantity, name, variant }) => [quantity, "x", name, variant && `(${variant})`].filter(Boolean).join(" "));
  const what = lines.length ? `: ${lines.join(", ")}. Total ${totalOf(cart)}` : "";
  return `The shopper's cart ${cart.cart_id} now holds ${cart.item_count} item(s)${what}.`;
}
