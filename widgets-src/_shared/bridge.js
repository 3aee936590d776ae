import { appsHost } from "./bridge_apps.js";
import { keepOpenaiState, openaiGlobals, openaiHost, openaiSheet, openaiState } from "./bridge_openai.js";

const PATIENCE_MS = 250;

/**
 * Find the host and speak with it: MCP Apps when it answers, else `window.openai`.
 *
 * Handlers: `name`, `ready()`, `input(args)`, `result(result)`, `canceled(reason)`, `context(context)`, `teardown()`.
 */
export function connect(handlers) {
  let host = null;
  let context = {};
  let heard = false;
  let seen = "";
  let facts = {};

  const apps = appsHost({
    ...handlers,
    ready() {
      host = apps;
      handlers.ready();
      // Some hosts put the first result only into window.openai.
      setTimeout(readGlobals, PATIENCE_MS);
    },
    result(result) {
      heard = true;
      handlers.result(result);
    },
    context: share,
  });

  function share(news) {
    const before = JSON.stringify(context);
    context = { ...context, ...news };
    if (JSON.stringify(context) !== before) handlers.context(context);
  }

  function adoptGlobals() {
    if (!window.openai) return;
    if (!host) {
      host = openaiHost();
      handlers.ready();
    }
    readGlobals();
  }

  function readGlobals() {
    if (!window.openai || !host) return;
    const globals = openaiGlobals();
    if (host !== apps) share(globals.context);
    if (heard) return;
    if (globals.input) handlers.input(globals.input);
    const text = JSON.stringify(globals.result);
    // The event also fires for themes and states; the same data must not undo what the shopper did since.
    if (!globals.result || text === seen) return;
    seen = text;
    handlers.result(globals.result);
  }

  window.addEventListener("openai:set_globals", adoptGlobals);
  if (window.parent !== window) apps.greet().catch(adoptGlobals);
  for (const delay of [PATIENCE_MS, 1500, 4000]) setTimeout(adoptGlobals, delay);

  const act = async (name, ...args) => {
    if (!host) throw new Error("The assistant is not connected yet.");
    return host[name](...args);
  };

  return {
    get ready() { return host !== null; },
    get context() { return context; },
    get state() { return openaiState(); },
    get sheet() { return openaiSheet(); },
    keep: (state) => keepOpenaiState(state, facts),
    retry: adoptGlobals,
    callTool: (name, args) => act("callTool", name, args),
    openLink: (url) => act("openLink", url),
    sendMessage: (text) => act("sendMessage", text),
    displayMode: (mode) => act("displayMode", mode),
    size: (width, height) => host?.size(width, height),
    tellModel(text, about) {
      facts = { summary: text, ...about };
      act("tellModel", text, about).catch(() => {});
    },
  };
}
