import { svg } from "./dom.js";

const PATHS = {
  alert: "M12 4 2.5 20h19zM12 10v4M12 17v.01",
  back: "m15 5-7 7 7 7",
  bag: "M6 8h12l1 12H5zM9 10V7a3 3 0 0 1 6 0v3",
  check: "m5 12.5 4.5 4.5L19 7.5",
  clock: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M12 7v5l3 2",
  close: "m6 6 12 12M18 6 6 18",
  expand: "M14 4h6v6M20 4l-7 7M10 20H4v-6M4 20l7-7",
  filter: "M4 7h9M17 7h3M15 5v4M4 17h3M11 17h9M9 15v4",
  info: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M12 11v5M12 8v.01",
  later: "M7 4h10v16l-5-4-5 4z",
  lock: "M6 11h12v9H6zM9 11V8a3 3 0 0 1 6 0v3",
  link: "M14 5h5v5M19 5l-8 8M11 6H5v13h13v-6",
  minus: "M6 12h12",
  picture: "M4 5h16v14H4zm0 11 5-5 4 4 3-3 4 4",
  plus: "M12 6v12M6 12h12",
  refresh: "M20 12a8 8 0 1 1-2.3-5.7L20 8.6M20 4v4.6h-4.6",
  search: "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14M20 20l-4-4",
  trash: "M5 7h14M10 7V4.5h4V7M7 7l1 13h8l1-13M10.5 11v5M13.5 11v5",
};

/** Draw the icon of this name. */
export function icon(name) {
  const node = svg(PATHS[name]);
  node.classList.add(`icon-${name}`);
  return node;
}
