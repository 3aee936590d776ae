// What a host tells its widgets about the place where they are shown.

import { put, setting, switchedOff } from "./state.js";

const NONE = { top: 0, right: 0, bottom: 0, left: 0 };
const DEVICES = {
  phone: { width: 390, height: 844, touch: true, safe: { ...NONE, top: 47, bottom: 34 } },
  small: { width: 320, height: 568, touch: true, safe: { ...NONE, top: 20 } },
  tablet: { width: 820, height: 1180, touch: true, safe: { ...NONE, top: 24, bottom: 20 } },
  desktop: { width: 768, height: 900, touch: false, safe: NONE },
};
const COLORS = {
  plain: { light: ["#ffffff", "#f4f4f4", "#0d0d0d", "#5d5d5d", "#e4e4e4", "#8f8f8f"], dark: ["#212121", "#2f2f2f", "#ececec", "#b4b4b4", "#3d3d3d", "#8a8a8a"] },
  sand: { light: ["#fbf6ec", "#f2e9d8", "#2c2418", "#64573f", "#e3d6bd", "#8d7d5f"], dark: ["#262017", "#352d20", "#f5ecdc", "#c9bb9f", "#4a3f2d", "#9c8c6c"] },
};
const COLOR_NAMES = ["--color-background-primary", "--color-background-secondary", "--color-text-primary", "--color-text-secondary", "--color-border-tertiary", "--color-border-secondary"];
const TEXT_SIZES = { "--font-text-xs-size": 12, "--font-text-sm-size": 14, "--font-text-md-size": 16, "--font-text-lg-size": 18 };

/** Fill in the width and the height of the device that was chosen. */
export function takeDevice() {
  const device = DEVICES[setting("device")];
  if (!device) return;
  put("width", String(device.width));
  put("height", String(device.height));
}

/** Give the measures of the frame in a display mode, as CSS lengths or "". */
export function frameSize(mode) {
  const isOwn = setting("device") === "custom" || setting("device") === "desktop";
  if (mode === "pip") return { width: `${Math.min(Number(setting("width")), 380)}px`, height: "" };
  if (mode === "inline") return { width: `${setting("width")}px`, height: "" };
  return isOwn ? { width: "100%", height: "100%" } : { width: `${setting("width")}px`, height: `${setting("height")}px` };
}

/** Name the display modes that this host offers. */
export function displayModes() {
  const off = switchedOff();
  return ["inline", ...["pip", "fullscreen"].filter((mode) => !off.includes(mode))];
}

/** Describe the place in the words of MCP Apps. */
export function hostContext(displayMode) {
  const device = DEVICES[setting("device")];
  const width = Number(setting("width"));
  return {
    theme: setting("theme"),
    locale: locale(),
    displayMode,
    availableDisplayModes: displayModes(),
    platform: device?.touch ? "mobile" : "web",
    deviceCapabilities: { touch: Boolean(device?.touch), hover: !device?.touch },
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    userAgent: "plantly-playground",
    containerDimensions: displayMode === "fullscreen" ? { width, height: maxHeight() } : { maxWidth: width },
    safeAreaInsets: safeArea(displayMode),
    ...styles(),
  };
}

/** Give the language that the host speaks; a word that is no language stays as it is, as a trial. */
export function locale() {
  return setting("locale").trim() || navigator.language;
}

/** Give the height of the device. */
export function maxHeight() {
  return Number(setting("height")) || 800;
}

function safeArea(displayMode) {
  if (setting("safe") === "none" || displayMode !== "fullscreen") return NONE;
  if (setting("safe") === "wide") return { top: 60, right: 32, bottom: 48, left: 32 };
  return DEVICES[setting("device")]?.safe ?? NONE;
}

function styles() {
  const colors = COLORS[setting("palette")]?.[setting("theme")];
  if (!colors) return {};
  const share = Number(setting("textsize")) / 100;
  const sizes = Object.entries(TEXT_SIZES).map(([name, size]) => [name, `${size * share}px`]);
  const variables = { ...Object.fromEntries(COLOR_NAMES.map((name, index) => [name, colors[index]])), ...Object.fromEntries(sizes), "--font-sans": "ui-sans-serif, system-ui, sans-serif" };
  return { styles: { variables } };
}
