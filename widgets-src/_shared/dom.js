// Elements are made, never parsed: every value that reaches the page is somebody's input.

const SVG = "http://www.w3.org/2000/svg";

/** Make an element; functions become listeners, null and false leave the attribute out. */
export function el(tag, props, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") node.addEventListener(key, value);
    else node.setAttribute(key, value === true ? "" : String(value));
  }
  node.append(...present(children));
  return node;
}

/** Make a drawn icon that assistive technology skips. */
export function svg(path) {
  const node = document.createElementNS(SVG, "svg");
  const line = document.createElementNS(SVG, "path");
  node.setAttribute("viewBox", "0 0 24 24");
  node.setAttribute("aria-hidden", "true");
  node.setAttribute("class", "icon");
  line.setAttribute("d", path);
  node.append(line);
  return node;
}

let typing = null;
let filling = false;
let saying;

// Only what takes text can be typed in: a box that is ticked has no selection to keep.
document.addEventListener("input", ({ target }) => (typing = Number.isInteger(target.selectionStart) ? target : null));
document.addEventListener("change", (event) => {
  // Browsers take a text for finished when its field goes.
  if (filling) event.stopPropagation();
  else typing = null;
}, true);

/** Replace what is inside; the keyboard stays where it was, and what is being typed stays typed. */
export function fill(parent, ...children) {
  const active = document.activeElement;
  const inside = active !== parent && parent.contains(active);
  const { key } = active.dataset;
  const typed = active === typing && [active.value, active.selectionStart, active.selectionEnd];
  filling = true;
  parent.replaceChildren(...present(children));
  filling = false;
  if (!inside || parent.contains(document.activeElement)) return;
  const again = [...parent.querySelectorAll("[data-key]")].find((n) => n.dataset.key === key);
  (again || parent.querySelector("[data-home]"))?.focus({ preventScroll: true });
  if (!again || !typed) return;
  typing = again;
  again.value = typed.shift();
  again.setSelectionRange(...typed);
  // For the browser nothing was typed into this one yet.
  const finish = () => typing === again && again.dispatchEvent(new Event("change"));
  again.addEventListener("blur", finish);
  again.addEventListener("keydown", ({ key }) => key === "Enter" && finish());
}

/** Say something to a screen reader, once, without moving anything on the page. */
export function announce(text) {
  const live = document.getElementById("live");
  // A repeated sentence is only read again when the node was empty in between.
  live.textContent = "";
  clearTimeout(saying);
  saying = setTimeout(() => (live.textContent = text), 60);
}

/** Move to the heading of a new view, so that reading starts there. */
export function goTo(view) {
  const heading = view.querySelector("[data-home]");
  heading?.focus({ preventScroll: true });
  heading?.scrollIntoView({ block: "nearest" });
}

function present(children) {
  return children.flat(Infinity).filter((child) => child || child === 0);
}
