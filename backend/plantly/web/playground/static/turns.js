// The conversation: what was asked, what the tool said, its widget, what the widget said.

import { byId, bytesOf, el, pretty, short, sizeText } from "./elements.js";

let count = 0;

/** Begin the turn of one tool call. */
export function newTurn(tool, args) {
  count += 1;
  for (const id of ["stage", "text", "structured"]) byId(id)?.removeAttribute("id");
  const turn = { number: count, tool, args, node: el("li", { class: "turn" }) };
  turn.line = el("p", { class: "line" });
  turn.stage = el("div", { id: "stage", class: "stage", "data-display": "inline" });
  turn.gate = el("div", { class: "gate", hidden: true });
  turn.said = el("div", { class: "said" });
  turn.more = el("ul", { class: "more" });
  turn.node.append(
    el("div", { class: "asked" }, el("p", { class: "bubble" }, el("code", null, tool.name), ...pills(args))),
    el("div", { class: "answered" }, turn.line, turn.gate, turn.stage, turn.more, turn.said),
  );
  byId("empty").hidden = true;
  byId("chat").append(turn.node);
  showTurn(turn);
  return turn;
}

/** Say in one line what the tool is doing. */
export function sayLine(turn, text, ...beside) {
  turn.line.replaceChildren(el("span", { class: "dot", "aria-hidden": "true" }), el("span", null, text), ...beside.map((one) => el("span", { class: "fact" }, one)));
}

/** Show what the tool answered, as the model reads it. */
export function showResult(turn, result, milliseconds) {
  const text = (result.content ?? []).map((part) => part.text ?? `[${part.type}]`).join("\n");
  const { tool } = turn;
  turn.node.classList.toggle("failed", Boolean(result.isError));
  const word = result.isError ? "refused" : tool._meta?.["openai/toolInvocation/invoked"] ?? tool.name;
  sayLine(turn, word, `${Math.round(milliseconds)} ms`, sizeText(bytesOf(result)));
  turn.said.replaceChildren(
    folded("What the model reads", el("pre", { id: "text", tabindex: "0" }, text), result.isError || !widgetOf(tool)),
    folded("Structured content", el("pre", { id: "structured", tabindex: "0" }, pretty(result.structuredContent))),
    result._meta ? folded("For the widget only (_meta)", el("pre", { tabindex: "0" }, pretty(result._meta))) : "",
  );
}

/** Write that the tool could not be reached, or was given up. */
export function showFailure(turn, text) {
  turn.node.classList.add("failed");
  sayLine(turn, text);
}

/** Ask the person before the tool runs; resolves to whether it may. */
export function askFirst(turn) {
  return new Promise((resolve) => {
    const choose = (answer) => {
      turn.gate.hidden = true;
      resolve(answer);
    };
    turn.gate.replaceChildren(
      el("p", null, "Allow ", el("code", null, turn.tool.name), " with these arguments?"),
      el("div", { class: "row" }, el("button", { type: "button", class: "primary", click: () => choose(true) }, "Allow"), el("button", { type: "button", click: () => choose(false) }, "Deny")),
    );
    turn.gate.hidden = false;
    turn.gate.querySelector("button").focus({ preventScroll: true });
  });
}

/** Add a message that a widget sent in the person's name. */
export function showMessage(text, turn) {
  byId("chat").append(el("li", { class: "turn" }, el("div", { class: "asked" }, el("p", { class: "bubble" }, text), el("p", { class: "by" }, `sent by the widget of turn ${turn.number}`))));
  byId("chat").lastElementChild.scrollIntoView?.({ block: "nearest" });
}

/** Show what the model was told last by this widget; a later word takes the place of an earlier. */
export function showContext(turn, { content, structuredContent }) {
  const text = (content ?? []).map((block) => block.text ?? `[${block.type}]`).join("\n") || structuredContent?.summary || short(JSON.stringify(structuredContent), 200);
  turn.known ??= turn.more.appendChild(el("li", { class: "known" }));
  turn.known.replaceChildren(el("strong", null, "The model knows: "), el("span", null, text), structuredContent ? folded("as data", el("pre", { tabindex: "0" }, pretty(structuredContent))) : "");
}

/** Name a link that the widget opened. */
export function showLink(turn, url) {
  turn.more.append(el("li", null, "Opened ", el("a", { href: url, target: "_blank", rel: "noopener" }, url)));
}

/** Put into the place of a widget that it is over. */
export function showPast(turn, again) {
  const name = turn.tool.title ?? turn.tool.name;
  turn.stage.replaceChildren(el("div", { class: "past" }, el("p", null, `${name}: this widget is past.`), el("button", { type: "button", class: "small", click: again }, "Show it again")));
}

/** Move to a turn, without moving the page around it. */
export function showTurn(turn) {
  const scroll = byId("scroll");
  scroll.scrollTop += turn.node.getBoundingClientRect().top - scroll.getBoundingClientRect().top - 16;
}

/** Empty the conversation. */
export function clearTurns() {
  byId("chat").replaceChildren();
  byId("empty").hidden = false;
}

/** Find the address of the widget of a tool. */
export function widgetOf(tool) {
  return tool._meta?.ui?.resourceUri;
}

function pills(args) {
  return Object.entries(args ?? {}).map(([key, value]) => el("span", { class: "arg" }, el("b", null, `${key} `), short(typeof value === "string" ? value : JSON.stringify(value), 90)));
}

function folded(title, body, open = false) {
  return el("details", { open }, el("summary", null, title), body);
}
