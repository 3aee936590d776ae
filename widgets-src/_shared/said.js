import { tForeign } from "./words.js";

/** Give what the shop says: its own sentence in English, else ours for its code, where there is one. */
export function said({ code, content }) {
  return tForeign("message.", code) || content;
}
