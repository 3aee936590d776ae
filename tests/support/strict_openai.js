// Runs in the frame before the widget: a window.openai that is used as published, or throws.
(() => {
  const { missing, ...given } = JSON.parse(decodeURIComponent(location.hash.slice(1)));
  const state = { theme: "light", locale: "en-US", displayMode: "inline", maxHeight: 800, view: null, userAgent: { device: { type: "desktop" } }, safeArea: { insets: { top: 0, right: 0, bottom: 0, left: 0 } }, ...given };
  const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
  const only = (value, ...keys) => isObject(value) && Object.keys(value).every((key) => keys.includes(key));
  const isText = (value) => typeof value === "string" && value.length > 0;
  const checks = {
    callTool: (name, args) => isText(name) && isObject(args),
    sendFollowUpMessage: (message, more) => more === undefined && only(message, "prompt", "scrollToBottom") && isText(message.prompt),
    openExternal: (link, more) => more === undefined && only(link, "href", "redirectUrl") && isText(link.href),
    requestDisplayMode: (request, more) => more === undefined && only(request, "mode") && ["inline", "fullscreen", "pip"].includes(request.mode),
    requestModal: () => false,
    requestClose: () => false,
    notifyIntrinsicHeight: (height, more) => more === undefined && Number.isFinite(height) && height > 0,
    setWidgetState: (next, more) => more === undefined && only(next, "modelContent", "privateContent", "imageIds") && Array.isArray(next.imageIds),
    setOpenInAppUrl: () => false,
    uploadFile: () => false,
    selectFiles: () => false,
    getFileDownloadUrl: () => false,
    requestCheckout: (session, more) => more === undefined && isObject(session) && isText(session.id),
  };
  const waiting = new Map();
  let lastId = 0;

  const post = (message) => window.parent.postMessage({ strict: 1, ...message }, "*");
  function punish(violation) {
    post({ violation });
    throw new TypeError(violation);
  }

  const methods = {};
  for (const name of Object.keys(checks)) {
    if (missing.includes(name)) continue;
    methods[name] = function (...args) {
      if (this !== openai) punish(`${name} was taken off window.openai`);
      if (!checks[name](...args)) punish(`${name}(${JSON.stringify(args)})`);
      if (name === "setWidgetState") state.widgetState = args[0];
      return new Promise((resolve, reject) => {
        const id = ++lastId;
        waiting.set(id, { resolve, reject });
        post({ id, name, args });
      });
    };
  }
  const published = new Set([...Object.keys(checks), ...Object.keys(state)]);
  const openai = new Proxy(methods, {
    get(_target, name) {
      if (typeof name === "string" && !published.has(name)) punish(`window.openai.${name} is not published`);
      if (missing.includes(name)) return undefined;
      return name in methods ? methods[name] : state[name];
    },
    has: (_target, name) => !missing.includes(name) && published.has(name),
    set: (_target, name) => punish(`window.openai.${String(name)} was written`),
    deleteProperty: (_target, name) => punish(`window.openai.${String(name)} was deleted`),
  });
  Object.defineProperty(window, "openai", { value: openai });

  window.addEventListener("message", ({ data, source }) => {
    if (source !== window.parent || data?.strict !== 1) return;
    if (data.globals) {
      Object.assign(state, data.globals);
      window.dispatchEvent(new CustomEvent("openai:set_globals", { detail: { globals: data.globals } }));
    } else {
      if (data.failed) waiting.get(data.id).reject(new Error("ECONNRESET"));
      else waiting.get(data.id).resolve(data.result);
    }
  });
})();
