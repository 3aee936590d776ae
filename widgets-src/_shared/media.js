import { el } from "./dom.js";
import { icon } from "./icons.js";
import { language, locale } from "./words.js";

const SOON_MS = 250;
const known = {};
const drawn = new Map();

/** Remember the pictures that came with a result. */
export function learnMedia(meta) {
  Object.assign(known, meta?.["plantly/media"]);
}

/**
 * Show a product's picture. A picture already loaded is moved, not loaded again, so that nothing flickers: two that are
 * seen at once need a `place` each.
 */
export function picture(place, productId, own) {
  const media = own ?? known[productId];
  const key = `${place} ${media?.src}`;
  if (!media || !isWeb(media.src)) return placeholder();
  if (!drawn.has(key)) drawn.set(key, load(media));
  return drawn.get(key);
}

/** Tell whether this is an address that may be loaded or opened. */
export function isWeb(address) {
  try {
    return ["https:", "http:"].includes(new URL(address).protocol);
  } catch {
    return false;
  }
}

/** Have a page of the shop speak as the host does. */
export function inTheirLanguage(address) {
  if (!isWeb(address)) return address;
  const url = new URL(address);
  url.searchParams.set("lang", locale() ?? language());
  return url.href;
}

/** Give the shop's logo to put beside a heading, or nothing where it has none. */
export function brand() {
  return document.getElementById("brand")?.content.firstElementChild.cloneNode();
}

function load({ src, alt }) {
  const image = el("img", { loading: "lazy", src, alt: alt ?? "", width: 800, height: 800, decoding: "async" });
  const box = el("span", { class: "picture" }, image);
  // What is seen is loaded once the page is laid out, what is not comes before anybody scrolls there.
  setTimeout(() => (image.loading = "eager"), SOON_MS);
  image.addEventListener("error", () => box.replaceChildren(icon("picture")));
  return box;
}

function placeholder() {
  return el("span", { class: "picture" }, icon("picture"));
}
