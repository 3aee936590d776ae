import { createRpc } from "./rpc.js";

const PROTOCOL = "2026-01-26";
const MODES = ["inline", "fullscreen"];

/** Speak MCP Apps with the host, once `greet` has introduced this widget; null is answered for what the host does not do. */
export function appsHost(events) {
  let abilities = {};
  const rpc = createRpc({ onNotification, onRequest });

  function onNotification(method, params) {
    const heard = {
      "ui/notifications/tool-input": () => events.input(params.arguments ?? {}),
      "ui/notifications/tool-input-partial": () => events.partial(),
      "ui/notifications/tool-result": () => events.result(params),
      "ui/notifications/tool-cancelled": () => events.canceled(),
      "ui/notifications/host-context-changed": () => events.context(params),
    };
    heard[method]?.();
  }

  function onRequest(method) {
    if (method === "ui/resource-teardown") events.teardown();
    return ["ui/resource-teardown", "ping"].includes(method) ? {} : null;
  }

  async function greet() {
    const params = { protocolVersion: PROTOCOL, appInfo: { name: events.name, version: "1.0.0" }, appCapabilities: { availableDisplayModes: MODES } };
    // A slow host may still answer: this request never gives up.
    const { hostCapabilities, hostContext } = await rpc.request("ui/initialize", params);
    abilities = hostCapabilities ?? {};
    rpc.notify("ui/notifications/initialized");
    events.context(hostContext ?? {});
    events.ready();
  }

  // What the host has not announced it is not asked; one that announces nothing at all may be an early one, and can refuse.
  const use = async (ability, method, params) => (abilities[ability] || !Object.keys(abilities).length ? rpc.request(method, params) : null);

  function tellModel(text, structuredContent) {
    const takes = abilities.updateModelContext ?? {};
    const content = [{ type: "text", text }];
    const known = takes.text || takes.structuredContent;
    return use("updateModelContext", "ui/update-model-context", known ? { ...(takes.text && { content }), ...(takes.structuredContent && { structuredContent }) } : { content, structuredContent });
  }

  return {
    greet,
    tellModel,
    callTool: (name, args) => use("serverTools", "tools/call", { name, arguments: args }),
    openLink: (url) => use("openLinks", "ui/open-link", { url }).then(unlessRefused),
    sendMessage: (text) => use("message", "ui/message", { role: "user", content: [{ type: "text", text }] }).then(unlessRefused),
    displayMode: (mode) => rpc.request("ui/request-display-mode", { mode }),
    size: (width, height) => rpc.notify("ui/notifications/size-changed", { width, height }),
  };
}

function unlessRefused(answer) {
  if (answer?.isError) throw new Error("refused");
  return answer;
}
