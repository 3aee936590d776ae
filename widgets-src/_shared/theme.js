import { setLanguage } from "./words.js";

const ALLOWED = /^--(color-|font-|border-radius-|shadow-)/;
const root = document.documentElement;
const dark = window.matchMedia("(prefers-color-scheme: dark)");
let chosen;

/** Dress the page as the host is dressed: theme, variables, direction, room at the edges. */
export function dress(context) {
  chosen = context.theme ?? chosen;
  paint();
  dressVariables(context.styles?.variables);
  if (context.locale) setLanguage(context.locale);
  root.dataset.display = context.displayMode ?? "inline";
  for (const [side, size] of Object.entries(context.safeAreaInsets ?? {})) {
    if (Number.isFinite(size)) root.style.setProperty(`--safe-${side}`, `${size}px`);
  }
}

function paint() {
  root.dataset.theme = chosen ?? (dark.matches ? "dark" : "light");
}

function dressVariables(variables) {
  if (!variables) return;
  // Half a palette would put our text on their ground: colors come as a set or not at all.
  const whole = variables["--color-background-primary"] && variables["--color-text-primary"];
  for (const [name, value] of Object.entries(variables)) {
    if (!ALLOWED.test(name) || (name.startsWith("--color-") && !whole)) continue;
    root.style.setProperty(name, String(value));
  }
}

dark.addEventListener("change", paint);
paint();
