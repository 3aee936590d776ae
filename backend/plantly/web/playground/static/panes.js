// Tabs: the dock with messages and report, and on a phone the three parts of the page.

import { byId } from "./elements.js";

/** Make the tabs work, with the arrow keys too. */
export function startPanes() {
  for (const list of document.querySelectorAll('[role="tablist"]')) {
    const tabs = [...list.querySelectorAll('[role="tab"]')];
    list.addEventListener("click", ({ target }) => target.closest('[role="tab"]') && choose(tabs, target.closest('[role="tab"]')));
    list.addEventListener("keydown", (event) => move(tabs, event));
  }
  for (const button of document.querySelectorAll("[data-goto]")) button.addEventListener("click", () => goTo(button.dataset.goto));
  goTo("call");
}

/** Show one of the three parts of the page, where there is room for one only. */
export function goTo(pane) {
  document.body.dataset.pane = pane;
  mark();
}

function mark() {
  for (const button of document.querySelectorAll("[data-goto]")) button.setAttribute("aria-pressed", String(button.dataset.goto === document.body.dataset.pane));
}

new MutationObserver(mark).observe(document.body, { attributeFilter: ["data-pane"] });

function choose(tabs, chosen) {
  for (const tab of tabs) {
    const isChosen = tab === chosen;
    tab.setAttribute("aria-selected", String(isChosen));
    tab.tabIndex = isChosen ? 0 : -1;
    byId(tab.getAttribute("aria-controls")).hidden = !isChosen;
  }
  chosen.focus();
}

function move(tabs, event) {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  choose(tabs, tabs[(tabs.indexOf(document.activeElement) + step + tabs.length) % tabs.length]);
}
