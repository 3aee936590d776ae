import { amountOf, createCart, isClosed } from "../_shared/cart.js";
import { cartView } from "../_shared/cart_view.js";
import { createCheckout } from "../_shared/checkout.js";
import { checkoutTitle, checkoutView } from "../_shared/checkout_view.js";
import { announce, el, fill, goTo } from "../_shared/dom.js";
import { icon } from "../_shared/icons.js";
import { learnMedia } from "../_shared/media.js";
import { money } from "../_shared/money.js";
import { mount, titled } from "../_shared/mount.js";
import { answerOf, button, notice, reason } from "../_shared/notice.js";
import { counted, createList } from "./list.js";
import { createProduct } from "./product.js";

const shop = { products: [], filters: {}, facets: {}, query: {}, currency: "USD", total: 0, busy: false, problem: null };
const labels = { category: "Category", in_stock: "In stock", min_price_minor: "From", max_price_minor: "Up to", search: "Search" };
// What an answer says only when it is so.
const ONCE = { next_cursor: undefined, total_capped: false, counts_capped: false, help: undefined };
const kept = {};
let view = "list";
let product = null;
let problem = null;
let turn = 0;

const { root, bridge } = mount({ name: "product-catalog", readCall: (state, input) => ["search_products", state.query ?? input], show, restore, redress, rest: () => checkout.rest() });
const keep = (change) => bridge.keep(Object.assign(kept, change));
const cart = createCart(bridge, { changed: render, keep: ({ cart_id, version }) => keep({ cart_id, version }) });
const checkout = createCheckout(bridge, { changed: render, keep, told: () => kept.told });
const act = {
  ask, again: () => ask(shop.query), more, open, add: quickAdd, inCart, back: () => go("list"),
  label: (key) => labels[key] ?? key.charAt(0).toUpperCase() + key.slice(1).replaceAll("_", " "),
  price: (minor) => money(minor, shop.currency),
  context: () => bridge.context,
  expand: () => bridge.displayMode("fullscreen").catch(() => {}),
  call: (name, args) => bridge.callTool(name, args),
  addVariant: (variant_id) => cart.add([{ variant_id, quantity: 1 }]),
};
const list = createList({ shop, act });

function show(data, meta) {
  learn(meta);
  Object.assign(shop, ONCE, { problem: null, query: data.initialFilters ?? {} }, data);
  view = "list";
  render();
}

function learn(meta) {
  Object.assign(labels, meta?.["plantly/labels"]);
  Object.assign(shop.facets, meta?.["plantly/facets"]);
}

function restore(state) {
  Object.assign(kept, state);
  if (state.cart_id) cart.refresh(state.cart_id);
  if (state.query && JSON.stringify(state.query) !== JSON.stringify(shop.query)) ask(state.query);
  if (state.product_id) open(shop.products.find(({ id }) => id === state.product_id) ?? { id: state.product_id, name: "Product" });
}

function redress() {
  if (shop.products.length) render();
}

/** Ask the shop for another list; only the answer to the latest question counts. */
async function ask(query, cursor) {
  const mine = ++turn;
  Object.assign(shop, { query, busy: true, problem: null });
  render();
  try {
    const result = await bridge.callTool("search_products", cursor ? { ...query, cursor } : query);
    if (mine !== turn) return;
    const data = answerOf(result);
    learnMedia(result._meta);
    learn(result._meta);
    Object.assign(shop, ONCE, data, { products: cursor ? [...shop.products, ...data.products] : data.products });
    keep({ query });
    if (!cursor) announce(`${counted(shop)} found`);
  } catch (error) {
    if (mine === turn) shop.problem = reason(error);
  }
  if (mine !== turn) return;
  shop.busy = false;
  render();
}

function more() {
  return ask(shop.query, shop.next_cursor);
}

async function quickAdd({ id, name }) {
  shop.problem = null;
  try {
    await cart.add([{ product_id: id, quantity: 1 }]);
    announce(`${name} was added to the cart.`);
  } catch (error) {
    shop.problem = reason(error);
    announce(shop.problem);
    render();
  }
}

function inCart({ id }) {
  return Boolean(cart.model.cart?.items.some((item) => item.product_id === id));
}

function open(chosen) {
  product = createProduct({ product: chosen, currency: shop.currency, facets: { ...Object.fromEntries(Object.keys(shop.filters).filter((key) => key !== "category").map((key) => [key, {}])), ...shop.facets }, act });
  keep({ product_id: chosen.id });
  go("product");
}

function go(next) {
  const from = product?.id;
  view = next;
  if (next === "list") {
    product = null;
    keep({ product_id: undefined });
  }
  if (next !== "checkout") checkout.rest();
  problem = null;
  render();
  goTo(root);
  // Back in the list, go on from the card that was opened.
  if (next === "list" && from) list.node.querySelector(`[data-key="open${CSS.escape(from)}"]`)?.focus();
}

function render() {
  if (view === "list") list.render();
  const views = { list: () => [list.node, bar()], product: () => [product.node, bar()], cart: cartPage, checkout: checkoutPage };
  const nodes = [views[view]()].flat().filter(Boolean);
  // The list and the product draw themselves: only what changed is put in again, so nothing loses its place.
  if (nodes[0] === root.firstElementChild && view !== "cart" && view !== "checkout") fill(tail(), nodes.slice(1));
  else fill(root, nodes[0], el("div", { class: "tail" }, nodes.slice(1)));
}

function tail() {
  return root.querySelector(":scope > .tail");
}

function bar() {
  const { cart: data } = cart.model;
  if (!data?.item_count || isClosed(data)) return null;
  const total = money(amountOf(data.totals, "total"), data.currency);
  return el("button", { type: "button", class: "bar", "data-key": "bar", click: () => go("cart") },
    icon("bag"), el("span", null, `${data.item_count} in cart`, el("span", { class: "price" }, total)), el("b", null, "View cart"));
}

function cartPage() {
  const back = button("icon back", icon("back"), () => go(product ? "product" : "list"), { "aria-label": "Back to the shop", "data-key": "back" });
  return el("section", { class: "cart" }, titled("Your cart", back), problem && notice("error", problem), cartView(cart, "cart", startCheckout));
}

function checkoutPage() {
  const done = checkout.model.session.status === "completed";
  const back = button("icon back", icon("back"), () => (done ? leave() : go("cart")), { "aria-label": done ? "Back to the shop" : "Back to the cart", "data-key": "back" });
  return el("div", null, titled(checkoutTitle(checkout.model), back), checkoutView(checkout, "checkout", startCheckout));
}

function leave() {
  // What was in the cart is bought.
  cart.model.cart = null;
  go("list");
  keep({ cart_id: undefined, version: undefined });
}

async function startCheckout() {
  problem = null;
  try {
    await cart.settled();
    await checkout.start({ cart_id: cart.model.cart.cart_id });
    go("checkout");
    await checkout.open();
  } catch (error) {
    problem = reason(error);
    render();
  }
}
