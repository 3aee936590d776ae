// A form made from the schema of a tool's arguments. The text of the arguments stays what counts.

import { byId, el, pretty } from "./elements.js";
import { problemsOf, resolved } from "./schema.js";

let schema = {};
let value = {};

/** Draw the form of a tool. */
export function drawForm(tool) {
  schema = tool?.inputSchema ?? {};
  value = parsed() ?? {};
  const fields = Object.entries(schema.properties ?? {}).map(([name, part]) => field(name, part, value, () => write(), isRequired(schema, name)));
  byId("form").replaceChildren(...fields);
  showProblems();
}

/** Give the arguments, or null when they are no JSON. */
export function readArguments() {
  return showProblems();
}

/** Say at each field, and below the text, what the schema refuses. */
export function showProblems() {
  for (const node of document.querySelectorAll("#form .field-problem")) node.textContent = "";
  const problem = byId("args-problem");
  let args;
  try {
    args = JSON.parse(byId("args").value);
  } catch (error) {
    problem.textContent = `The arguments are not JSON: ${error.message}`;
    return null;
  }
  const found = problemsOf(schema, args);
  for (const { path, problem: text } of found) sayAt(path, text);
  problem.textContent = found.map(({ path, problem: text }) => `${path || "The whole"} ${text}.`).join(" ");
  return args;
}

function sayAt(path, text) {
  const field = [...document.querySelectorAll("#form [data-path]")].filter((node) => path.startsWith(node.dataset.path)).sort((a, b) => b.dataset.path.length - a.dataset.path.length)[0];
  const note = field?.querySelector(":scope > .field-problem");
  if (note) note.textContent = `${path} ${text}.`;
}

function parsed() {
  try {
    return JSON.parse(byId("args").value);
  } catch {
    return null;
  }
}

function write() {
  byId("args").value = pretty(value);
  byId("args").dispatchEvent(new Event("change", { bubbles: true }));
  showProblems();
}

/** Draw one field of `owner[name]`; `changed` is called after each change. */
function field(name, part, owner, changed, required, path = name) {
  const shape = shapeOf(part);
  const set = (next) => {
    if (next === undefined) delete owner[name];
    else owner[name] = next;
    changed();
  };
  const make = makerOf(shape);
  const label = el("span", { class: "label" }, name, required ? el("span", { class: "needed" }, "required") : null);
  const hint = shape.description ?? part.description;
  const control = make(shape, owner[name], set, { name: path, path });
  const isGroup = control.classList.contains("group");
  const head = isGroup ? el("legend", null, label) : el("label", { for: control.id }, label);
  return el(isGroup ? "fieldset" : "div", { class: "field", "data-path": path }, head, hint ? el("p", { class: "hint" }, hint) : null, control, el("p", { class: "field-problem" }));
}

/** Choose the part of a schema that a form can show best: a list rather than one value, anything rather than null. */
function shapeOf(part) {
  const whole = resolved(part, schema);
  const options = (whole.anyOf ?? whole.oneOf)?.map((one) => resolved(one, schema)).filter((one) => one.type !== "null");
  if (!options?.length) return whole;
  const chosen = options.find((one) => one.type === "array") ?? options[0];
  return { ...chosen, description: whole.description ?? chosen.description };
}

function makerOf(shape) {
  const item = shape.type === "array" && shape.items ? resolved(shape.items, schema) : null;
  if (item?.enum) return checks;
  if (item?.type === "object" || item?.properties) return rows;
  if (["string", "integer", "number"].includes(item?.type)) return words;
  if (shape.enum) return choice;
  if (shape.type === "boolean") return choice;
  if (shape.type === "integer" || shape.type === "number") return number;
  if (shape.type === "string") return line;
  if (shape.type === "object" && shape.properties) return group;
  return json;
}

const idOf = ({ path }) => `arg-${path}`;

function line(shape, now, set, at) {
  return el("input", { id: idOf(at), type: "text", value: now ?? "", maxlength: shape.maxLength, autocomplete: "off", spellcheck: "false", input: ({ target }) => set(target.value || undefined) });
}

function number(shape, now, set, at) {
  return el("input", { id: idOf(at), type: "number", value: now ?? "", min: shape.minimum, max: shape.maximum, step: shape.type === "integer" ? 1 : "any", input: ({ target }) => set(target.value === "" ? undefined : Number(target.value)) });
}

function choice(shape, now, set, at) {
  const options = shape.type === "boolean" ? [true, false] : shape.enum;
  const chosen = options.findIndex((one) => one === now);
  const select = el("select", { id: idOf(at), change: ({ target }) => set(target.value === "" ? undefined : options[Number(target.value)]) },
    el("option", { value: "" }, "not said"), options.map((one, index) => el("option", { value: String(index), selected: index === chosen }, String(one))));
  return select;
}

function checks(shape, now, set, at) {
  const chosen = new Set([now ?? []].flat());
  const take = (one, isOn) => {
    if (isOn) chosen.add(one);
    else chosen.delete(one);
    set(chosen.size ? [...chosen] : undefined);
  };
  const options = resolved(shape.items, schema).enum;
  return el("div", { class: "group pills" }, options.map((one) => el("label", { class: "pill" }, el("input", { type: "checkbox", name: at.name, checked: chosen.has(one), change: ({ target }) => take(one, target.checked) }), el("span", null, String(one)))));
}

function words(shape, now, set, at) {
  const isNumber = resolved(shape.items, schema).type !== "string";
  const read = (text) => text.split(",").map((word) => word.trim()).filter(Boolean).map((word) => (isNumber ? Number(word) : word));
  return el("input", { id: idOf(at), type: "text", value: [now ?? []].flat().join(", "), placeholder: "one, two", autocomplete: "off", spellcheck: "false", input: ({ target }) => set(target.value.trim() ? read(target.value) : undefined) });
}

function rows(shape, now, set, at) {
  const list = [now ?? []].flat();
  const box = el("div", { class: "group rows" });
  const item = resolved(shape.items, schema);
  const tell = () => set(list.length ? list : undefined);
  const draw = () => {
    box.replaceChildren(...list.map(drawn), el("button", { type: "button", class: "small", click: () => (list.push({}), tell(), draw()) }, "Add one"));
  };
  const drawn = (entry, index) => el("div", { class: "entry" },
    Object.entries(item.properties ?? {}).map(([name, part]) => field(name, part, entry, tell, isRequired(item, name), `${at.path}[${index}].${name}`)),
    el("button", { type: "button", class: "small", "aria-label": `Remove ${at.path} ${index + 1}`, click: () => (list.splice(index, 1), tell(), draw()) }, "Remove"));
  draw();
  return box;
}

function group(shape, now, set, at) {
  const whole = now ?? {};
  const tell = () => set(Object.keys(whole).length ? whole : undefined);
  return el("div", { class: "group entry" }, Object.entries(shape.properties).map(([name, part]) => field(name, part, whole, tell, isRequired(shape, name), `${at.path}.${name}`)));
}

function json(shape, now, set, at) {
  const take = ({ target }) => {
    if (!target.value.trim()) return set(undefined);
    try {
      set(JSON.parse(target.value));
    } catch (error) {
      sayAt(at.path, `is not JSON: ${error.message}`);
    }
  };
  return el("textarea", { id: idOf(at), rows: "3", spellcheck: "false", change: take }, now === undefined ? "" : pretty(now));
}

const isRequired = (part, name) => (part.required ?? []).includes(name);
