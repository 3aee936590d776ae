import { createCart } from "../_shared/cart.js";
import { cartView } from "../_shared/cart_view.js";
import { createCheckout } from "../_shared/checkout.js";
import { checkoutTitle, checkoutView } from "../_shared/checkout_view.js";
import { el, fill, goTo, plural } from "../_shared/dom.js";
import { icon } from "../_shared/icons.js";
import { mount, titled } from "../_shared/mount.js";
import { button, notice, reason } from "../_shared/notice.js";

let view = "cart";
let problem = null;
const kept = {};

const { root, bridge } = mount({
  name: "shopping-cart",
  readCall: (state, input) => ["show_cart", state.cart_id ? { cart_id: state.cart_id } : input],
  show(data) {
    cart.adopt(data);
    render();
  },
  restore(state) {
    Object.assign(kept, state);
    const shown = cart.model.cart;
    const older = !shown.cart_id || (shown.cart_id === state.cart_id && shown.version < state.version);
    if (state.cart_id && older) cart.refresh(state.cart_id);
  },
  redress: () => cart.model.cart && render(),
  rest: () => checkout.rest(),
});

const keep = (change) => bridge.keep(Object.assign(kept, change));
const cart = createCart(bridge, { changed: render, keep: ({ cart_id, version }) => keep({ cart_id, version }) });
const checkout = createCheckout(bridge, { changed: render, keep, told: () => kept.told });

function render() {
  if (view === "checkout") return renderCheckout();
  const { items, item_count } = cart.model.cart;
  fill(root, el("section", { class: "cart" },
    titled("Your cart", items.length > 0 && el("span", { class: "soft count" }, plural(item_count ?? items.length, "item"))),
    problem && notice("error", problem),
    cartView(cart, "cart", startCheckout)));
}

function renderCheckout() {
  const back = button("icon back", icon("back"), toCart, { "aria-label": "Back to the cart", "data-key": "back" });
  fill(root, titled(checkoutTitle(checkout.model), checkout.model.session.status !== "completed" && back), checkoutView(checkout, "checkout", startCheckout));
}

function toCart() {
  checkout.rest();
  view = "cart";
  render();
  goTo(root);
}

async function startCheckout() {
  const { cart_id, items } = cart.model.cart;
  problem = null;
  try {
    await cart.settled();
    await checkout.start(cart_id ? { cart_id } : { items: items.map(({ variant_id, quantity }) => ({ variant_id, quantity })) });
    view = "checkout";
    render();
    goTo(root);
    await checkout.open();
  } catch (error) {
    problem = reason(error);
    render();
  }
}
