import { t } from "./words.js";

/** Make an error that can `say` what went wrong, in the language of the moment. */
export function failure(say, facts) {
  return Object.assign(new Error(), facts, { say });
}

/** Give what says in words what went wrong with a call: it is kept, and said anew whenever it is drawn. */
export function reason(error) {
  const offline = navigator.onLine === false && !error.code;
  return () => (offline ? t("common.offline") : error.say?.() || t("common.failed"));
}
