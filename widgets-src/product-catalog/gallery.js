import { el, fill } from "../_shared/dom.js";
import { picture } from "../_shared/media.js";
import { t } from "../_shared/words.js";

/** Show the pictures of a product: one at a time, to swipe, and a small one of each to press. */
export function createGallery() {
  const strip = el("div", { class: "strip", role: "group", scroll: settle });
  const dots = el("div", { class: "dots" });
  const node = el("div", { class: "gallery" }, strip, dots);
  let count = 0;

  /** Show the pictures of this product as far as they are known. */
  function show({ id, name, media = [] }) {
    count = media.length;
    strip.ariaLabel = name;
    strip.tabIndex = count > 1 ? 0 : -1;
    const pictures = count ? media.map((own, i) => picture(`large${i}`, id, own)) : [picture("large0", id)];
    // What stands there already is not touched, so that nothing moves.
    if (pictures.some((one, i) => one !== strip.children[i])) strip.replaceChildren(...pictures);
    dots.hidden = count < 2;
    fill(dots, count > 1 && media.map((own, i) => el("button", { type: "button", "aria-label": t("catalog.picture", { number: i + 1, count }), "data-key": `picture${i}`, click: () => turn(i) }, picture(`small${i}`, id, own))));
    settle();
  }

  function turn(i) {
    strip.children[i].scrollIntoView({ block: "nearest", inline: "start" });
  }

  function settle() {
    const at = Math.round(Math.abs(strip.scrollLeft) / (strip.clientWidth || 1));
    [...dots.children].forEach((dot, i) => dot.setAttribute("aria-current", String(i === at)));
  }

  return { node, show };
}
