import { t } from "./words.js";

/** Name the page, and say that it loads, in the language that is spoken now: the frame comes in English. */
export function nameFrame(root) {
  // The build puts in which widget this is.
  document.title = t("common.widget.__WIDGET__");
  const [title, loading] = root.querySelectorAll(":scope > .sr-only");
  if (!loading) return;
  title.textContent = document.title;
  loading.textContent = t("common.loading");
}
