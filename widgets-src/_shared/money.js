import { intl } from "./words.js";

// ISO 4217 says how many digits a currency has; every other currency has two.
const DIGITS = { 0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF", 3: "BHD IQD JOD KWD LYD OMR TND", 4: "CLF UYW" };

/** Write a day such as 2026-03-22 shortly, with its `year` when asked for. */
export function day(iso, year) {
  const at = new Date(`${iso}T00:00:00Z`);
  return isNaN(at) ? iso : intl("DateTimeFormat", { day: "numeric", month: "short", year, timeZone: "UTC" }).format(at);
}

/** Name a country by its two letters. */
export function countryName(code) {
  try {
    return intl("DisplayNames", { type: "region" }).of(code);
  } catch {
    return code;
  }
}

/** Say how many digits follow the point in this currency. */
export function exponent(currency) {
  return Number(Object.keys(DIGITS).find((digits) => DIGITS[digits].includes(currency)) ?? 2);
}

/** Write an integer amount of minor units as a price. */
export function money(minor, currency) {
  if (!Number.isSafeInteger(minor)) return "";
  const digits = exponent(currency);
  // The point moves in the text: nothing is divided.
  const write = (style) => intl("NumberFormat", { ...style, minimumFractionDigits: digits }).format(`${minor}e-${digits}`);
  try {
    // Between Arabic letters the sign of US$ would wander to the other side.
    return write({ style: "currency", currency }).replace(/(\u200f.*?)([A-Z]+\$)/, "$1\u200e$2\u200e");
  } catch {
    return `${write()} ${currency ?? ""}`.trim();
  }
}
