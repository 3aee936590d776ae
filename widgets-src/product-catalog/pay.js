import { announce, el } from "../_shared/dom.js";
import { isFinal, totalOf } from "../_shared/facts.js";
import { reason } from "../_shared/failure.js";
import { icon } from "../_shared/icons.js";
import { inTheirLanguage, isWeb } from "../_shared/media.js";
import { answerOf, button, notice } from "../_shared/notice.js";
import { said } from "../_shared/said.js";
import { t } from "../_shared/words.js";

const LOOK_MS = 3000;

/**
 * Send the shopper to the payment page and notice what becomes of it, while somebody looks.
 *
 * `changed()` draws again; `done(text, facts)` hears of the order.
 */
export function createPay(bridge, { changed, done }) {
  const pay = { session: null, problem: null };
  let timer;

  async function start(cart_id) {
    adopt(answerOf(await bridge.callTool("start_checkout", { cart_id })));
  }

  function adopt(session) {
    const news = JSON.stringify(session) !== JSON.stringify(pay.session);
    pay.session = session;
    if (!news) return;
    const { status, order, checkout_session_id } = session;
    const { order_number } = order ?? {};
    if (status === "completed") done(`The shopper has paid ${totalOf(session)}. The order number is ${order_number}.`, { order_number, checkout_session_id });
    changed();
    announce(titleOf(pay));
  }

  async function open() {
    pay.problem = null;
    try {
      if (!isWeb(pay.session.checkout_url)) throw new Error();
      await bridge.openLink(inTheirLanguage(pay.session.checkout_url));
    } catch (error) {
      pay.problem = reason(error);
    }
    changed();
    watch();
  }

  function watch() {
    rest();
    if (!isFinal(pay.session)) timer = setTimeout(() => document.hidden || look(), LOOK_MS);
  }

  async function look() {
    const { checkout_session_id } = pay.session;
    try {
      const session = answerOf(await bridge.callTool("get_checkout", { checkout_session_id }));
      if (session.checkout_session_id === pay.session.checkout_session_id) adopt(session);
    } catch {
      // It is asked again: what is paid stays paid.
    }
    if (timer) watch();
  }

  function rest() {
    clearTimeout(timer);
    timer = 0;
  }

  // Coming back from the payment page is when the news is wanted most.
  document.addEventListener("visibilitychange", () => timer && !document.hidden && look());
  return Object.assign(pay, { start, open, rest });
}

/** Say in a heading where the payment stands. */
export function titleOf({ session: { status, messages } }) {
  if (status === "completed") return t("checkout.title.completed");
  if (status === "canceled") return t("checkout.title.canceled");
  if (status === "expired") return t("checkout.title.expired");
  return messages?.some(({ code }) => /^payment_/.test(code)) ? t("checkout.title.failed") : t("checkout.title.waiting");
}

/** Draw where the payment stands, and the one thing to do next. */
export function payView({ session, problem, open }, again) {
  const { status, order, messages, checkout_url } = session;
  if (status === "completed") return el("div", { class: "done" }, el("span", { class: "tick" }, icon("check")), el("p", null, t("checkout.order_number")), el("p", { class: "number" }, order?.order_number));
  if (isFinal(session)) return button("primary wide", t("checkout.start_again"), again, { "data-key": "pay" });
  return el("section", { class: "checkout" },
    el("p", { class: "waiting" }, el("span", { class: "pulse", "aria-hidden": "true" }), t("checkout.text.waiting")),
    messages?.map((message) => notice(message.type, said(message))),
    button("secondary wide", [t("checkout.reopen"), icon("link")], open, { "data-key": "pay" }),
    problem && [notice("warning", problem()), el("input", { class: "field", readonly: true, "aria-label": t("checkout.reopen"), value: checkout_url })]);
}
