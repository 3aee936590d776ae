import { el, fill } from "../_shared/dom.js";
import { icon } from "../_shared/icons.js";
import { t } from "../_shared/words.js";

/** Lay cards in a row that scrolls and snaps. Two buttons lead on where there is a pointer; the arrow keys go from card to card. */
export function createCarousel() {
  const rail = el("ul", { class: "rail", scroll: settle, keydown: step });
  const ways = [-1, 1].map((by) => el("button", { type: "button", class: `button button-icon way ${by < 0 ? "way-back" : "way-on"}`, click: () => roll(by) }, icon("back")));
  const node = el("div", { class: "carousel" }, rail, ways);
  let at = 0;
  new ResizeObserver(settle).observe(rail);

  /** Show these cards; what was in view stays there. */
  function show(cards) {
    ways[0].ariaLabel = t("catalog.previous");
    ways[1].ariaLabel = t("catalog.next");
    const there = at * side();
    fill(rail, cards);
    // Another direction would begin at its beginning.
    if (rail.scrollLeft !== there) rail.scrollLeft = there;
    settle();
  }

  const side = () => (document.documentElement.dir === "rtl" ? -1 : 1);

  function roll(by) {
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    rail.scrollBy({ left: by * side() * rail.clientWidth * 0.8, behavior: calm ? "auto" : "smooth" });
  }

  // At an end there is nowhere to lead to.
  function settle() {
    at = Math.abs(rail.scrollLeft);
    const over = [at < 9, at > rail.scrollWidth - rail.clientWidth - 9];
    ways.forEach((way, i) => {
      if (over[i] && way === document.activeElement) ways[1 - i].focus();
      way.classList.toggle("is-over", over[i]);
    });
  }

  function step(event) {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key] * side();
    const cards = [...rail.children];
    const next = cards[cards.indexOf(event.target.closest("li")) + by];
    if (!next) return;
    event.preventDefault();
    next.querySelector(".card-open").focus();
  }

  return { node, rail, show };
}
