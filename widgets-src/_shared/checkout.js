import { announce } from "./dom.js";
import { isFinal, totalOf } from "./facts.js";
import { reason } from "./failure.js";
import { inTheirLanguage, isWeb } from "./media.js";
import { answerOf } from "./notice.js";
import { t, tOne } from "./words.js";

const SOON_MS = 3000;
const LATER_MS = 10000;
const MINUTE_MS = 60000;
const FEW = 5;

/**
 * Follow one checkout session until it is paid or over: every 3 seconds, then slower, and never while nobody looks.
 *
 * `changed()` draws again; `keep(change)` stores which session it is and what the model was told; `told()` reads that.
 * `embed` makes what holds the provider's form, in a widget that may show it.
 */
export function createCheckout(bridge, { changed, keep, told, embed }) {
  const model = { session: null, opened: false, problem: null, lost: null, said: null };
  let wait = SOON_MS;
  let timer = 0;
  let clock = 0;
  let inView = true;
  let running = false;
  const form = embed?.(bridge, model, { adopt, changed, watch });

  function adopt(session, meta) {
    const before = model.session;
    model.session = { ...session };
    form?.hold(meta);
    if (before?.checkout_session_id !== session.checkout_session_id) keep({ checkout_session_id: session.checkout_session_id });
    if (before && before.status !== session.status) announce(newsOf(session));
    tick();
    if (session.status === "completed" && told() !== session.order?.order_number) tell(session);
  }

  function tell(session) {
    const number = session.order?.order_number;
    bridge.tellModel(`The shopper has paid ${totalOf(session)}. The order number is ${number}.`, { order_number: number, checkout_session_id: session.checkout_session_id });
    keep({ told: number });
  }

  async function start(args, tool = "start_checkout") {
    const result = await bridge.callTool(tool, args);
    adopt(answerOf(result), result._meta);
    Object.assign(model, { opened: false, problem: null, lost: null, said: null });
  }

  /** Tell whether the host can take this payment itself. */
  function sheetIsReady() {
    const { payment_sheet, status } = model.session;
    return Boolean(payment_sheet && status === "ready_for_payment" && bridge.sheet);
  }

  async function open(page) {
    const url = inTheirLanguage(page ?? model.session.checkout_url);
    model.problem = null;
    try {
      if (!isWeb(url)) throw new Error("no address");
      await bridge.openLink(url);
      model.opened ||= !page;
    } catch {
      model.problem = url;
    }
    watch();
    changed();
  }

  async function payInSheet() {
    const shown = model.session.payment_sheet;
    Object.assign(model, { problem: null, said: null });
    try {
      const answer = await bridge.sheet(shown);
      const { messages } = answer?.structuredContent ?? answer ?? {};
      model.said = (messages ?? []).find(({ type }) => type === "error") ?? null;
    } catch {
      model.said = { type: "info", say: () => t("checkout.sheet_closed") };
    }
    // What the sheet says is for the eyes; where the checkout stands only the shop knows.
    clearTimeout(timer);
    await look();
    changed();
  }

  async function look() {
    timer = 0;
    const { checkout_session_id } = model.session;
    const before = JSON.stringify(model.session);
    const was = model.lost;
    try {
      const session = answerOf(await bridge.callTool("get_checkout", { checkout_session_id }));
      // Another checkout may have begun while this answer was on its way.
      if (model.session.checkout_session_id !== checkout_session_id) return;
      adopt(session);
      model.lost = null;
    } catch (error) {
      model.lost = reason(error);
    }
    const news = JSON.stringify(model.session) !== before;
    wait = news ? SOON_MS : Math.min(LATER_MS, wait * 1.15);
    if (running && (news || was?.() !== model.lost?.())) changed();
    plan();
  }

  // Draws again with every minute of the last few, and not before.
  function tick() {
    clearTimeout(clock);
    const left = timeLeft(model.session);
    if (!left) return;
    const few = FEW * MINUTE_MS;
    clock = setTimeout(() => {
      const minutes = minutesLeft(model.session);
      if (running && minutes) changed();
      if (running && [FEW, 1].includes(minutes)) announce(t("checkout.minutes_left", { count: minutes }));
      tick();
    }, Math.min(left > few ? left - few : left % MINUTE_MS || MINUTE_MS, 2 ** 31 - 1));
  }

  function plan() {
    if (!running || timer || isFinal(model.session) || document.hidden || !inView) return;
    timer = setTimeout(look, wait);
  }

  function watch() {
    running = true;
    wake();
  }

  function rest() {
    running = false;
    clearTimeout(clock);
    clearTimeout(timer);
    timer = 0;
  }

  // Coming back from the payment page is when the news is wanted most.
  function wake() {
    clearTimeout(timer);
    timer = 0;
    wait = SOON_MS;
    plan();
  }

  /** Ask the assistant how far the order is; where it cannot be asked for them, the shopper does. */
  async function follow() {
    await bridge.sendMessage(t("checkout.follow_ask", { number: model.session.order.order_number })).catch(() => (model.alone = true));
    changed();
  }

  document.addEventListener("visibilitychange", wake);
  window.addEventListener("online", wake);
  if (window.IntersectionObserver) {
    new IntersectionObserver((entries) => {
      inView = entries.at(-1).isIntersecting;
      wake();
    }).observe(document.documentElement);
  }

  return { model, form, adopt, start, open, follow, payInSheet, sheetIsReady, watch, rest };
}

/** Count the minutes that are left to pay, when they are few. */
export function minutesLeft(session) {
  const minutes = Math.ceil(timeLeft(session) / MINUTE_MS);
  return minutes <= FEW ? minutes : 0;
}

function timeLeft(session) {
  const { status, expires_at } = session;
  const left = Date.parse(expires_at) - Date.now();
  return left > 0 && !isFinal(session) && status !== "complete_in_progress" ? left : 0;
}

function newsOf(session) {
  const { status, order } = session;
  return status === "completed" ? t("checkout.said", { number: order?.order_number }) : isFinal(session) || status === "complete_in_progress" ? tOne("checkout.title.", status) : "";
}
