const ANSWER_MS = 30000;

/** Speak JSON-RPC 2.0 with the window around this one. */
export function createRpc({ onNotification, onRequest }) {
  const waiting = new Map();
  let lastId = 0;

  const post = (message) => window.parent.postMessage({ jsonrpc: "2.0", ...message }, "*");

  function request(method, params, patience = ANSWER_MS) {
    const id = ++lastId;
    return new Promise((resolve, reject) => {
      const timer = patience && setTimeout(() => settle(id, { error: { message: "No answer came. Please try again." } }), patience);
      waiting.set(id, { resolve, reject, timer });
      post({ id, method, params });
    });
  }

  function settle(id, message) {
    const call = waiting.get(id);
    if (!call) return;
    waiting.delete(id);
    clearTimeout(call.timer);
    if (message.error) call.reject(new Error(message.error.message || "That did not work."));
    else call.resolve(message.result ?? {});
  }

  function answer({ id, method, params }) {
    const result = onRequest(method, params ?? {});
    post(result ? { id, result } : { id, error: { code: -32601, message: `Unknown method: ${method}` } });
  }

  function listen(event) {
    const message = event.data;
    if (event.source !== window.parent || message?.jsonrpc !== "2.0") return;
    if (message.method === undefined) settle(message.id, message);
    else if (message.id === undefined) onNotification(message.method, message.params ?? {});
    else answer(message);
  }

  window.addEventListener("message", listen);
  return { request, notify: (method, params = {}) => post({ method, params }) };
}
