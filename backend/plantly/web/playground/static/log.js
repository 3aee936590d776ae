// Every message both ways, newest last.

import { byId, bytesOf, copyFrom, el, pretty, short, sizeText } from "./elements.js";

const ARROWS = { in: "widget \u2192 host", out: "host \u2192 widget", note: "note" };
const MOST = 600;
const entries = [];
const startedAt = performance.now();

/** Write one message down: `way` is "in", "out" or "note". */
export function record(way, what, details, turn) {
  write({ way, what, details, turn, wrong: false });
}

/** Write down what a strict host would not accept, and count it. */
export function recordError(what, details, turn, way = "in") {
  write({ way, what, details, turn, wrong: true });
}

/** Begin a new page of the log. */
export function clearLog() {
  entries.length = 0;
  byId("log").replaceChildren();
  count();
}

/** Make the filter, Copy and Clear work. */
export function startLog() {
  for (const id of ["log-words", "log-way"]) byId(id).addEventListener("input", filter);
  byId("log-clear").addEventListener("click", clearLog);
  byId("log-copy").addEventListener("click", ({ currentTarget }) => copyFrom(currentTarget, entries.filter(isWanted).map(asLine).join("\n")));
}

function write(entry) {
  entry.at = performance.now() - startedAt;
  entry.text = entry.details === undefined ? "" : JSON.stringify(entry.details) ?? "";
  entry.node = nodeOf(entry);
  entry.node.hidden = !isWanted(entry);
  entries.push(entry);
  const log = byId("log");
  const atEnd = log.scrollTop + log.clientHeight > log.scrollHeight - 40;
  log.append(entry.node);
  if (entries.length > MOST) entries.shift().node.remove();
  count();
  if (atEnd) log.scrollTop = log.scrollHeight;
}

function nodeOf({ way, what, details, text, turn, wrong, at }) {
  const meta = el("span", { class: "way" }, el("span", { class: "time" }, `${(at / 1000).toFixed(3)} s`), el("span", { class: "arrow" }, ARROWS[way]), turn ? el("span", { class: "turn-no" }, `#${turn}`) : null);
  const size = text ? el("span", { class: "size" }, sizeText(bytesOf(text))) : null;
  const whole = el("li", { "data-way": way, "data-what": what, ...(wrong && { class: "wrong" }) }, meta);
  if (details === undefined) whole.append(el("span", { class: "what" }, what));
  else whole.append(expandable(what, details, text), size);
  return whole;
}

function expandable(what, details, text) {
  const box = el("pre", { tabindex: "0" });
  const preview = el("span", { class: "preview" }, short(text, 400));
  // Long JSON is only written when somebody looks at it.
  const fill = ({ target }) => target.open && (box.textContent ||= pretty(details));
  return el("details", { toggle: fill }, el("summary", null, el("span", { class: "what" }, what), " ", preview), box);
}

function isWanted({ way, what, text, wrong }) {
  const wanted = byId("log-way").value;
  if (wanted && (wanted === "wrong" ? !wrong : wanted !== way)) return false;
  const words = byId("log-words").value.trim().toLowerCase();
  return !words || `${what} ${text}`.toLowerCase().includes(words);
}

function filter() {
  for (const entry of entries) entry.node.hidden = !isWanted(entry);
  count();
}

function count() {
  const wrong = entries.filter((entry) => entry.wrong).length;
  byId("log").dataset.errors = String(wrong);
  byId("errors").textContent = wrong ? (wrong === 1 ? "1 error" : `${wrong} errors`) : "";
  byId("log-count").textContent = String(entries.length);
  byId("log-none").hidden = entries.some((entry) => !entry.node.hidden);
}

const asLine = ({ at, way, turn, what, details, wrong }) => JSON.stringify({ at_ms: Math.round(at), way, turn, what, ...(wrong && { wrong }), details });
