import { money } from "./money.js";
import { tForeign } from "./words.js";

/**
 * Give what the shop says: its own sentence in English, else ours for its code, where there is one. Amounts in it are of
 * the cart's `currency`. What a widget has to say itself comes as `say`.
 */
export function said({ code, content, say, values }, currency) {
  if (say) return say();
  const missing = money(values?.missing_minor, currency);
  return tForeign("message.", missing ? "discount_code_minimum" : code, { ...values, missing }) || tForeign("common.availability.", code) || content;
}
