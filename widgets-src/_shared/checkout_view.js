import { amountOf } from "./cart.js";
import { isFinal } from "./checkout.js";
import { el } from "./dom.js";
import { icon } from "./icons.js";
import { money } from "./money.js";
import { button, notice } from "./notice.js";
import { summaryLines, totalsList } from "./summary.js";

/** Draw where a checkout stands, and the one thing to do next. `again` begins a new one. */
export function checkoutView(checkout, place, again) {
  const { session } = checkout.model;
  return el("section", { class: "checkout", "data-status": session.status },
    stateOf(checkout),
    messages(session, checkout.model.said),
    summaryLines(session.items, session.currency, place),
    el("div", { class: "closing" }, totalsList(session), action(checkout, again)),
    checkout.model.problem !== null && addressToCopy(checkout.model.problem),
    checkout.model.lost && !isFinal(session) && notice("warning", `${checkout.model.lost} This page keeps checking.`));
}

/** Say the state in one heading. */
export function checkoutTitle({ session, opened, payment }) {
  if (session.status === "completed") return "Thank you for your order";
  if (session.status === "canceled") return "Checkout canceled";
  if (session.status === "expired") return "Checkout expired";
  if (payment) return "Checkout";
  if (session.status === "complete_in_progress") return "Confirming your payment";
  if (failed(session)) return "Payment did not go through";
  return opened ? "Waiting for your payment" : "Checkout";
}

function stateOf({ model: { session, opened, payment } }) {
  const { status, order } = session;
  if (payment) return null;
  if (status === "completed") {
    return el("div", { class: "done" }, el("span", { class: "tick" }, icon("check")),
      el("p", null, "Order number"), el("p", { class: "number" }, order?.order_number));
  }
  if (status === "canceled") return el("p", { class: "soft" }, "Nothing was charged. Your cart is still there.");
  if (status === "expired") return el("p", { class: "soft" }, "Nothing was charged. Start again to get today's prices and stock.");
  if (status === "complete_in_progress") return waiting("This usually takes a few seconds.");
  if (opened && !failed(session)) return waiting("Finish on the payment page. This view updates by itself.");
  return null;
}

function action(checkout, again) {
  const { session, opened } = checkout.model;
  if (session.status === "completed") return null;
  if (isFinal(session)) return again && button("primary wide", "Start again", again, { "data-key": "pay" });
  if (checkout.sheetIsReady()) return sheetActions(checkout);
  const here = checkout.form?.actions(checkout);
  if (here) return [here, otherPage(checkout)];
  // A payment that was begun and left can still be finished on its page.
  const asked = session.status === "complete_in_progress" || (opened && !failed(session));
  const label = asked ? "Reopen the payment page" : failed(session) ? "Try again" : "Continue to payment";
  return [
    button(asked ? "secondary wide" : "primary wide", [label, icon("link")], () => checkout.open(), { "data-key": "pay" }),
    el("p", { class: "soft hint center" }, `Opens ${host(session.checkout_url)} in a new tab`),
  ];
}

function messages(session, said) {
  const needed = session.embed_error && { type: "info", content: session.embed_error };
  const shown = isFinal(session) ? [] : [said, ...(session.messages ?? []), needed];
  const texts = new Set();
  return shown.filter((message) => message && !texts.has(message.content) && texts.add(message.content)).map((message) => notice(message.type, message.content));
}

function sheetActions(checkout) {
  const { session } = checkout.model;
  const { payment_mode } = session.payment_sheet;
  return [
    button("primary wide", `Pay ${money(amountOf(session.totals, "total"), session.currency)}`, () => checkout.payInSheet(), { "data-key": "sheet" }),
    otherPage(checkout),
    payment_mode === "test" && el("p", { class: "soft hint center" }, "Test mode: no money moves."),
  ];
}

function otherPage(checkout) {
  return button("secondary wide", ["Pay on our page", icon("link")], () => checkout.open(), { "data-key": "pay" });
}

function waiting(text) {
  return el("p", { class: "waiting" }, el("span", { class: "pulse", "aria-hidden": "true" }), text);
}

function addressToCopy(url) {
  const field = el("input", { type: "text", readonly: true, class: "field", id: "address", focus: () => field.select() });
  field.value = url ?? "";
  return el("div", { class: "copy" }, el("label", { for: "address" }, "The page could not be opened from here. Copy this address into your browser:"), field);
}

function failed(session) {
  return (session.messages ?? []).some(({ code }) => /^payment_/.test(code));
}

function host(url) {
  try {
    return new URL(url).host;
  } catch {
    return "the shop";
  }
}
