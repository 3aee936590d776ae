import { maxHeight } from "./context.js";
import { record, recordError } from "./log.js";
import { paySheet } from "./sheet.js";
import { checkUrl, sheetProblem, toolProblem } from "./validate.js";

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/** Be a host that has only window.openai: the shim in the frame passes every call on to here. */
export function hostOpenai(frame, page, widgetState) {
  let state = widgetState;
  let greeted = false;
  const early = [];

  function send(message) {
    frame.contentWindow?.postMessage({ plantlyShim: 1, ...message }, "*");
  }

  function sendGlobals(globals) {
    record("out", "openai:set_globals", globals, page.turn);
    send({ type: "globals", globals });
  }

  function tell(globals) {
    if (greeted) sendGlobals(globals);
    else early.push(globals);
  }

  async function receive(message) {
    // The widget asks for MCP Apps first; this host does not know it and stays silent.
    if (message?.jsonrpc) return record("note", `${message.method} is not answered by this host`, undefined, page.turn);
    if (message?.plantlyShim !== 1) return recordError("a message that this host does not know", message, page.turn);
    if (message.type === "hello") return greet();
    return answer(message);
  }

  function greet() {
    greeted = true;
    sendGlobals({ ...spoken(page.context()), maxHeight: maxHeight(), userAgent: device(page.context()), widgetState: state });
    for (const globals of early.splice(0)) sendGlobals(globals);
  }

  async function answer({ id, name, args }) {
    record("in", `window.openai.${name}`, args, page.turn);
    try {
      const call = calls[name];
      if (!call) throw new TypeError(`window.openai.${name} is unknown here`);
      const result = await call(...args);
      send({ type: "answer", id, result });
      if (result !== undefined) record("out", `answer to ${name}`, result, page.turn);
    } catch (error) {
      if (error instanceof TypeError) recordError(`window.openai.${name}: ${error.message}`, args, page.turn);
      else record("out", `${name} failed: ${error.message}`, undefined, page.turn);
      send({ type: "answer", id, error: error.message });
    }
  }

  const calls = {
    async callTool(name, args) {
      const problem = isObject(args) ? toolProblem(page.named(name), name) : "the arguments are an object";
      if (problem) throw new TypeError(problem);
      return page.callTool(name, args);
    },
    async openExternal(options) {
      const problem = checkUrl(options?.href);
      if (problem) throw new TypeError(problem);
      return page.openLink(options.href);
    },
    async sendFollowUpMessage(message) {
      if (typeof message?.prompt !== "string") throw new TypeError("a message has a prompt");
      page.hear(message.prompt);
    },
    async requestDisplayMode(request) {
      const mode = page.setDisplayMode(request?.mode);
      // Whoever reads the global later must find the same.
      sendGlobals({ displayMode: mode });
      return { mode };
    },
    async requestCheckout(session) {
      const problem = sheetProblem(session);
      if (problem) throw new TypeError(problem);
      return paySheet(session, page.callTool);
    },
    async requestClose() {
      page.close();
    },
    async notifyIntrinsicHeight(height) {
      if (!Number.isFinite(height)) throw new TypeError("the height is a number");
      page.setHeight(height);
    },
    async setWidgetState(next) {
      if (!isObject(next)) throw new TypeError("the state is an object");
      state = next;
      if (Object.keys(next.modelContent ?? {}).length) page.learn({ structuredContent: next.modelContent });
    },
  };

  return {
    receive,
    partial: (args) => tell({ toolInput: args }),
    input: (args) => tell({ toolInput: args }),
    result(result) {
      // After a reload hosts have been seen to keep the state and lose the output.
      if (!widgetState) tell({ toolOutput: result.structuredContent, toolResponseMetadata: { status: "complete", mcp_tool_result: result } });
    },
    cancel: (reason) => tell({ toolResponseMetadata: { status: "canceled", reason } }),
    changed: (change) => greeted && sendGlobals(spoken(change)),
    remember: () => state,
    end: async () => {},
  };
}

function spoken({ theme, locale, displayMode, safeAreaInsets }) {
  const globals = { theme, locale, displayMode, safeArea: safeAreaInsets && { insets: safeAreaInsets } };
  return Object.fromEntries(Object.entries(globals).filter(([, value]) => value !== undefined));
}

const device = ({ platform, deviceCapabilities }) => ({ device: { type: platform === "mobile" ? "mobile" : "desktop" }, capabilities: deviceCapabilities });
