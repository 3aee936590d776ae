// What goes wrong between a widget and its shop, on purpose.

import { callTool } from "./client.js";
import { locale } from "./context.js";
import { record } from "./log.js";
import { put, setting } from "./state.js";

/** Call a tool through the network that the person has made: slow, broken or gone. */
export async function callThrough(name, args, signal) {
  const latency = Number(setting("latency"));
  if (latency) await pause(latency, signal);
  if (setting("offline")) throw new Error("The network cannot be reached: offline is switched on.");
  const failing = setting("fail");
  if (failing) record("note", `${name} ${failing === "never" ? "gets no answer" : "fails"}, as chosen`);
  if (failing === "never") await pause(0, signal);
  if (failing === "next") put("fail", "");
  if (failing) return { isError: true, content: [{ type: "text", text: "The shop cannot answer right now. Please try again." }] };
  return callTool(name, args, locale(), signal);
}

/** Wait some milliseconds, or with 0 until somebody gives up. */
function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    if (milliseconds) setTimeout(resolve, milliseconds);
    signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
