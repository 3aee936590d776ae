import { createCart } from "../_shared/cart.js";
import { cartView, countOf } from "../_shared/cart_view.js";
import { createCheckout } from "../_shared/checkout.js";
import { checkoutTitle, checkoutView } from "../_shared/checkout_view.js";
import { announce, el, fill, goTo } from "../_shared/dom.js";
import { reason } from "../_shared/failure.js";
import { icon } from "../_shared/icons.js";
import { mount, titled } from "../_shared/mount.js";
import { answerOf, button, notice, once } from "../_shared/notice.js";
import { t } from "../_shared/words.js";
import { createCodes } from "./codes.js";

const STALE_MS = 30000;
let view = "cart";
let problem = null;
const startCheckout = once(goAndPay);
let seenAt = Date.now();
const kept = {};

const { root, bridge } = mount({
  name: "shopping-cart",
  readCall: (state, input) => ["show_cart", state.cart_id ? { cart_id: state.cart_id } : input],
  show: adopt,
  late,
  restore(state) {
    Object.assign(kept, state);
    const shown = cart.model.cart;
    const older = !shown.cart_id || (shown.cart_id === state.cart_id && shown.version < state.version);
    if (state.cart_id && older) cart.refresh(state.cart_id);
    if (state.view === "checkout") resume(state.checkout_session_id);
  },
  redress: () => cart.model.cart && render(),
  rest: () => checkout.rest(),
});

const keep = (change) => bridge.keep(Object.assign(kept, change));
const cart = createCart(bridge, { changed: render, keep: ({ cart_id, version }) => keep({ cart_id, version }) });
const checkout = createCheckout(bridge, { changed: render, keep, told: () => kept.told });
const more = { codes: createCodes(cart), onward };

document.addEventListener("visibilitychange", lookAgain);

function adopt(data) {
  seenAt = Date.now();
  cart.adopt(data);
  render();
}

/** Take what a change has made of the cart, although nobody waited for it any more. */
function late(data) {
  const { cart_id } = cart.model.cart;
  if (!data?.cart_id || (cart_id && cart_id !== data.cart_id)) return;
  cart.model.problem = null;
  adopt(data);
}

/** Read the cart again when somebody comes back after a while: it may have been changed somewhere else. */
function lookAgain() {
  const { cart_id } = cart.model.cart ?? {};
  if (document.hidden || !cart_id || view !== "cart" || Date.now() - seenAt < STALE_MS) return;
  seenAt = Date.now();
  cart.refresh(cart_id);
}

function render() {
  if (view === "checkout") return renderCheckout();
  const count = countOf(cart.model);
  fill(root, el("section", { class: "cart" },
    titled(t("cart.title"), count > 0 && el("span", { class: "soft count" }, t("cart.items", { count }))),
    problem && notice("error", problem()),
    cartView(cart, "cart", startCheckout, more)));
}

function renderCheckout() {
  const back = button("icon back", icon("back"), toCart, { "aria-label": t("cart.back"), "data-key": "back" });
  fill(root, titled(checkoutTitle(checkout.model), checkout.model.session.status !== "completed" && back), checkoutView(checkout, "checkout", startCheckout));
}

/** Draw the way on from an empty cart: the assistant shows what there is, or is asked by the shopper. */
function onward() {
  const ask = () => bridge.sendMessage(t("cart.browse_ask")).catch(() => {
    problem = () => t("cart.browse_hint");
    render();
  });
  return button("secondary", t("cart.browse"), ask, { "data-key": "browse" });
}

function toCart() {
  checkout.rest();
  go("cart");
}

function go(to) {
  view = to;
  keep({ view });
  render();
  goTo(root);
}

/** Go on waiting for a payment: coming back from its page may have loaded everything again. */
async function resume(checkout_session_id) {
  try {
    checkout.adopt(answerOf(await bridge.callTool("get_checkout", { checkout_session_id })));
  } catch {
    return;
  }
  checkout.model.opened = true;
  view = "checkout";
  render();
  checkout.watch();
}

async function goAndPay() {
  problem = null;
  try {
    // What was changed in vain is not what they would pay for.
    if (!(await cart.settled())) return;
    const { cart_id, items } = cart.model.cart;
    await checkout.start(cart_id ? { cart_id } : { items: items.map(({ variant_id, quantity }) => ({ variant_id, quantity })) });
    go("checkout");
    await checkout.open();
  } catch (error) {
    problem = reason(error);
    announce(problem());
    render();
  }
}
