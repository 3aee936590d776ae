import { createCheckout } from "./checkout.js";
import { checkoutTitle, checkoutView } from "./checkout_view.js";
import { fill, goTo } from "./dom.js";
import { reason } from "./failure.js";
import { mount, titled } from "./mount.js";
import { notice } from "./notice.js";
import { t } from "./words.js";

/**
 * Run a widget that is one checkout. `startCall(input)` gives the arguments that begin another one, or nothing; `embed`
 * makes what holds a provider's form.
 */
export function runCheckout(name, startCall, embed) {
  let request = {};
  let problem = null;
  const kept = {};

  const { root, bridge } = mount({
    name,
    // Only the state knows a session; to start one is not for a page that lost its data.
    readCall: ({ checkout_session_id }) => checkout_session_id && ["get_checkout", { checkout_session_id }],
    show(data, meta, input) {
      request = input;
      Object.assign(kept, bridge.state);
      checkout.adopt(data, meta);
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
    embed,
  });

  function render() {
    fill(root, titled(checkoutTitle(checkout.model)), problem && notice("error", problem()), checkoutView(checkout, "checkout", startAgain));
  }

  async function startAgain() {
    problem = null;
    try {
      const call = startCall(request);
      // Without the arguments of the first call only the model knows what to buy.
      if (!call) return await bridge.sendMessage(t("checkout.ask_again"));
      await checkout.start(...call);
      checkout.watch();
    } catch (error) {
      problem = reason(error);
    }
    render();
    goTo(root);
  }
}
