import { appsHost } from "./bridge_apps.js";
import { keepOpenaiState, openaiGlobals, openaiHost, openaiSheet, openaiState } from "./bridge_openai.js";
import { failure } from "./failure.js";
import { t } from "./words.js";

const FIND_MS = 250;
const TELL_MS = 1000;
const ANSWER_MS = 30000;
// Whoever knows to be offline need not wait for what cannot come.
const OFFLINE_MS = 3000;

/**
 * Find the host and speak with it: MCP Apps when it answers, else `window.openai`.
 *
 * Handlers: `name`, `ready()`, `input(args)`, `partial()`, `result(result)`, `canceled()`, `context(context)`,
 * `late(result)` for the answer of a tool that was given up, `teardown()`.
 */
export function connect(handlers) {
  let host = null;
  let context = {};
  let heard = false;
  let over = false;
  let state;
  let facts = {};
  let kept = "";
  let told = "";
  let telling;

  const apps = appsHost({
    ...handlers,
    ready() {
      host = apps;
      handlers.ready();
      // Some hosts put the first result only into window.openai.
      setTimeout(readGlobals, FIND_MS);
    },
    result(result) {
      heard = true;
      handlers.result(result);
    },
    context: share,
    teardown: end,
  });

  function share(news) {
    const before = JSON.stringify(context);
    context = { ...context, ...news };
    if (JSON.stringify(context) !== before) handlers.context(context);
  }

  function adoptGlobals() {
    if (!window.openai || over) return;
    if (!host) {
      host = openaiHost();
      handlers.ready();
    }
    readGlobals();
  }

  function readGlobals() {
    if (!window.openai || !host || over) return;
    const globals = openaiGlobals();
    if (host !== apps) share(globals.context);
    if (heard) return;
    if (globals.input) handlers.input(globals.input);
    if (globals.result) handlers.result(globals.result);
  }

  function end() {
    if (over) return;
    over = true;
    clearTimeout(telling);
    handlers.teardown();
  }

  window.addEventListener("openai:set_globals", adoptGlobals);
  window.addEventListener("pagehide", () => clearTimeout(telling));
  if (window.parent !== window) apps.greet().catch(adoptGlobals);
  for (const delay of [FIND_MS, 1500, 4000]) setTimeout(adoptGlobals, delay);

  // A host with both bridges may announce for one what it does in the other.
  async function attempt(name, args) {
    return (await host[name](...args)) ?? openaiHost()[name](...args);
  }

  /** Ask the host, and wait for a time that a person would wait. What it says itself is for developers: not shown. */
  async function act(name, ...args) {
    if (!host || over) throw failure(() => t("common.waiting"));
    let timer;
    let gone = false;
    const work = attempt(name, args).catch(() => {
      throw failure(() => t("common.failed"));
    });
    const patience = new Promise((_resolve, reject) => {
      timer = setTimeout(() => {
        gone = true;
        reject(failure(() => t("common.slow")));
      }, navigator.onLine === false ? OFFLINE_MS : ANSWER_MS);
    });
    if (name === "callTool") work.then((result) => gone && result && handlers.late(result), () => {});
    const answer = await Promise.race([work, patience]).finally(() => clearTimeout(timer));
    if (answer === null) throw failure(() => t("common.unable"));
    return answer;
  }

  function save() {
    const next = JSON.stringify([state ?? openaiState(), facts]);
    if (next === kept || over) return;
    kept = next;
    keepOpenaiState(...JSON.parse(next)).catch(() => {});
  }

  return {
    get ready() { return host !== null; },
    get context() { return context; },
    get state() { return openaiState(); },
    get sheet() { return openaiSheet(); },
    keep(next) {
      state = next;
      save();
    },
    retry: adoptGlobals,
    callTool: (name, args) => act("callTool", name, args),
    openLink: (url) => act("openLink", url),
    sendMessage: (text) => act("sendMessage", text),
    async displayMode(mode) {
      if (!context.availableDisplayModes?.includes(mode)) throw failure(() => t("common.unable"));
      const answer = await act("displayMode", mode);
      share({ displayMode: answer.mode ?? mode });
    },
    size: (width, height) => host?.size(width, height),
    /** Tell the model what it should know, in words and as ids: soon, only the latest, and nothing twice. */
    tellModel(text, about) {
      clearTimeout(telling);
      telling = setTimeout(() => {
        const news = JSON.stringify([text, about]);
        if (news === told || !host || over) return;
        told = news;
        facts = about;
        save();
        host.tellModel(text, about).catch(() => {});
      }, TELL_MS);
    },
  };
}
