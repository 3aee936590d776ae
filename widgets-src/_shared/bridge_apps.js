import { createRpc } from "./rpc.js";

const PROTOCOL = "2026-01-26";
const MODES = ["inline", "fullscreen"];

/** Speak MCP Apps with the host. `events.ready` fires when it has answered the handshake. */
export function appsHost(events) {
  let context = {};
  const rpc = createRpc({ onNotification, onRequest });

  function onNotification(method, params) {
    const heard = {
      "ui/notifications/tool-input": () => events.input(params.arguments ?? {}),
      "ui/notifications/tool-input-partial": () => events.input(params.arguments ?? {}),
      "ui/notifications/tool-result": () => events.result(params),
      "ui/notifications/tool-cancelled": () => events.canceled(params.reason),
      "ui/notifications/host-context-changed": () => share(params),
    };
    heard[method]?.();
  }

  function onRequest(method) {
    if (method === "ui/resource-teardown") events.teardown();
    return ["ui/resource-teardown", "ping"].includes(method) ? {} : null;
  }

  function share(change) {
    context = { ...context, ...change };
    events.context(context);
  }

  async function greet() {
    const params = { protocolVersion: PROTOCOL, appInfo: { name: events.name, version: "1.0.0" }, appCapabilities: { availableDisplayModes: MODES } };
    // A slow host may still answer: this request never gives up.
    const answer = await rpc.request("ui/initialize", params, 0);
    rpc.notify("ui/notifications/initialized");
    share(answer.hostContext ?? {});
    events.ready();
  }

  return {
    greet,
    callTool: (name, args) => rpc.request("tools/call", { name, arguments: args }),
    openLink: (url) => rpc.request("ui/open-link", { url }).then(unlessRefused),
    sendMessage: (text) => rpc.request("ui/message", { role: "user", content: [{ type: "text", text }] }).then(unlessRefused),
    tellModel: (text, facts) => rpc.request("ui/update-model-context", { content: [{ type: "text", text }], structuredContent: facts }),
    displayMode: (mode) => rpc.request("ui/request-display-mode", { mode }).then((answer) => share({ displayMode: answer.mode ?? mode })),
    size: (width, height) => rpc.notify("ui/notifications/size-changed", { width, height }),
  };
}

function unlessRefused(result) {
  if (result.isError) throw new Error("The assistant did not allow that.");
  return result;
}
