import { callTool, listTools, readResource } from "./client.js";
import { byId, el, pretty } from "./elements.js";
import { examplesOf, learn } from "./examples.js";
import { hostApps } from "./host_apps.js";
import { hostOpenai } from "./host_openai.js";
import { clearLog, record, recordError } from "./log.js";

const SETTINGS = ["bridge", "theme", "width"];
const WIDGET_URI = /^ui:\/\/(?:plantly|widget)\/([a-z-]+?)(?:\.[0-9a-f]+)?\.html$/;
const MIME = "text/html;profile=mcp-app";
let tools = [];
let host = null;
let frame = null;
let call = null;
let displayMode = "inline";

const page = {
  get call() { return call; },
  tool: (name) => tools.find((tool) => tool.name === name),
  context: () => ({ theme: byId("theme").value, locale: navigator.language, displayMode, availableDisplayModes: ["inline", "fullscreen"], platform: "web", containerDimensions: { maxWidth: Number(byId("width").value) } }),
  async callTool(name, args) {
    const result = await callTool(name, args);
    learn(result);
    return result;
  },
  openLink(url) {
    byId("links").append(el("li", null, el("a", { href: url, target: "_blank", rel: "noopener" }, url)));
    window.open(url, "_blank", "noopener");
    return {};
  },
  setHeight(height) {
    if (displayMode === "inline") frame.style.height = `${Math.min(Math.ceil(height), 4000)}px`;
  },
  setDisplayMode(mode) {
    displayMode = mode === "fullscreen" ? "fullscreen" : "inline";
    byId("stage").dataset.display = displayMode;
    byId("stage").style.inlineSize = displayMode === "inline" ? `${byId("width").value}px` : "";
    if (frame && displayMode === "fullscreen") frame.style.height = "";
    return displayMode;
  },
};

async function run() {
  const args = readArguments();
  if (!args) return;
  writeAddress(true);
  clearLog();
  byId("status").textContent = "Running";
  const tool = page.tool(byId("tool").value);
  try {
    const result = await page.callTool(tool.name, args);
    call = { tool, args, result };
    showResult(result);
    await showWidget();
  } catch (error) {
    byId("status").textContent = error.message;
  }
}

function readArguments() {
  byId("args-problem").textContent = "";
  try {
    return JSON.parse(byId("args").value);
  } catch (error) {
    byId("args-problem").textContent = `The arguments are not JSON: ${error.message}`;
    return null;
  }
}

function showResult(result) {
  byId("status").textContent = result.isError ? "The tool answered with an error." : "Done";
  byId("text").textContent = (result.content ?? []).map((part) => part.text ?? `[${part.type}]`).join("\n");
  byId("structured").textContent = pretty(result.structuredContent);
}

async function showWidget(widgetState = null) {
  const uri = call.tool._meta?.ui?.resourceUri;
  const name = uri?.match(WIDGET_URI)?.[1];
  byId("links").replaceChildren();
  host = frame = null;
  if (!name) return byId("stage").replaceChildren(el("p", { class: "quiet" }, "This tool has no widget."));
  const resource = await readResource(uri);
  if (resource.mimeType !== MIME) recordError(`${uri} has the type ${resource.mimeType}`);
  const kind = byId("bridge").value;
  // The server sends the policy of the resource with the frame; the attribute is the second lock.
  frame = el("iframe", { id: "frame", title: `Widget ${name}`, sandbox: "allow-scripts allow-forms" });
  host = kind === "apps" ? hostApps(frame, page) : hostOpenai(frame, page, widgetState);
  page.setDisplayMode("inline");
  frame.src = `/playground/frame/${name}?bridge=${kind}`;
  byId("stage").replaceChildren(frame, el("button", { type: "button", id: "inline", click: leaveFullscreen }, "Leave full screen"));
}

function leaveFullscreen() {
  page.setDisplayMode("inline");
  host?.changed({ displayMode: "inline" });
}

function reload() {
  if (!call) return;
  record("note", "The widget is loaded again");
  showWidget(host?.remember());
}

function setTheme() {
  const theme = byId("theme").value;
  document.documentElement.dataset.theme = theme;
  host?.changed({ theme });
}

function setWidth() {
  page.setDisplayMode("inline");
}

function showExamples() {
  const tool = page.tool(byId("tool").value);
  const examples = tool ? examplesOf(tool) : [];
  byId("example").replaceChildren(...examples.map(([title], index) => el("option", { value: String(index) }, title)));
}

function takeExample() {
  const [, args] = examplesOf(page.tool(byId("tool").value))[Number(byId("example").value)];
  byId("args").value = pretty(args);
}

function readAddress() {
  const wanted = new URLSearchParams(location.search);
  for (const id of SETTINGS) if (wanted.has(id)) byId(id).value = wanted.get(id);
  if (page.tool(wanted.get("tool"))) byId("tool").value = wanted.get("tool");
  showExamples();
  if (wanted.has("args")) byId("args").value = wanted.get("args");
  else takeExample();
  return wanted.get("run") === "1";
}

function writeAddress(hasRun) {
  const state = new URLSearchParams({ tool: byId("tool").value, args: byId("args").value });
  for (const id of SETTINGS) state.set(id, byId(id).value);
  if (hasRun) state.set("run", "1");
  history.replaceState(null, "", `?${state}`);
}

async function learnProducts() {
  if (!page.tool("search_products")) return;
  learn(await callTool("search_products", { limit: 2 }));
}

async function start() {
  try {
    tools = await listTools();
    await learnProducts();
  } catch (error) {
    byId("status").textContent = `The server at /mcp cannot be used: ${error.message}`;
    return;
  }
  byId("tool").replaceChildren(...tools.map((tool) => el("option", { value: tool.name }, tool.name)));
  const wantsRun = readAddress();
  setTheme();
  setWidth();
  byId("run").addEventListener("click", run);
  byId("reload").addEventListener("click", reload);
  byId("tool").addEventListener("change", () => (showExamples(), takeExample()));
  byId("example").addEventListener("focus", showExamples);
  byId("example").addEventListener("change", takeExample);
  byId("bridge").addEventListener("change", () => call && showWidget());
  byId("theme").addEventListener("change", setTheme);
  byId("width").addEventListener("change", setWidth);
  document.documentElement.dataset.ready = "true";
  if (wantsRun) run();
}

window.addEventListener("message", (event) => {
  if (host && event.source === frame?.contentWindow) host.receive(event.data);
});
start();
