import { announce, el } from "../_shared/dom.js";
import { reason } from "../_shared/failure.js";
import { icon } from "../_shared/icons.js";
import { apart } from "../_shared/line_words.js";
import { isWeb } from "../_shared/media.js";
import { answerOf, button, notice } from "../_shared/notice.js";
import { t, tParts } from "../_shared/words.js";

/**
 * Make what buys an order again: what of it can still be had is put into the cart, and what cannot is named.
 *
 * The shop says it in `reorder_url`, its own page that does the same: where the cart cannot be changed from here, that is the way.
 */
export function createAgain(bridge, { changed }) {
  let state = {};

  function draw(order) {
    const { reorder_url: url } = order;
    if (!isWeb(url)) return null;
    if (state.done) return [notice("success", t("order.in_cart"), button("quiet", t("order.see_cart"), see, { "data-key": "again" })), state.missing];
    return [
      state.problem && notice("error", state.problem(), button("quiet", [t("order.on_page"), icon("link")], () => bridge.openLink(url).catch(fail), { "data-key": "page" })),
      button("secondary wide", t("order.again"), () => fillCart(order), { "data-key": "again" }),
    ];
  }

  async function fillCart({ order_number, reorder_url, items }) {
    try {
      const lines = linesOf(reorder_url);
      // Quantities are set, not added: pressing twice buys nothing twice.
      const cart = answerOf(await bridge.callTool("update_cart", { lines }));
      bridge.tellModel(`The shopper has put order ${order_number} into the cart ${cart.cart_id} again, as far as it can be had.`, { cart_id: cart.cart_id, version: cart.version });
      state = { done: true, missing: missing(items, lines) };
      announce(t("order.in_cart"));
    } catch (error) {
      fail(error);
    }
    changed();
  }

  async function see() {
    await bridge.sendMessage(t("order.see_cart_ask")).catch(fail);
    changed();
  }

  function fail(error) {
    state = { problem: reason(error) };
    announce(state.problem());
    changed();
  }

  return { draw };
}

function linesOf(url) {
  const asked = new URL(url).pathname.split("/").pop().split(",");
  return asked.map((part) => part.split(":")).map(([name, quantity]) => ({ variant_id: decodeURIComponent(name), quantity: Number(quantity) }));
}

/** Name what the shop leaves out now, and of what there is less. */
function missing(items, lines) {
  const left = ({ variant_id }) => lines.find((line) => line.variant_id === variant_id)?.quantity ?? 0;
  const names = (some) => some.map(({ name }, index) => [index > 0 && " · ", apart(name)]);
  const gone = items.filter((item) => !left(item));
  const fewer = items.filter((item) => left(item) && left(item) < item.quantity);
  return [
    gone.length > 0 && el("p", { class: "soft hint" }, tParts("order.gone", { names: el("span", null, names(gone)) })),
    fewer.length > 0 && el("p", { class: "soft hint" }, tParts("order.fewer", { names: el("span", null, names(fewer)) })),
  ];
}
