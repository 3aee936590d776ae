import { record, recordError } from "./log.js";
import { formProblem, orderProblem, toolProblem } from "./validate.js";

const PROTOCOL = "2026-01-26";

/** Be a strict MCP Apps host for one frame. `page` knows the tools, the call that was made, and how to open links. */
export function hostApps(frame, page) {
  let phase = "new";

  function send(message) {
    record("out", message.method ?? "answer", message);
    frame.contentWindow?.postMessage({ jsonrpc: "2.0", ...message }, "*");
  }

  function refuse(message, problem) {
    recordError(`${message?.method ?? "message"}: ${problem}`, message);
    if (message?.method && message.id !== undefined) send({ id: message.id, error: { code: -32600, message: problem } });
  }

  async function receive(message) {
    const problem = formProblem(message) ?? orderProblem(message, phase);
    if (problem) return refuse(message, problem);
    record("in", message.method ?? "answer", message);
    if (message.method === undefined) return;
    if (message.id === undefined) return notified[message.method]?.(message.params ?? {});
    try {
      send({ id: message.id, result: await answers[message.method](message.params ?? {}) });
    } catch (error) {
      send({ id: message.id, error: { code: -32000, message: error.message } });
    }
    if (message.method === "ui/initialize") phase = "answered";
  }

  const answers = {
    "ui/initialize": async () => ({
      protocolVersion: PROTOCOL,
      hostInfo: { name: "plantly-playground", version: "1.0.0" },
      hostCapabilities: { openLinks: {}, serverTools: {}, updateModelContext: { text: {}, structuredContent: {} }, message: { text: {} } },
      hostContext: { ...page.context(), toolInfo: { tool: page.call.tool } },
    }),
    "tools/call": ({ name, arguments: args }) => {
      const problem = toolProblem(page.tool(name), name);
      if (!problem) return page.callTool(name, args);
      recordError(`tools/call: ${problem}`);
      throw new Error(problem);
    },
    "ui/open-link": async ({ url }) => page.openLink(url),
    "ui/message": async () => ({}),
    "ui/update-model-context": async () => ({}),
    "ui/request-display-mode": async ({ mode }) => ({ mode: page.setDisplayMode(mode) }),
    ping: async () => ({}),
  };

  const notified = {
    "ui/notifications/initialized"() {
      phase = "ready";
      send({ method: "ui/notifications/tool-input", params: { arguments: page.call.args } });
      send({ method: "ui/notifications/tool-result", params: page.call.result });
    },
    "ui/notifications/size-changed": ({ height }) => page.setHeight(height),
  };

  return {
    src: "apps",
    receive,
    changed: (change) => phase === "ready" && send({ method: "ui/notifications/host-context-changed", params: change }),
    remember: () => undefined,
  };
}
