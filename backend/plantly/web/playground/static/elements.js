/** Find an element of the page. */
export const byId = (id) => document.getElementById(id);

/** Make an element with attributes and children. */
export function el(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (typeof value === "function") node.addEventListener(name, value);
    else if (value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== undefined && child !== null));
  return node;
}

/** Write a value as readable JSON. */
export const pretty = (value) => JSON.stringify(value, null, 2) ?? "";
