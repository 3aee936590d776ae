import { announce, el, fill } from "../_shared/dom.js";
import { icon } from "../_shared/icons.js";
import { isWeb } from "../_shared/media.js";
import { money } from "../_shared/money.js";
import { mount, titled } from "../_shared/mount.js";
import { answerOf, button, notice, reason } from "../_shared/notice.js";
import { summaryLines, totalsList } from "../_shared/summary.js";

const STEPS = [["confirmed", "Confirmed"], ["processing", "Packing"], ["shipped", "Shipped"], ["delivered", "Delivered"]];
const REFUNDS = { succeeded: "was refunded.", pending: "is on its way back to you.", failed: "could not be paid back yet. The shop is seeing to it." };
const RETURNS = { requested: "The shop has your request.", approved: "Please send it back.", declined: "The shop does not take it back.", received: "It has arrived at the shop." };
const TITLES = { confirmed: "Order confirmed", processing: "We are packing your order", shipped: "On its way", delivered: "Delivered", canceled: "Order canceled", refunded: "Order refunded" };
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

function render() {
  fill(root, el("section", { class: "order" },
    titled(title(), button("icon", icon("refresh"), refresh, { "aria-label": "Refresh", "data-key": "refresh" })),
    el("p", { class: "soft" }, "Order ", el("span", { class: "number" }, order.order_number)),
    problem && notice("error", problem),
    steps(),
    delivery(),
    summaryLines(order.items, order.currency, "order"),
    el("div", { class: "closing" }, totalsList(order), refunds(), returns(), again())));
}

function title() {
  if (order.status === "processing" && order.fulfillment?.status === "partially_fulfilled") return "Partly on its way";
  return TITLES[order.status] ?? "Your order";
}

function steps() {
  const reached = STEPS.findIndex(([status]) => status === order.status);
  if (reached < 0) return null;
  return el("ol", { class: "steps", "aria-label": "Progress" }, STEPS.map(([, label], index) => el("li", {
    class: index <= reached ? "is-done" : null, "aria-current": index === reached && "step",
  }, el("span", { class: "dot" }, index <= reached && icon("check")), el("span", null, label, index <= reached && index !== reached && el("span", { class: "sr-only" }, " (done)")))));
}

function delivery() {
  const { title, tracking } = order.fulfillment ?? {};
  const parcels = (tracking ?? []).map(parcel);
  if (order.status === "canceled" || (!title && !parcels.length)) return null;
  return el("div", { class: "delivery" }, title && el("p", null, el("b", null, title)), parcels);
}

function parcel({ carrier, number, url, status, items }) {
  const text = [carrier, number].filter(Boolean).join(" ");
  const follow = isWeb(url)
    ? button("quiet", [`Track ${text || "the parcel"}`, icon("link")], () => bridge.openLink(url).catch(() => {}))
    : text && el("p", { class: "soft" }, `Tracking: ${text}`);
  const state = status === "delivered" ? "Delivered" : "On its way";
  return el("div", { class: "parcel" }, el("p", null, el("span", { class: `badge${status === "delivered" ? " badge-in_stock" : ""}` }, state), items && ` ${names(items)}`), follow);
}

function names(units) {
  return units.map(({ variant_id, quantity }) => {
    const item = (order.items ?? []).find((line) => line.variant_id === variant_id);
    return `${quantity} × ${item?.name ?? variant_id}`;
  }).join(", ");
}

function refunds() {
  return (order.refunds ?? []).map(({ amount_minor, status }) => notice(status === "failed" ? "warning" : "info", `${money(amount_minor, order.currency)} ${REFUNDS[status] ?? "is being refunded."}`));
}

function returns() {
  return (order.returns ?? []).map(({ status, items }) => notice("info", `Return of ${names(items)}: ${RETURNS[status] ?? status}`));
}

function again() {
  return isWeb(order.reorder_url) && button("secondary wide", ["Buy again", icon("link")], () => bridge.openLink(order.reorder_url).catch(() => {}), { "data-key": "again" });
}

async function refresh() {
  problem = null;
  try {
    order = answerOf(await bridge.callTool("get_order_status", { order_number: order.order_number }));
    announce(title());
  } catch (error) {
    problem = reason(error);
  }
  render();
}
