import { record, recordError } from "./log.js";
import { paySheet } from "./sheet.js";
import { checkUrl, sheetProblem, toolProblem } from "./validate.js";

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/** Be a host that has only window.openai: the shim in the frame passes every call on to here. */
export function hostOpenai(frame, page, widgetState) {
  let state = widgetState;

  function send(message) {
    frame.contentWindow?.postMessage({ plantlyShim: 1, ...message }, "*");
  }

  function sendGlobals(globals) {
    record("out", "openai:set_globals", globals);
    send({ type: "globals", globals });
  }

  async function receive(message) {
    // The widget asks for MCP Apps first; this host does not know it and stays silent.
    if (message?.jsonrpc) return record("note", `${message.method} is not answered by this host`);
    if (message?.plantlyShim !== 1) return recordError("a message that this host does not know", message);
    if (message.type === "hello") return greet();
    return answer(message);
  }

  function greet() {
    const { theme, locale, displayMode } = page.context();
    const { args, result } = page.call;
    sendGlobals({ theme, locale, displayMode, maxHeight: 800, safeArea: { insets: { top: 0, right: 0, bottom: 0, left: 0 } }, widgetState: state, toolInput: args });
    // After a reload hosts have been seen to keep the state and lose the output.
    if (state) return;
    sendGlobals({ toolOutput: result.structuredContent, toolResponseMetadata: { status: "complete", mcp_tool_result: result } });
  }

  async function answer({ id, name, args }) {
    record("in", `window.openai.${name}`, args);
    try {
      const call = calls[name];
      if (!call) throw new TypeError(`window.openai.${name} is unknown here`);
      send({ type: "answer", id, result: await call(...args) });
    } catch (error) {
      if (error instanceof TypeError) recordError(`window.openai.${name}: ${error.message}`, args);
      send({ type: "answer", id, error: error.message });
    }
  }

  const calls = {
    async callTool(name, args) {
      const problem = isObject(args) ? toolProblem(page.tool(name), name) : "the arguments are an object";
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
    },
    async requestDisplayMode(request) {
      return { mode: page.setDisplayMode(request?.mode) };
    },
    async requestCheckout(session) {
      const problem = sheetProblem(session);
      if (problem) throw new TypeError(problem);
      return paySheet(session, page.callTool);
    },
    async notifyIntrinsicHeight(height) {
      if (!Number.isFinite(height)) throw new TypeError("the height is a number");
      page.setHeight(height);
    },
    async setWidgetState(next) {
      if (!isObject(next)) throw new TypeError("the state is an object");
      state = next;
    },
  };

  return {
    src: "openai",
    receive,
    changed: sendGlobals,
    remember: () => state,
  };
}
