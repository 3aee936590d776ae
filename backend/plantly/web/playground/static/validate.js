// What a strict host accepts from a widget. Each check returns a sentence, or nothing when all is well.

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const isText = (value) => typeof value === "string" && value.length > 0;
const MODES = ["inline", "fullscreen", "pip"];

const REQUESTS = {
  "ui/initialize": checkInitialize,
  "tools/call": (params) => !(isText(params.name) && isObject(params.arguments)) && "tools/call needs a name and an object of arguments",
  "ui/open-link": ({ url }) => checkUrl(url),
  "ui/message": checkMessage,
  "ui/update-model-context": checkContext,
  "ui/request-display-mode": ({ mode }) => !MODES.includes(mode) && `unknown display mode ${mode}`,
  ping: () => undefined,
};
const NOTIFICATIONS = {
  "ui/notifications/initialized": () => undefined,
  "ui/notifications/size-changed": ({ width, height }) => !(Number.isFinite(height) && (width === undefined || Number.isFinite(width))) && "size-changed needs numbers",
  "ui/notifications/request-teardown": () => undefined,
  "notifications/message": ({ level }) => !isText(level) && "a log message needs a level",
};

/** Say what is wrong with the form of a message from the widget. */
export function formProblem(message) {
  if (!isObject(message) || message.jsonrpc !== "2.0") return "this is not JSON-RPC 2.0";
  const { id, method, params } = message;
  if (method === undefined) return checkResponse(message);
  if (typeof method !== "string") return "the method is not a text";
  if (params !== undefined && !isObject(params)) return "params is not an object";
  if ("id" in message && !["string", "number"].includes(typeof id)) return "the id is neither a text nor a number";
  const check = ("id" in message ? REQUESTS : NOTIFICATIONS)[method];
  if (!check) return `unknown ${"id" in message ? "request" : "notification"} ${method}`;
  return check(params ?? {}) || undefined;
}

/** Say what is wrong with the order: `phase` is "new", "answered" or "ready". */
export function orderProblem(message, phase) {
  if (message.method === undefined) return undefined;
  const expected = { new: "ui/initialize", answered: "ui/notifications/initialized" }[phase];
  if (expected && message.method !== expected) return `${message.method} came before ${expected}`;
  if (!expected && ["ui/initialize", "ui/notifications/initialized"].includes(message.method)) return `${message.method} came twice`;
  return undefined;
}

/** Say why a link may not be opened. */
export function checkUrl(url) {
  try {
    return ["http:", "https:"].includes(new URL(url).protocol) ? undefined : "only http and https links are opened";
  } catch {
    return "the link is no absolute URL";
  }
}

/** Say why a widget may not call this tool. */
export function toolProblem(tool, name) {
  if (!tool) return `there is no tool ${name}`;
  const visibility = tool._meta?.ui?.visibility ?? ["model", "app"];
  return visibility.includes("app") ? undefined : `${name} is not visible to widgets`;
}

/** Say what is wrong with the session of a payment sheet. */
export function sheetProblem(session) {
  if (!isObject(session) || !isText(session.id) || !isText(session.currency)) return "the session needs an id and a currency";
  if (session.status !== "ready_for_payment") return "the session is not ready for payment";
  if (!["live", "test"].includes(session.payment_mode)) return "payment_mode is live or test";
  if (!isText(session.payment_provider?.merchant_id)) return "the provider needs a merchant_id";
  const rows = Array.isArray(session.totals) ? session.totals : [];
  if (!rows.every(({ type, amount, display_text }) => isText(type) && isText(display_text) && Number.isInteger(amount))) return "totals are in whole minor units";
  return rows.some(({ type }) => type === "total") ? undefined : "there is no total";
}

function checkInitialize({ protocolVersion, appInfo, appCapabilities }) {
  if (!isText(protocolVersion)) return "protocolVersion is missing";
  if (!isObject(appInfo) || !isText(appInfo.name) || !isText(appInfo.version)) return "appInfo needs name and version";
  if (!isObject(appCapabilities)) return "appCapabilities is missing";
  const modes = appCapabilities.availableDisplayModes;
  return modes !== undefined && !(Array.isArray(modes) && modes.every((mode) => MODES.includes(mode))) && "availableDisplayModes has an unknown mode";
}

function checkMessage({ role, content }) {
  if (role !== "user") return "the role of a message is user";
  return !isContent(content) && "the content of a message is an array of blocks";
}

function checkContext({ content, structuredContent }) {
  if (content !== undefined && !isContent(content)) return "the content is an array of blocks";
  if (structuredContent !== undefined && !isObject(structuredContent)) return "structuredContent is an object";
  return content === undefined && structuredContent === undefined && "there is nothing to tell the model";
}

function checkResponse(message) {
  const answers = ["result", "error"].filter((key) => key in message).length;
  return message.id === undefined || answers !== 1 ? "a response has an id, and a result or an error" : undefined;
}

function isContent(content) {
  return Array.isArray(content) && content.every((block) => isObject(block) && isText(block.type) && (block.type !== "text" || typeof block.text === "string"));
}
