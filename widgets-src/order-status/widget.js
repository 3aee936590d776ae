import { announce, el, fill } from "../_shared/dom.js";
import { reason } from "../_shared/failure.js";
import { icon } from "../_shared/icons.js";
import { apart } from "../_shared/line_words.js";
import { isWeb } from "../_shared/media.js";
import { money } from "../_shared/money.js";
import { mount, titled } from "../_shared/mount.js";
import { answerOf, button, notice, tryAgain } from "../_shared/notice.js";
import { summaryLines, totalsList } from "../_shared/summary.js";
import { number, t, tOne, tParts } from "../_shared/words.js";
import { createAgain } from "./again.js";

const STEPS = ["confirmed", "processing", "shipped", "delivered"];
const OVER = ["canceled", "refunded"];
let order = null;
let problem = null;

const { root, bridge } = mount({
  name: "order-status",
  readCall: (state, input) => {
    const args = state.order_number ? { order_number: state.order_number } : input;
    return (args.order_number || args.checkout_session_id) && ["get_order_status", args];
  },
  show(data) {
    order = data;
    bridge.keep({ order_number: order.order_number });
    render();
  },
  redress: () => order && render(),
});
const again = createAgain(bridge, { changed: render });

function render() {
  const isOver = OVER.includes(order.status);
  fill(root, el("section", { class: "order" },
    titled(title(), button("icon", icon("refresh"), refresh, { "aria-label": t("order.refresh"), "data-key": "refresh" })),
    el("p", { class: "soft" }, tParts("order.number", { number: el("bdi", { class: "number" }, order.order_number) })),
    problem && notice("error", problem(), tryAgain(refresh)),
    isOver ? over() : [steps(), delivery()],
    summaryLines(order, "order"),
    el("div", { class: "closing" }, totalsList(order), !isOver && refunds(), returns(), again.draw(order))));
}

function title() {
  const isPartly = order.status === "processing" && order.fulfillment?.status === "partially_fulfilled";
  return isPartly ? t("order.title.partly") : tOne("order.title.", order.status) || t("order.title.other");
}

function steps() {
  const reached = STEPS.indexOf(order.status);
  if (reached < 0) return null;
  return el("ol", { class: "steps", "aria-label": t("order.progress") }, STEPS.map((status, index) => el("li", {
    class: index <= reached ? "is-done" : null, "aria-current": index === reached && "step",
  }, el("span", { class: "dot" }, index <= reached && icon("check")), el("span", null, tOne("order.step.", status), index < reached && el("span", { class: "sr-only" }, ` (${t("order.done")})`)))));
}

/** Say how an order ended that is not sent: what became of it, and of the money. */
function over() {
  return [el("p", null, tOne("order.over.", order.status)), refunds()];
}

function delivery() {
  const { title, tracking } = order.fulfillment ?? {};
  const parcels = (tracking ?? []).map(parcel);
  if (!title && !parcels.length) return null;
  return el("div", { class: "delivery" }, title && el("p", null, el("b", null, apart(title))), parcels);
}

function parcel({ carrier, number, url, status, items }) {
  const name = [carrier, number].filter(Boolean).join(" ");
  const follow = isWeb(url)
    ? button("quiet", [name ? el("span", null, tParts("order.track", { parcel: apart(name) })) : t("order.track_it"), icon("link")], () => bridge.openLink(url).catch(failed), { "data-key": `track${url}` })
    : name && el("p", { class: "soft" }, tParts("order.tracking", { parcel: apart(name) }));
  const isHere = status === "delivered";
  return el("div", { class: "parcel" },
    el("p", null, el("span", { class: `badge${isHere ? " badge-in_stock" : ""}` }, isHere ? t("order.step.delivered") : t("order.title.shipped")), items && [" ", units(items)]),
    follow);
}

function units(list) {
  const nameOf = (id) => (order.items ?? []).find(({ variant_id }) => variant_id === id)?.name ?? id;
  return list.map(({ variant_id, quantity }, index) => [index > 0 && " · ", apart(`${number(quantity)}\u00a0× ${nameOf(variant_id)}`)]);
}

function refunds() {
  return (order.refunds ?? []).map(({ amount_minor, status }) => {
    const amount = money(amount_minor, order.currency);
    return notice(status === "failed" ? "warning" : "info", tOne("order.refund.", status, { amount }) || t("order.refund.pending", { amount }));
  });
}

function returns() {
  return (order.returns ?? []).map(({ status, items }) => notice("info", [el("b", null, tParts("order.return_of", { items: el("span", null, units(items)) })), " ", tOne("order.return.", status)]));
}

function failed(error) {
  problem = reason(error);
  announce(problem());
  render();
}

async function refresh() {
  problem = null;
  try {
    order = answerOf(await bridge.callTool("get_order_status", { order_number: order.order_number }));
    announce(title());
  } catch (error) {
    return failed(error);
  }
  render();
}
