import { createCheckout } from "../_shared/checkout.js";
import { checkoutTitle, checkoutView } from "../_shared/checkout_view.js";
import { fill, goTo } from "../_shared/dom.js";
import { mount, titled } from "../_shared/mount.js";
import { notice, reason } from "../_shared/notice.js";

let request = {};
let problem = null;
const kept = {};

const { root, bridge } = mount({
  name: "checkout",
  // Only the state knows a session; to start one is not for a page that lost its data.
  readCall: ({ checkout_session_id }) => checkout_session_id && ["get_checkout", { checkout_session_id }],
  show(data, _meta, input) {
    request = input;
    Object.assign(kept, bridge.state);
    checkout.adopt(data);
    render();
    checkout.watch();
  },
  redress: () => checkout.model.session && render(),
  rest: () => checkout.rest(),
});

const checkout = createCheckout(bridge, {
  changed: render,
  told: () => kept.told,
  keep: (change) => bridge.keep(Object.assign(kept, change)),
});

function render() {
  fill(root, titled(checkoutTitle(checkout.model)), problem && notice("error", problem), checkoutView(checkout, "checkout", startAgain));
}

async function startAgain() {
  problem = null;
  try {
    // Without the arguments of the first call only the model knows what to buy.
    if (!request.cart_id && !request.items) return await bridge.sendMessage("Please start a new checkout for my cart.");
    await checkout.start(request);
    checkout.watch();
  } catch (error) {
    problem = reason(error);
  }
  render();
  goTo(root);
}
