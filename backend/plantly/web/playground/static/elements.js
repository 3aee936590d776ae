/** Find an element of the page. */
export const byId = (id) => document.getElementById(id);

/** Make an element with attributes and children; functions become listeners, true an empty attribute. */
export function el(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (typeof value === "function") node.addEventListener(name, value);
    else if (value !== undefined && value !== null && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== undefined && child !== null && child !== false));
  return node;
}

/** Write a value as readable JSON. */
export const pretty = (value) => JSON.stringify(value, null, 2) ?? "";

/** Count the bytes of a text, or of a value as JSON. */
export const bytesOf = (value) => new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value) ?? "").length;

/** Write a number of bytes for people. */
export const sizeText = (bytes) => (bytes < 1000 ? `${bytes} B` : `${(bytes / 1000).toFixed(1)} kB`);

/** Give the first words of a long text. */
export const short = (text, length = 60) => (text.length > length ? `${text.slice(0, length - 1)}\u2026` : text);

/** Copy a text, and say on the button that it was done. */
export async function copyFrom(button, text) {
  const label = button.dataset.label ?? (button.dataset.label = button.textContent);
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Not allowed";
  }
  setTimeout(() => (button.textContent = label), 1600);
}
