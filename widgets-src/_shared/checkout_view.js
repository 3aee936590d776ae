import { minutesLeft } from "./checkout.js";
import { el } from "./dom.js";
import { isFinal, totalOf } from "./facts.js";
import { icon } from "./icons.js";
import { messagesOf } from "./line_words.js";
import { button, notice } from "./notice.js";
import { said } from "./said.js";
import { summaryLines, totalsList } from "./summary.js";
import { t, tOne } from "./words.js";

/** Draw where a checkout stands, and the one thing to do next. `again` begins a new one. */
export function checkoutView(checkout, place, again) {
  const { session, problem, lost } = checkout.model;
  return el("section", { class: "checkout", "data-status": session.status },
    stateOf(checkout),
    messages(session, checkout.model.said),
    summaryLines(session, place, (index) => messagesOf(session, "items", index).map((message) => el("span", { class: "stock-note" }, said(message)))),
    el("div", { class: "closing" }, totalsList(session), action(checkout, again)),
    problem !== null && addressToCopy(problem),
    lost && !isFinal(session) && notice("warning", [lost(), " ", t("checkout.keeps_checking")]));
}

/** Say the state in one heading. */
export function checkoutTitle({ session, opened, payment }) {
  return tOne("checkout.title.", payment ? "start" : stage(session, opened));
}

function stage(session, opened) {
  const { status } = session;
  if (isFinal(session) || status === "complete_in_progress") return status;
  return failed(session) ? "failed" : opened ? "waiting" : "start";
}

function stateOf({ model: { session, opened, payment, alone }, follow }) {
  if (payment) return null;
  const now = stage(session, opened);
  const text = tOne("checkout.text.", now);
  if (now === "completed") return done(session.order?.order_number, text, !alone && follow);
  if (isFinal(session)) return el("p", { class: "soft" }, text);
  return text && el("p", { class: "waiting" }, el("span", { class: "pulse", "aria-hidden": "true" }), text);
}

function done(number, text, follow) {
  return el("div", { class: "done" }, el("span", { class: "tick" }, icon("check")),
    el("p", null, t("checkout.order_number")), el("p", { class: "number", dir: "ltr" }, number), el("p", { class: "next" }, text),
    number && follow && button("secondary", t("checkout.follow"), follow, { "data-key": "follow" }));
}

function action(checkout, again) {
  const { session, opened } = checkout.model;
  if (session.status === "completed") return null;
  if (isFinal(session)) return again && button("primary wide", t("checkout.start_again"), again, { "data-key": "pay" });
  const left = minutesLeft(session);
  const soon = left > 0 && el("p", { class: "soft hint center" }, t("checkout.minutes_left", { count: left }));
  if (checkout.sheetIsReady()) return [sheetActions(checkout), soon];
  const here = checkout.form?.actions(checkout);
  if (here) return [here, otherPage(checkout), soon];
  // A payment that was begun and left can still be finished on its page.
  const asked = ["complete_in_progress", "waiting"].includes(stage(session, opened));
  const label = asked ? t("checkout.reopen") : failed(session) ? t("common.try_again") : t("checkout.continue");
  return [
    button(asked ? "secondary wide" : "primary wide", [label, icon("link")], () => checkout.open(), { "data-key": "pay" }),
    soon || el("p", { class: "soft hint center" }, t("checkout.opens", { host: host(session.checkout_url) })),
  ];
}

function messages(session, own) {
  const needed = session.embed_error && { type: "info", content: session.embed_error };
  const general = (session.messages ?? []).filter(({ param }) => !/^items\[/.test(param ?? ""));
  const shown = isFinal(session) ? [] : [own, ...general, needed];
  const texts = new Map(shown.filter(Boolean).map((message) => [said(message, session.currency), message.type]));
  return [...texts].map(([text, type]) => notice(type, text));
}

function sheetActions(checkout) {
  const { session } = checkout.model;
  const { payment_mode } = session.payment_sheet;
  return [
    button("primary wide", t("checkout.pay", { amount: totalOf(session) }), () => checkout.payInSheet(), { "data-key": "sheet" }),
    otherPage(checkout),
    payment_mode === "test" && el("p", { class: "soft hint center" }, t("checkout.test_mode")),
  ];
}

function otherPage(checkout) {
  return button("secondary wide", [t("checkout.pay_there"), icon("link")], () => checkout.open(), { "data-key": "pay" });
}

function addressToCopy(url) {
  const field = el("input", { type: "text", readonly: true, class: "field", id: "address", dir: "ltr", focus: () => field.select() });
  field.value = url ?? "";
  return el("div", { class: "copy" }, el("label", { for: "address" }, t("checkout.copy")), field);
}

function failed(session) {
  return (session.messages ?? []).some(({ code }) => /^payment_/.test(code));
}

function host(url) {
  try {
    return new URL(url).host;
  } catch {
    return "";
  }
}
