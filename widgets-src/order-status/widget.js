import { announce, el, fill } from "../_shared/dom.js";
import { icon } from "../_shared/icons.js";
import { isWeb } from "../_shared/media.js";
import { money } from "../_shared/money.js";
import { mount, titled } from "../_shared/mount.js";
import { answerOf, button, notice, reason } from "../_shared/notice.js";
import { summaryLines, totalsList } from "../_shared/summary.js";

const STEPS = [["confirmed", "Confirmed"], ["processing", "Packing"], ["shipped", "Shipped"], ["delivered", "Delivered"]];
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
    titled(TITLES[order.status] ?? "Your order", button("icon", icon("refresh"), refresh, { "aria-label": "Refresh", "data-key": "refresh" })),
    el("p", { class: "soft" }, "Order ", el("span", { class: "number" }, order.order_number)),
    problem && notice("error", problem),
    steps(),
    delivery(),
    summaryLines(order.items, order.currency, "order"),
    el("div", { class: "closing" }, totalsList(order), refunds())));
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
  if (!title && !parcels.length) return null;
  return el("div", { class: "delivery" }, title && el("p", null, el("b", null, title)), parcels);
}

function parcel(entry) {
  const { carrier, number, url } = typeof entry === "string" ? { number: entry } : entry;
  const text = [carrier, number].filter(Boolean).join(" ");
  if (!isWeb(url)) return el("p", { class: "soft" }, `Tracking: ${text}`);
  return button("quiet", [`Track ${text || "the parcel"}`, icon("link")], () => bridge.openLink(url).catch(() => {}));
}

function refunds() {
  const done = ["succeeded", "refunded"];
  return (order.refunds ?? []).map(({ amount_minor, status }) => {
    const amount = money(amount_minor, order.currency);
    return notice("info", done.includes(status) ? `${amount} was refunded.` : `Refund of ${amount}: ${String(status).replaceAll("_", " ")}.`);
  });
}

async function refresh() {
  problem = null;
  try {
    order = answerOf(await bridge.callTool("get_order_status", { order_number: order.order_number }));
    announce(TITLES[order.status] ?? "Up to date");
  } catch (error) {
    problem = reason(error);
  }
  render();
}
