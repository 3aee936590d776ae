// What the person has chosen. Every control with a `name` is one word of the address.

import { byId } from "./elements.js";

const controls = () => [...document.querySelectorAll("[data-setting]")];
const heard = [];

/** Give the value of a setting as text; a box that is checked is "1". */
export function setting(name) {
  return valueOf(byId(name));
}

/** Change a setting by hand of the page, without telling anybody. */
export function put(name, value) {
  const control = byId(name);
  if (control.type === "checkbox") control.checked = value === "1";
  else if (control.tagName !== "SELECT" || [...control.options].some((option) => option.value === value)) control.value = value;
}

/** Be told the name of each setting that a person changes. */
export function onSetting(listener) {
  heard.push(listener);
}

/** Name the capabilities of the host that are switched off. */
export function switchedOff() {
  return [...document.querySelectorAll("[data-capability]")].filter((box) => !box.checked).map((box) => box.dataset.capability);
}

/** Take the settings from the address; what it does not say stays. */
export function readSettings(wanted) {
  for (const { name } of controls()) if (wanted.has(name)) put(name, wanted.get(name));
  if (wanted.has("width") && !wanted.has("device")) put("device", "custom");
  const off = (wanted.get("off") ?? "").split(",");
  for (const box of document.querySelectorAll("[data-capability]")) box.checked = !off.includes(box.dataset.capability);
}

/** Write the settings that differ from how the page comes. */
export function writeSettings(query) {
  for (const control of controls()) {
    const value = valueOf(control);
    if (value !== control.dataset.setting) query.set(control.name, value);
  }
  const off = switchedOff();
  if (off.length) query.set("off", off.join(","));
}

/** Listen to all controls. */
export function watchSettings() {
  document.addEventListener("change", ({ target }) => {
    const name = target.dataset?.capability ? "off" : target.dataset?.setting !== undefined && target.name;
    if (name) for (const listener of heard) listener(name);
  });
}

function valueOf(control) {
  if (control.type === "checkbox") return control.checked ? "1" : "";
  return control.value;
}
