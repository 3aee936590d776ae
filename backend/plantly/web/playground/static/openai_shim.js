// Runs inside the frame, before the widget: gives it a window.openai that lives in the page around it.
(() => {
  const waiting = new Map();
  const off = (new URLSearchParams(location.search).get("off") ?? "").split(",");
  const methods = {
    callTool: "tools",
    openExternal: "links",
    sendFollowUpMessage: "messages",
    requestDisplayMode: "display",
    requestCheckout: "checkout",
    requestClose: "close",
    notifyIntrinsicHeight: "size",
  };
  let lastId = 0;

  const post = (message) => window.parent.postMessage({ plantlyShim: 1, ...message }, "*");
  const call = (name, ...args) => new Promise((resolve, reject) => {
    const id = ++lastId;
    waiting.set(id, { resolve, reject });
    post({ type: "call", id, name, args });
  });

  function setGlobals(globals) {
    Object.assign(window.openai, globals);
    window.dispatchEvent(new CustomEvent("openai:set_globals", { detail: { globals } }));
  }

  window.openai = { theme: "light", displayMode: "inline", toolInput: null, toolOutput: null, toolResponseMetadata: null, widgetState: null };
  for (const [name, capability] of Object.entries(methods)) if (!off.includes(capability)) window.openai[name] = (...args) => call(name, ...args);
  if (!off.includes("state")) window.openai.setWidgetState = (widgetState) => {
    setGlobals({ widgetState });
    return call("setWidgetState", widgetState);
  };

  window.addEventListener("message", ({ data, source }) => {
    if (source !== window.parent || data?.plantlyShim !== 1) return;
    if (data.type === "globals") return setGlobals(data.globals);
    const { resolve, reject } = waiting.get(data.id) ?? {};
    waiting.delete(data.id);
    if (data.error) reject?.(new Error(data.error));
    else resolve?.(data.result);
  });
  post({ type: "hello" });
})();
