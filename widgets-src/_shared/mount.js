import { connect } from "./bridge.js";
import { announce, el, fill } from "./dom.js";
import { learnMedia } from "./media.js";
import { answerOf, button, notice, reason } from "./notice.js";
import { keepPresses } from "./press.js";
import { dress } from "./theme.js";

const SILENCE_MS = 6000;
const GRACE_MS = 500;

/**
 * Run one widget: find the host, wait for data, show it, and recover when it does not come.
 *
 * The widget has `name`; `show(data, meta, input)` draws a result; `readCall(state, input)` names the tool and the
 * arguments that read the same data again, or null; `restore(state)` goes back to where the shopper was; `rest()` stops timers.
 */
export function mount(widget) {
  const root = document.getElementById("app");
  keepPresses(root);
  let input = {};
  let shown = false;
  let remembered = null;

  const bridge = connect({
    name: widget.name,
    input: (args) => (input = args),
    result: (result) => accept(result),
    canceled: (why) => shown || stop(why ? `This was canceled: ${why}` : "This was canceled."),
    context(context) {
      dress(context);
      widget.redress?.(context);
    },
    teardown: () => widget.rest?.(),
    ready,
  });

  function ready() {
    remembered = bridge.state;
    tellSize();
    // After a reload a host may have kept only the state: ask the shop again.
    if (remembered) setTimeout(() => shown || read(), GRACE_MS);
  }

  function accept(result) {
    let data;
    try {
      data = answerOf(result);
    } catch (error) {
      // What is on the page stays there: a later failure is the model's to explain.
      return shown || stop(error.message);
    }
    learnMedia(result._meta);
    shown = true;
    root.removeAttribute("aria-busy");
    widget.show(data, result._meta ?? {}, input);
    if (remembered) widget.restore?.(remembered);
    remembered = null;
  }

  async function read() {
    const call = widget.readCall(bridge.state ?? {}, input);
    if (!call) return stop("Nothing to show yet. Ask the assistant to show it again.", false);
    try {
      accept(await bridge.callTool(...call));
    } catch (error) {
      if (!shown) stop(reason(error));
    }
  }

  function stop(text, again = true) {
    root.removeAttribute("aria-busy");
    fill(root, notice("info", text, again && button("quiet", "Try again", retry, { "data-key": "retry" })));
    announce(text);
  }

  async function retry() {
    if (!bridge.ready) bridge.retry();
    if (bridge.ready) return read();
    stop("Still waiting for the assistant.");
  }

  function watchSilence() {
    if (shown || root.querySelector(".notice")) return;
    stop(bridge.ready ? "The details have not arrived yet." : "Waiting for the assistant. This takes longer than usual.");
  }

  setTimeout(watchSilence, SILENCE_MS);
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
    const room = Math.ceil(height) + 1;
    const size = `${Math.ceil(width)}x${room}`;
    if (size === last || !bridge.ready) return;
    last = size;
    bridge.size(Math.ceil(width), room);
  };
  new ResizeObserver(tell).observe(document.documentElement);
  return tell;
}
