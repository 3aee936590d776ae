/** Speak JSON-RPC 2.0 with the window around this one, until it ends the session. */
export function createRpc({ onNotification, onRequest }) {
  const waiting = new Map();
  let lastId = 0;
  let over = false;

  const post = (message) => over || window.parent.postMessage({ jsonrpc: "2.0", ...message }, "*");

  function request(method, params) {
    const id = ++lastId;
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      post({ id, method, params });
    });
  }

  function settle({ id, result, error }) {
    const call = waiting.get(id);
    waiting.delete(id);
    if (error) call?.reject(error);
    else call?.resolve(result ?? {});
  }

  function answer({ id, method, params }) {
    const result = onRequest(method, params ?? {});
    post(result ? { id, result } : { id, error: { code: -32601, message: `Unknown method: ${method}` } });
    over ||= method === "ui/resource-teardown";
  }

  function listen({ source, data: message }) {
    if (over || source !== window.parent || message?.jsonrpc !== "2.0") return;
    if (message.method === undefined) settle(message);
    else if (message.id === undefined) onNotification(message.method, message.params ?? {});
    else answer(message);
  }

  window.addEventListener("message", listen);
  return { request, notify: (method, params = {}) => post({ method, params }) };
}
