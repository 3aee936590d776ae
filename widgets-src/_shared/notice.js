import { el } from "./dom.js";
import { failure } from "./failure.js";
import { icon } from "./icons.js";
import { t, tForeign } from "./words.js";

const ICONS = { error: "alert", warning: "alert", info: "info", success: "check" };

/** Show one sentence, and at most one thing to do about it. */
export function notice(kind, text, action) {
  return el("div", { class: `notice notice-${ICONS[kind] ? kind : "info"}` }, icon(ICONS[kind] ?? "info"), el("p", { dir: "auto" }, text), action);
}

/** Make a button; while its work runs it answers no second press. */
export function button(kind, label, work, props = {}) {
  const node = el("button", { type: "button", class: `button button-${kind}`, click: press, ...props }, label);
  async function press() {
    if (node.getAttribute("aria-disabled") === "true") return;
    const done = work();
    if (!(done instanceof Promise)) return;
    setBusy(node, true);
    await done.finally(() => setBusy(node, false));
  }
  return node;
}

/** Offer to do again what did not work. It is pressed by itself when a lost connection comes back. */
export function tryAgain(work, key = "again") {
  return button("quiet", t("common.try_again"), work, { "data-key": key, "data-retry": true });
}

/** Begin this work once at a time: a button that is drawn anew forgets that it is busy. */
export function once(work) {
  let running;
  return () => (running ??= work().finally(() => (running = null)));
}

/** Give back what a tool answered, or throw its own sentence; outside English the one that its code has. */
export function answerOf(result) {
  const data = result?.structuredContent;
  if (!result?.isError && data) return data;
  const said = data?.error?.message ?? result?.content?.find((part) => part.type === "text")?.text;
  throw failure(() => tForeign("common.error.", data?.error?.code) || said || t("common.failed"), { ...data?.error, cart: data?.cart });
}

function setBusy(node, busy) {
  node.setAttribute("aria-disabled", String(busy));
  node.classList.toggle("is-busy", busy);
}
