import { connect } from "./bridge.js";
import { announce, el, fill } from "./dom.js";
import { reason } from "./failure.js";
import { nameFrame } from "./frame.js";
import { learnMedia } from "./media.js";
import { answerOf, notice, tryAgain } from "./notice.js";
import { keepPresses } from "./press.js";
import { dress } from "./theme.js";
import { number, t } from "./words.js";

const SILENCE_MS = 6000;
const GRACE_MS = 500;
const SIZE_MS = 100;

/**
 * Run one widget: find the host, wait for data, show it, and recover when it does not come.
 *
 * The widget has `name`; `show(data, meta, input)` draws a result; `readCall(state, input)` names the tool and the
 * arguments that read the same data again, or null; `restore(state)` goes back to where the shopper was; `redress()` draws
 * again in another language or size; `late(data)` hears what a call answered after it was given up; `rest()` stops timers.
 */
export function mount(widget) {
  const root = document.getElementById("app");
  keepPresses(root);
  nameFrame(root);
  let input = {};
  let shown = false;
  let remembered = null;
  let last = "";
  let stopped = null;
  let silence;

  const bridge = connect({
    name: widget.name,
    input(args) {
      input = args;
      waitLonger();
    },
    // Arguments in parts say only that the assistant is still busy: nothing is read by them.
    partial: waitLonger,
    result(result) {
      const text = JSON.stringify(result);
      // The same data again must not undo what the shopper did since.
      if (text !== last) accept(result);
      last = text;
    },
    late: (result) => (shown ? result.isError || widget.late?.(result.structuredContent) : accept(result)),
    canceled: () => shown || stop(() => t("common.canceled")),
    context(context) {
      dress(context);
      nameFrame(root);
      stopped?.();
      if (shown) widget.redress?.(context);
    },
    teardown: () => widget.rest?.(),
    ready,
  });
  // A browser takes longer for its first number than for all that follow: it is written while the host answers.
  number(0);

  function ready() {
    remembered = bridge.state;
    // To measure now would lay out what the data is about to replace.
    setTimeout(tellSize, SIZE_MS);
    waitLonger();
    if (shown) return restore();
    // After a reload a host may have kept only the state: ask the shop again.
    if (remembered) setTimeout(() => shown || read(), GRACE_MS);
  }

  function restore() {
    if (remembered) widget.restore?.(remembered);
    remembered = null;
  }

  function accept(result) {
    let data;
    try {
      data = answerOf(result);
    } catch (error) {
      // What is on the page stays there: a later failure is the model's to explain.
      return shown || stop(error.say);
    }
    learnMedia(result._meta);
    shown = true;
    stopped = null;
    root.removeAttribute("aria-busy");
    widget.show(data, result._meta ?? {}, input);
    restore();
  }

  async function read() {
    const call = widget.readCall(bridge.state ?? {}, input);
    if (!call) return stop(() => t("common.nothing"), false);
    try {
      const result = await bridge.callTool(...call);
      // What has come by itself meanwhile stays as the shopper left it.
      if (!shown) accept(result);
    } catch (error) {
      if (!shown) stop(reason(error));
    }
  }

  function stop(say, again = true) {
    root.removeAttribute("aria-busy");
    stopped = () => fill(root, notice("info", say(), again && tryAgain(retry, "retry")));
    stopped();
    announce(say());
  }

  async function retry() {
    if (!bridge.ready) bridge.retry();
    if (bridge.ready) return read();
    stop(() => t("common.waiting"));
  }

  function waitLonger() {
    clearTimeout(silence);
    silence = setTimeout(() => {
      if (!shown && !stopped) stop(() => t("common.waiting"));
    }, SILENCE_MS);
  }

  window.addEventListener("online", () => {
    for (const again of root.querySelectorAll("[data-retry]")) again.click();
  });
  waitLonger();
  const tellSize = watchSize(bridge);
  return { root, bridge };
}

/** Draw the button that asks the host for more room, where it has some. */
export function canExpand({ availableDisplayModes, displayMode }) {
  return Boolean(availableDisplayModes?.includes("fullscreen")) && displayMode !== "fullscreen";
}

/** Name a view: a heading that takes the focus, with what belongs beside it. */
export function titled(text, ...beside) {
  return el("header", { class: "title" }, el("h1", { tabindex: "-1", "data-home": true, "data-key": "title" }, text), beside);
}

function watchSize(bridge) {
  let last = "";
  const tell = () => {
    const { width, height } = document.documentElement.getBoundingClientRect();
    // A pixel more than measured: rounding inside can reach past it, and the frame would scroll.
    const size = [width, height + 1].map(Math.ceil);
    if (String(size) === last || !bridge.ready) return;
    last = String(size);
    bridge.size(...size);
  };
  if (window.ResizeObserver) new ResizeObserver(tell).observe(document.documentElement);
  else setInterval(tell, 500);
  return tell;
}
