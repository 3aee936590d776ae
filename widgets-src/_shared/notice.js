import { el } from "./dom.js";
import { icon } from "./icons.js";

const ICONS = { error: "alert", warning: "alert", info: "info", success: "check" };

/** Show one sentence, and at most one thing to do about it. */
export function notice(kind, text, action) {
  return el("div", { class: `notice notice-${ICONS[kind] ? kind : "info"}` }, icon(ICONS[kind] ?? "info"), el("p", null, text), action);
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

/** Say in words what went wrong with a call. */
export function reason(error) {
  if (navigator.onLine === false) return "You are offline. Nothing is lost: try again when you are connected.";
  return error?.message || "That did not work. Please try again.";
}

/** Give back what a tool answered, or throw its own sentence. */
export function answerOf(result) {
  if (!result?.isError && result?.structuredContent) return result.structuredContent;
  const problem = result?.structuredContent;
  const text = problem?.error?.message ?? result?.content?.find((part) => part.type === "text")?.text;
  throw Object.assign(new Error(text || "That did not work. Please try again."), { ...problem?.error, cart: problem?.cart });
}

function setBusy(node, busy) {
  node.setAttribute("aria-disabled", String(busy));
  node.classList.toggle("is-busy", busy);
}
