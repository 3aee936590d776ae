import { record, recordError } from "./log.js";
import { formProblem, orderProblem, toolProblem } from "./validate.js";

const PROTOCOL = "2026-01-26";
const NEEDS = { "tools/call": "tools", "ui/open-link": "links", "ui/message": "messages", "ui/update-model-context": "context" };

/** Be a strict MCP Apps host for one frame. `page` is what the page does for the widget. */
export function hostApps(frame, page) {
  let phase = "new";
  let lastId = 0;
  const early = [];
  const waiting = new Map();

  function send(message) {
    record("out", message.method ?? "answer", message, page.turn);
    frame.contentWindow?.postMessage({ jsonrpc: "2.0", ...message }, "*");
  }

  function tell(method, params) {
    // The view hears nothing before it has said that it is ready.
    if (phase === "ready") send({ method, params });
    else early.push({ method, params });
  }

  function refuse(message, problem) {
    recordError(`${message?.method ?? "message"}: ${problem}`, message, page.turn);
    if (message?.method && message.id !== undefined) send({ id: message.id, error: { code: -32600, message: problem } });
  }

  async function receive(message) {
    const problem = formProblem(message) ?? orderProblem(message, phase);
    if (problem) return refuse(message, problem);
    const needed = NEEDS[message.method];
    if (needed && !page.can(needed)) return refuse(message, "this host does not offer that, and its capabilities say so");
    record("in", message.method ?? "answer", message, page.turn);
    if (message.method === undefined) return waiting.get(message.id)?.();
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
      hostCapabilities: capabilities(page.can),
      hostContext: { ...page.context(), toolInfo: { tool: page.tool } },
    }),
    "tools/call": ({ name, arguments: args }) => {
      const problem = toolProblem(page.named(name), name);
      if (!problem) return page.callTool(name, args);
      recordError(`tools/call: ${problem}`, undefined, page.turn);
      throw new Error(problem);
    },
    "ui/open-link": async ({ url }) => page.openLink(url),
    "ui/message": async ({ content }) => page.hear(content.map((block) => block.text ?? `[${block.type}]`).join("\n")),
    "ui/update-model-context": async (context) => page.learn(context),
    "ui/request-display-mode": async ({ mode }) => ({ mode: page.setDisplayMode(mode) }),
    ping: async () => ({}),
  };

  const notified = {
    "ui/notifications/initialized"() {
      phase = "ready";
      for (const message of early.splice(0)) send(message);
    },
    "ui/notifications/size-changed": ({ height }) => page.setHeight(height),
    "ui/notifications/request-teardown": () => page.close(),
  };

  return {
    receive,
    partial: (args) => tell("ui/notifications/tool-input-partial", { arguments: args }),
    input: (args) => tell("ui/notifications/tool-input", { arguments: args }),
    result: (result) => tell("ui/notifications/tool-result", result),
    cancel: (reason) => tell("ui/notifications/tool-cancelled", { reason }),
    changed: (change) => phase === "ready" && send({ method: "ui/notifications/host-context-changed", params: change }),
    remember: () => undefined,
    /** Ask the view to end; it gets half a second. */
    async end(reason) {
      if (phase !== "ready") return;
      const id = `end-${++lastId}`;
      const answered = new Promise((resolve) => {
        waiting.set(id, resolve);
        setTimeout(() => resolve("late"), 500);
      });
      send({ id, method: "ui/resource-teardown", params: { reason } });
      if ((await answered) === "late") recordError("ui/resource-teardown was not answered", undefined, page.turn);
    },
  };
}

function capabilities(can) {
  return {
    ...(can("links") && { openLinks: {} }),
    ...(can("tools") && { serverTools: {} }),
    ...(can("context") && { updateModelContext: { text: {}, structuredContent: {} } }),
    ...(can("messages") && { message: { text: {} } }),
  };
}
