import { byId, el, pretty } from "./elements.js";

const ARROWS = { in: "widget \u2192 host", out: "host \u2192 widget", note: "note" };

/** Write one message down: `way` is "in", "out" or "note". */
export function record(way, what, details) {
  write(way, what, details, false);
}

/** Write down what a strict host would not accept, and count it. */
export function recordError(what, details) {
  write("in", what, details, true);
  const log = byId("log");
  const count = Number(log.dataset.errors) + 1;
  log.dataset.errors = String(count);
  byId("errors").textContent = count === 1 ? "1 error" : `${count} errors`;
}

/** Begin a new page of the log. */
export function clearLog() {
  byId("log").replaceChildren();
  byId("log").dataset.errors = "0";
  byId("errors").textContent = "";
}

function write(way, what, details, wrong) {
  const entry = el("li", { "data-way": way, "data-what": what, ...(wrong && { class: "wrong" }) }, el("span", { class: "way" }, ARROWS[way]));
  if (details === undefined) entry.append(el("span", null, what));
  else entry.append(el("details", null, el("summary", null, what), el("pre", { tabindex: "0" }, pretty(details))));
  byId("log").append(entry);
}
