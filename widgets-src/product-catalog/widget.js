import { announce, el, fill, goTo } from "../_shared/dom.js";
import { isClosed, totalOf } from "../_shared/facts.js";
import { reason } from "../_shared/failure.js";
import { icon } from "../_shared/icons.js";
import { learnMedia } from "../_shared/media.js";
import { mount, titled } from "../_shared/mount.js";
import { answerOf, button, notice, once } from "../_shared/notice.js";
import { t } from "../_shared/words.js";
import { createBag } from "./bag.js";
import { bagView } from "./bag_view.js";
import { counted, createList } from "./list.js";
import { createPay, payView, titleOf } from "./pay.js";
import { createProduct } from "./product.js";

const shop = { products: [], filters: {}, facets: {}, labels: {}, query: {}, currency: "USD", total: 0, busy: false, problem: null };
// What an answer says only when it is so.
const ONCE = { next_cursor: undefined, total_capped: false, counts_capped: false, help: undefined };
const kept = {};
let view = "list";
let product = null;
let problem = null;
const checkOut = once(goAndPay);
let place = {};
let said = [];
let turn = 0;
const tail = el("div", { class: "tail" });

const { root, bridge } = mount({ name: "product-catalog", readCall: (state, input) => ["search_products", state.query ?? input], show, restore, late, redress: () => render(), rest: () => pay.rest() });
const keep = (change) => bridge.keep(Object.assign(kept, change));
const bag = createBag(bridge, { changed: render, keep, tell: (...news) => tell(news) });
const pay = createPay(bridge, { changed: render, done: (...news) => tell(news) });
const act = {
  ask, again: () => ask(shop.query, shop.cursor), more: () => ask(shop.query, shop.next_cursor), open, add: quickAdd, addLine, fail, inCart, bar, draw: render, back: () => go("list"),
  context: () => bridge.context,
  expand: () => bridge.displayMode("fullscreen").catch(() => {}),
  call: (name, args) => bridge.callTool(name, args),
};
const list = createList({ shop, act });

function show(data, meta) {
  learn(meta);
  // What was still being searched for is not what is shown now.
  turn++;
  Object.assign(shop, ONCE, { busy: false, problem: null, query: data.initialFilters ?? {} }, data);
  view = "list";
  product = null;
  render();
}

function learn(meta) {
  Object.assign(shop.labels, meta?.["plantly/labels"]);
  Object.assign(shop.facets, meta?.["plantly/facets"]);
}

// An answer that came too late for the one who asked is still news of the cart.
function late(data) {
  const { cart_id } = data ?? {};
  if (!cart_id || cart_id !== (bag.cart?.cart_id ?? cart_id)) return;
  problem = bag.problem = null;
  product?.late();
  bag.adopt(data);
  render();
}

function restore(state) {
  Object.assign(kept, state);
  if (state.cart_id) bag.refresh(state.cart_id);
  if (state.query && JSON.stringify(state.query) !== JSON.stringify(shop.query)) ask(state.query);
  if (state.product_id) open(shop.products.find(({ id }) => id === state.product_id) ?? { id: state.product_id });
}

/** Ask the shop for another list; only the answer to the latest question counts. */
async function ask(query, cursor) {
  const mine = ++turn;
  Object.assign(shop, { query, cursor, busy: true, problem: null });
  render();
  try {
    const result = await bridge.callTool("search_products", cursor ? { ...query, cursor } : query);
    if (mine !== turn) return;
    const data = answerOf(result);
    learnMedia(result._meta);
    learn(result._meta);
    Object.assign(shop, ONCE, data, { products: cursor ? [...shop.products, ...data.products] : data.products });
    keep({ query });
    if (!cursor) announce(counted(shop));
  } catch (error) {
    if (mine === turn) shop.problem = reason(error);
  }
  if (mine !== turn) return;
  shop.busy = false;
  render();
}

async function addLine(line, { id, name }) {
  announce(t("catalog.added_to_cart", { name }));
  await bag.add(line, id);
}

async function quickAdd(line, chosen) {
  // A second press before the answer is the same wish.
  if (bag.added.some(({ product_id }) => product_id === chosen.id)) return;
  problem = null;
  try {
    await addLine(line, chosen);
  } catch (error) {
    fail(error);
  }
}

function fail(error) {
  problem = reason(error);
  announce(problem());
  render();
}

function inCart({ id }) {
  return [...bag.added, ...(bag.cart?.items ?? [])].some(({ product_id }) => product_id === id);
}

function open(chosen) {
  product = createProduct({ product: chosen, shop, act });
  keep({ product_id: chosen.id });
  go("product");
}

/** Tell the model what the shopper looks at, and what the cart last said. */
function tell(news) {
  said = news ?? said;
  const [text, facts] = said;
  const looks = `The shopper is looking at ${product ? "the product " + product.id : "the list of products"}.`;
  bridge.tellModel([looks, text].filter(Boolean).join(" "), { ...facts, ...(product && { product_id: product.id }) });
}

function go(next) {
  const from = product?.id;
  if (view === "list") place = { top: window.scrollY, left: list.rail.scrollLeft };
  view = next;
  problem = null;
  if (next === "list") {
    // What was in the cart is bought.
    if (pay.session?.status === "completed") leave();
    product = null;
    keep({ product_id: undefined });
  }
  if (next !== "pay") pay.rest();
  if (next === "list" || next === "product") tell();
  render();
  if (next !== "list") return goTo(root);
  // Back in the list, go on from the card that was opened.
  list.rail.scrollLeft = place.left;
  window.scrollTo(0, place.top);
  (list.node.querySelector(`[data-key="open${CSS.escape(from ?? "")}"]`) ?? root.querySelector("[data-home]")).focus({ preventScroll: true });
}

function leave() {
  bag.cart = null;
  pay.session = null;
  keep({ cart_id: undefined, version: undefined });
}

function render() {
  const drawn = { list, product }[view];
  if (!drawn) return fill(root, view === "cart" ? cartPage() : payPage());
  drawn.draw();
  fill(tail, trouble(), view === "list" && [list.way(), bar("primary")]);
  // The list and the product draw themselves: only what changed is put in again, so nothing loses its place.
  if (root.firstElementChild !== drawn.node) fill(root, drawn.node, tail);
}

function trouble() {
  return problem && notice("error", problem());
}

/** Draw the way to the cart with how many are in it, those that were just added included. */
function bar(kind) {
  const { cart, added } = bag;
  const count = added.reduce((sum, { quantity }) => sum + quantity, cart && !isClosed(cart) ? cart.item_count : 0);
  if (!count) return null;
  return button(`${kind} bar`, [icon("bag"), el("span", null, t("catalog.in_cart", { count }), !added.length && el("span", { class: "price" }, totalOf(cart))), el("b", null, t("catalog.view_cart"))], viewCart, { "data-key": "bar" });
}

async function viewCart() {
  await bag.settled();
  if (bag.cart) go("cart");
}

function back(label, to) {
  return button("icon back", icon("back"), () => go(to), { "aria-label": label, "data-key": "back" });
}

function cartPage() {
  return el("section", { class: "cart" }, titled(t("cart.title"), back(t("catalog.back_to_shop"), product ? "product" : "list")), trouble(), bagView(bag, checkOut));
}

function payPage() {
  const done = pay.session.status === "completed";
  return el("div", null, titled(titleOf(pay), done ? back(t("catalog.back_to_shop"), "list") : back(t("cart.back"), "cart")), trouble(), payView(pay, checkOut));
}

async function goAndPay() {
  problem = null;
  try {
    // What was changed in vain is not what they would pay for.
    if (!(await bag.settled())) return;
    await pay.start(bag.cart.cart_id);
    go("pay");
    await pay.open();
  } catch (error) {
    fail(error);
  }
}
