// What the newest widget asks for, weighs and takes.

import { byId, bytesOf, el, pretty, sizeText } from "./elements.js";
import { recordError } from "./log.js";

const LIMIT = Number(document.documentElement.dataset.limit);
const ASKS = { resourceDomains: "Pictures, styles, scripts", connectDomains: "Connections", frameDomains: "Frames", baseUriDomains: "Base addresses" };
let shown = null;

/** Begin the report of a widget that is being mounted. */
export function reportOf(turn, name, resource) {
  const report = { turn, name, meta: resource._meta ?? {}, bytes: bytesOf(resource.text), gzip: null, drawn: null, shift: 0, violations: [], crashes: [], sizes: [], since: performance.now() };
  report.note = (news) => hear(report, news);
  report.resized = (height) => {
    report.sizes.push({ at: performance.now() - report.since, height });
    draw();
  };
  shown = report;
  weigh(report, resource.text);
  draw();
  return report;
}

/** Write down how big a result was and how long it took. */
export function reportCall(turn, result, milliseconds) {
  turn.measured = { milliseconds, bytes: bytesOf(result), text: bytesOf(result.content ?? []), structured: bytesOf(result.structuredContent ?? {}) };
  draw();
}

function hear(report, { what, ...news }) {
  const { number } = report.turn;
  if (what === "drawn") report.drawn = news.milliseconds;
  if (what === "shift") report.shift = news.value;
  if (what === "violation") {
    report.violations.push(news);
    recordError(`Content-Security-Policy: ${news.directive} forbids ${news.blocked}`, news, number);
  }
  if (what === "crash") {
    report.crashes.push(news.message);
    recordError(`the widget threw: ${news.message}`, undefined, number);
  }
  draw();
}

async function weigh(report, text) {
  const packed = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
  report.gzip = (await new Response(packed).arrayBuffer()).byteLength;
  draw();
}

function draw() {
  if (!shown) return;
  const { turn, name, meta, bytes, gzip, drawn, shift, violations, crashes, sizes } = shown;
  const measured = turn.measured;
  const facts = [
    fact("Widget", `${name}, turn ${turn.number}`),
    fact("Bundle", gzip === null ? sizeText(bytes) : `${sizeText(bytes)}, ${sizeText(gzip)} gzip`, gzip !== null && `${gzip <= LIMIT ? "within" : "over"} ${LIMIT / 1024} KiB`, gzip > LIMIT),
    fact("Tool", measured ? `${Math.round(measured.milliseconds)} ms, ${sizeText(measured.bytes)}` : "\u2013", measured && `text ${sizeText(measured.text)}, structured ${sizeText(measured.structured)}`),
    fact("First frame", drawn === null ? "\u2013" : `${drawn.toFixed(0)} ms`, "after the result"),
    fact("Layout shift", shift.toFixed(3), "after the first frame", shift > 0.1),
    fact("CSP violations", String(violations.length), violations.length ? "see below" : "none", violations.length > 0),
    fact("Script errors", String(crashes.length), crashes[0] ?? "none", crashes.length > 0),
    fact("Height", sizes.length ? `${Math.ceil(sizes.at(-1).height)} px` : "\u2013", `${sizes.length} size ${sizes.length === 1 ? "change" : "changes"}`),
  ];
  byId("report").replaceChildren(
    el("dl", { class: "facts" }, facts),
    el("h3", null, "Asked for in the metadata"), asked(meta),
    violations.length ? el("h3", null, "Violations") : "",
    violations.length ? el("ul", { class: "violations" }, violations.map(({ directive, blocked, from }) => el("li", null, `${directive}: ${blocked} ${from}`))) : "",
    el("h3", null, "Size changes"), el("p", { class: "sizes" }, sizes.length ? sizes.map(({ at, height }) => `${Math.ceil(height)} px at ${Math.round(at)} ms`).join(" \u2192 ") : "The widget has not said its size."),
    el("details", null, el("summary", null, "All metadata of the resource"), el("pre", { tabindex: "0" }, pretty(meta))),
  );
}

function asked(meta) {
  const csp = meta.ui?.csp ?? {};
  const rows = Object.entries(ASKS).map(([key, title]) => el("li", null, el("b", null, `${title}: `), csp[key]?.length ? csp[key].join(" ") : "nothing"));
  return el("ul", { class: "asks" }, rows, el("li", null, el("b", null, "Border: "), meta.ui?.prefersBorder ? "yes" : "no"));
}

function fact(title, value, beside, isWrong = false) {
  return el("div", { class: isWrong ? "fact-box wrong" : "fact-box" }, el("dt", null, title), el("dd", null, el("strong", null, value), beside ? el("small", null, beside) : null));
}
