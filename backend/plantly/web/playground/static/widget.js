// One widget in the conversation: its frame, its host, its display mode.

import { displayModes, frameSize, hostContext } from "./context.js";
import { readResource } from "./client.js";
import { el } from "./elements.js";
import { hostApps } from "./host_apps.js";
import { hostOpenai } from "./host_openai.js";
import { record, recordError } from "./log.js";
import { reportOf } from "./report.js";
import { put, setting, switchedOff } from "./state.js";
import { showContext, showLink, showMessage, showPast, widgetOf } from "./turns.js";

const WIDGET_URI = /^ui:\/\/(?:plantly|widget)\/([a-z-]+?)(?:\.[0-9a-f]+)?\.html$/;
const MIME = "text/html;profile=mcp-app";
const MOST_ALIVE = 5;
const TALLEST = 4000;
let alive = [];
const leaving = new Set();

/** Put the widget of a turn into the conversation; `shop` has `tools` and `callTool`. Null when it has none. */
export async function openWidget(turn, shop, widgetState = null) {
  const uri = widgetOf(turn.tool);
  const name = uri?.match(WIDGET_URI)?.[1];
  if (!name) return turn.stage.replaceChildren(el("p", { class: "quiet" }, "This tool has no widget.")), null;
  const resource = await readResource(uri);
  // The conversation may have been cleared meanwhile.
  if (!turn.node.isConnected) return null;
  if (resource.mimeType !== MIME) recordError(`${uri} has the type ${resource.mimeType}`, undefined, turn.number);
  const kind = setting("bridge");
  const mode = setting("mode");
  retire(turn);
  document.getElementById("frame")?.removeAttribute("id");
  // The server sends the policy of the resource with the frame; the attribute is the second lock.
  const frame = el("iframe", { id: "frame", title: `Widget ${name}, turn ${turn.number}`, sandbox: "allow-scripts allow-forms" });
  const widget = { turn, name, frame, mode: "inline", shop, kind, report: reportOf(turn, name, resource) };
  widget.host = (kind === "apps" ? hostApps : hostOpenai)(frame, pageFor(widget), widgetState);
  alive.push(widget);
  setMode(widget, "inline");
  frame.src = `/playground/frame/${name}?${new URLSearchParams({ bridge: kind, probe: "1", text: setting("textsize"), off: switchedOff().join(",") })}`;
  turn.stage.replaceChildren(el("div", { class: "sheet-bar" }, el("button", { type: "button", class: "small", click: () => leave(widget) }, "Leave full screen")), frame);
  if (mode !== "inline" && displayModes().includes(mode)) setMode(widget, mode);
  pastTheOldest();
  return widget;
}

/** Give the newest widget, or undefined. */
export const newest = () => alive.at(-1);

/** Take the frame of a turn away and mount it anew: with what the host kept, or as if for the first time. */
export async function mountAgain(widget, keepsState) {
  const { turn, shop, host } = widget;
  record("note", keepsState ? "The widget is loaded again" : "The widget is taken away and mounted anew", undefined, turn.number);
  if (!keepsState) await host.end("remount");
  const next = await openWidget(turn, shop, keepsState ? host.remember() : null);
  next?.host.input(turn.args);
  if (turn.result) next?.host.result(turn.result);
}

/** Tell every widget that is alive what has changed around it. */
export function tellAll(change) {
  for (const { host } of alive) host.changed(change);
}

/** Measure every frame again, and say so. */
export function measureAll() {
  for (const widget of alive) {
    setMode(widget, widget.mode);
    const { containerDimensions, platform, deviceCapabilities, safeAreaInsets } = hostContext(widget.mode);
    widget.host.changed({ containerDimensions, platform, deviceCapabilities, safeAreaInsets });
  }
}

/** Show a widget in another display mode because the person asks for it. */
export function showMode(widget, mode) {
  const given = setMode(widget, mode);
  const { displayMode, containerDimensions, safeAreaInsets } = hostContext(given);
  widget.host.changed({ displayMode, containerDimensions, safeAreaInsets });
}

/** End all widgets. */
export function endAll() {
  alive = [];
}

window.addEventListener("message", ({ source, data }) => {
  const widget = [...alive, ...leaving].find(({ frame }) => frame.contentWindow === source);
  if (!widget) return;
  if (data?.plantlyProbe === 1) widget.report.note(data);
  else widget.host.receive(data);
});

function pageFor(widget) {
  const { turn, shop } = widget;
  return {
    turn: turn.number,
    tool: turn.tool,
    named: (name) => shop.tools.find((tool) => tool.name === name),
    can: (capability) => !switchedOff().includes(capability),
    context: () => hostContext(widget.mode),
    callTool: (name, args) => shop.callTool(name, args, turn.number),
    hear: (text) => (showMessage(text, turn), {}),
    learn: (context) => (showContext(turn, context), {}),
    openLink: (url) => (showLink(turn, url), window.open(url, "_blank", "noopener"), {}),
    setHeight: (height) => resize(widget, height),
    setDisplayMode: (mode) => (displayModes().includes(mode) ? setMode(widget, mode) : widget.mode),
    close: () => past(widget),
  };
}

function resize(widget, height) {
  widget.height = Math.min(Math.ceil(height), widget.mode === "pip" ? 420 : TALLEST);
  widget.report.resized(height);
  if (widget.mode !== "fullscreen") widget.frame.style.height = `${widget.height}px`;
}

function setMode(widget, mode) {
  const { frame, turn } = widget;
  const size = frameSize(mode);
  widget.mode = mode;
  turn.stage.dataset.display = mode;
  frame.style.width = size.width;
  frame.style.height = size.height || (widget.height ? `${widget.height}px` : "");
  if (widget === newest()) put("mode", mode);
  return mode;
}

function leave(widget) {
  showMode(widget, "inline");
  widget.frame.focus();
}

function retire(turn) {
  alive = alive.filter((widget) => widget.turn !== turn);
}

function pastTheOldest() {
  while (alive.length > MOST_ALIVE) past(alive[0]);
}

async function past(widget) {
  retire(widget.turn);
  leaving.add(widget);
  await widget.host.end("past");
  leaving.delete(widget);
  widget.turn.stage.dataset.display = "inline";
  showPast(widget.turn, async () => {
    const next = await openWidget(widget.turn, widget.shop);
    next?.host.input(widget.turn.args);
    if (widget.turn.result) next?.host.result(widget.turn.result);
  });
}
