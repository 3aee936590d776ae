// The build puts the words of the bundle here: for each language, English first, its texts; a key becomes its place there.
// The letters of another script than ours are coded: a byte each, not two or three.
const { languages, rtl, letters, texts, choices } = __WORDS__;
const FOREIGN = /[\u0590-\u08ff]/;
let at = 0;
let own;
const tools = {};

/** Speak this language from now on, or English; numbers, money and days follow the whole tag. What is no tag changes nothing. */
export function setLanguage(tag) {
  try {
    own = Intl.getCanonicalLocales(String(tag).replaceAll("_", "-"))[0];
  } catch {
    return;
  }
  for (let name = own; name; name = name.slice(0, Math.max(0, name.lastIndexOf("-")))) {
    at = languages.indexOf(name);
    if (at >= 0) break;
  }
  at = Math.max(at, 0);
  document.documentElement.lang = language();
  document.documentElement.dir = isRtl() ? "rtl" : "ltr";
}

/** Name the language of the words that are spoken: `de`. */
export function language() {
  return languages[at];
}

/** Give the host's own tag for `Intl`: `de-AT`. */
export function locale() {
  return own;
}

/** Give a tool of `Intl` for this language: each is made once, because to make one takes longer than all that it writes. */
export function intl(kind, options, tag = own) {
  return (tools[kind + tag + JSON.stringify(options)] ??= new Intl[kind](tag, options));
}

/** Write a count. */
export function number(n) {
  return intl("NumberFormat").format(n);
}

/** Give a text with its values; `count` chooses among plural forms. The key is a literal: the build looks for it. */
export function t(key, values) {
  return tParts(key, values).join("");
}

/** Give a text in pieces, so that a value may be an element. */
export function tParts(key, values = {}) {
  let text = texts[at][key];
  if (typeof text !== "string") text = text[intl("PluralRules", {}, language()).select(values.count)] ?? text.other;
  return text.split(/\{(\w+)\}/).map((part, i) => (i % 2 ? written(values[part]) : decoded(part)));
}

/** Give the text that a value chooses: `tOne("prefix.", value)`; "" for a value without one. */
export function tOne(prefix, value, values) {
  return Object.hasOwn(choices[prefix], value) ? t(choices[prefix][value], values) : "";
}

/** The same for what the shop says itself in English: "" there too, and the bundle need not carry it. */
export function tForeign(prefix, value, values) {
  return at ? tOne(prefix, value, values) : "";
}

function isRtl() {
  return rtl.includes(language());
}

function decoded(text) {
  return letters[at] ? text.replace(/[a-z]/gi, (code) => letters[at][code.charCodeAt() - 65]) : text;
}

function written(value) {
  if (typeof value === "number") return number(value);
  // A name of the other direction stands alone, so that it moves nothing beside it.
  return typeof value === "string" && FOREIGN.test(value) !== isRtl() ? `\u2068${value}\u2069` : value;
}

setLanguage(navigator.language);
