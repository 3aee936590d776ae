import { callTool as callServer, listTools } from "./client.js";
import { hostContext, takeDevice } from "./context.js";
import { byId, copyFrom, el, pretty } from "./elements.js";
import { examplesOf, learn } from "./examples.js";
import { drawForm, readArguments, showProblems } from "./form.js";
import { recordError, startLog } from "./log.js";
import { startPanes } from "./panes.js";
import { reportCall } from "./report.js";
import { problemsOf } from "./schema.js";
import { onSetting, put, readSettings, setting, watchSettings, writeSettings } from "./state.js";
import { callThrough } from "./trouble.js";
import { askFirst, clearTurns, newTurn, sayLine, showFailure, showResult } from "./turns.js";
import { endAll, measureAll, mountAgain, newest, openWidget, showMode, tellAll } from "./widget.js";
import { watchSources } from "./watch.js";

const REMOUNTS = ["bridge", "palette", "textsize", "off"];
const MOST_TURNS = 8;
const shop = { tools: [], callTool: callForWidget };
const calls = [];
let running = null;

/** Call a tool for a widget: what it sends has to fit, too. A person may try what does not. */
function callForWidget(name, args, turn) {
  for (const { path, problem } of problemsOf(named(name)?.inputSchema ?? {}, args)) recordError(`${name}: the argument ${path} ${problem}`, args, turn);
  return callTool(name, args, turn);
}

/** Call a tool, and hold its answer against its schema. */
async function callTool(name, args, turn, signal) {
  const tool = named(name);
  const result = await callThrough(name, args, signal);
  if (tool?.outputSchema && !result.isError) {
    for (const { path, problem } of problemsOf(tool.outputSchema, result.structuredContent)) recordError(`${name}: the result ${path} ${problem}`, result.structuredContent, turn, "out");
  }
  learn(result);
  return result;
}

const named = (name) => shop.tools.find((tool) => tool.name === name);

async function run() {
  const args = readArguments();
  if (args) await runTool(named(byId("tool").value), args);
}

async function runTool(tool, args) {
  calls.push([tool.name, args]);
  writeAddress();
  document.body.dataset.pane = "talk";
  const turn = newTurn(tool, args);
  running?.abort("another call");
  const mine = (running = new AbortController());
  const isLate = setting("approval") || setting("stream") || setting("latency") || setting("fail") === "never";
  say("Running", true);
  sayLine(turn, `${tool._meta?.["openai/toolInvocation/invoking"] ?? tool.name}\u2026`);
  let early = null;
  try {
    // A host that has to wait shows the widget meanwhile.
    if (isLate) early = await openWidget(turn, shop);
    if (setting("stream")) await stream(early, args);
    if (setting("approval") && !(await askFirst(turn))) throw new Error("The shopper did not allow it.");
    early?.host.input(args);
    const since = performance.now();
    turn.result = await callTool(tool.name, args, turn.number, mine.signal);
    const took = performance.now() - since;
    showResult(turn, turn.result, took);
    reportCall(turn, turn.result, took);
    const widget = early ?? (await openWidget(turn, shop));
    if (!early) widget?.host.input(args);
    widget?.host.result(turn.result);
    say(turn.result.isError ? "The tool answered with an error." : "Done", false, mine);
  } catch (error) {
    const why = error?.message ?? String(error);
    early?.host.cancel(why);
    showFailure(turn, why);
    say(why, false, mine);
  }
}

/** Send the arguments in growing parts, as a model writes them. */
async function stream(widget, args) {
  const keys = Object.keys(args);
  for (let count = 1; count <= keys.length; count += 1) {
    widget?.host.partial(Object.fromEntries(keys.slice(0, count).map((key) => [key, args[key]])));
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

function say(text, isBusy, mine) {
  if (mine && mine !== running) return;
  byId("status").textContent = text;
  byId("cancel").hidden = !isBusy;
}

async function again(keepsState) {
  const widget = newest();
  if (widget) await mountAgain(widget, keepsState);
}

function hearSetting(name) {
  writeAddress();
  if (name === "device") takeDevice();
  if (name === "width" || name === "height") put("device", "custom");
  if (["theme", "look", "device", "width"].includes(name)) dressPage();
  if (["device", "width", "height", "safe"].includes(name)) measureAll();
  if (name === "theme" || name === "locale") tellAll(pick(hostContext("inline"), name === "theme" ? ["theme", "styles"] : ["locale"]));
  if (name === "mode" && newest()) showMode(newest(), setting("mode"));
  if (REMOUNTS.includes(name)) again(false);
}

const pick = (whole, keys) => Object.fromEntries(keys.filter((key) => whole[key] !== undefined).map((key) => [key, whole[key]]));

function dressPage() {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const look = setting("look");
  document.documentElement.dataset.look = look === "auto" ? (dark ? "dark" : "light") : look;
  byId("pane").dataset.theme = setting("theme");
  byId("pane").style.setProperty("--device", `${setting("width")}px`);
}

function chooseTool() {
  const tool = named(byId("tool").value);
  byId("about").textContent = tool?.description ?? "";
  const examples = tool ? examplesOf(tool) : [];
  byId("example").replaceChildren(...examples.map(([title], index) => el("option", { value: String(index) }, title)));
}

function takeExample() {
  const tool = named(byId("tool").value);
  const [, args] = examplesOf(tool)[Number(byId("example").value)] ?? ["", {}];
  byId("args").value = pretty(args);
  drawForm(tool);
}

/** Start with a frame that fits where the page itself is small. */
function fitDevice() {
  const room = document.documentElement.clientWidth - 24;
  if (room >= Number(setting("width"))) return;
  put("device", "custom");
  put("width", String(room));
}

function readAddress() {
  const wanted = new URLSearchParams(location.search);
  if (wanted.has("tool") && named(wanted.get("tool"))) byId("tool").value = wanted.get("tool");
  chooseTool();
  takeExample();
  if (wanted.has("args")) byId("args").value = wanted.get("args");
  drawForm(named(byId("tool").value));
  return wanted;
}

function address(withConversation) {
  const query = new URLSearchParams({ tool: byId("tool").value, args: byId("args").value });
  writeSettings(query);
  if (calls.length) query.set("run", "1");
  const before = calls.slice(0, -1).slice(-MOST_TURNS);
  if (withConversation && before.length) query.set("before", JSON.stringify(before));
  return `?${query}`;
}

function writeAddress() {
  history.replaceState(null, "", address(false));
}

function clear() {
  clearTurns();
  endAll();
  calls.length = 0;
  writeAddress();
}

async function replay(before) {
  for (const [name, args] of JSON.parse(before)) if (named(name)) await runTool(named(name), args);
}

function listen() {
  byId("run").addEventListener("click", run);
  byId("cancel").addEventListener("click", () => running?.abort("canceled"));
  byId("reload").addEventListener("click", () => again(true));
  byId("remount").addEventListener("click", () => again(false));
  byId("clear").addEventListener("click", clear);
  byId("copy-link").addEventListener("click", ({ currentTarget }) => copyFrom(currentTarget, `${location.origin}${location.pathname}${address(true)}`));
  byId("copy-endpoint").addEventListener("click", ({ currentTarget }) => copyFrom(currentTarget, byId("endpoint").textContent));
  byId("tool").addEventListener("change", () => (chooseTool(), takeExample()));
  byId("example").addEventListener("focus", chooseExamplesAnew);
  byId("example").addEventListener("change", takeExample);
  byId("args").addEventListener("input", showProblems);
  byId("raw").addEventListener("change", () => drawForm(named(byId("tool").value)));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", dressPage);
  // The whole page by keyboard: Control and Enter runs the call from any field.
  document.addEventListener("keydown", (event) => event.key === "Enter" && (event.ctrlKey || event.metaKey) && run());
  watchSettings();
  onSetting(hearSetting);
}

function chooseExamplesAnew() {
  // What was seen since gives better examples.
  const { value } = byId("example");
  chooseTool();
  byId("example").value = value;
}

async function start() {
  const wanted = new URLSearchParams(location.search);
  readSettings(wanted);
  if (wanted.has("device") && !wanted.has("width")) takeDevice();
  if (!wanted.has("device") && !wanted.has("width")) fitDevice();
  dressPage();
  startPanes();
  startLog();
  try {
    shop.tools = await listTools();
    if (named("search_products")) learn(await callServer("search_products", { limit: 2 }));
  } catch (error) {
    byId("status").textContent = `The server at /mcp cannot be used: ${error.message}`;
    if (!shop.tools.length) return;
  }
  byId("tool").replaceChildren(...shop.tools.map((tool) => el("option", { value: tool.name }, tool.name)));
  readAddress();
  listen();
  watchSources(() => again(true));
  document.documentElement.dataset.ready = "true";
  if (wanted.has("before")) await replay(wanted.get("before"));
  if (wanted.get("run") === "1") await run();
}

start();
