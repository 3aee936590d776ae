// Hot reload: ask the server whether the sources of the widgets have changed.

import { byId } from "./elements.js";
import { record, recordError } from "./log.js";

const EVERY_MS = 1000;

/** Call `reload` after each new build; a build that fails is said, and what is shown stays. */
export function watchSources(reload) {
  if (!document.documentElement.dataset.watch) return;
  let seen = null;

  async function look() {
    if (document.hidden) return;
    try {
      const { version, problem } = await (await fetch("/playground/build", { cache: "no-store" })).json();
      byId("build").textContent = problem ? "Build failed" : "Hot reload on";
      byId("build").classList.toggle("wrong", Boolean(problem));
      if (seen !== null && version !== seen) tell(problem);
      seen = version;
    } catch {
      byId("build").textContent = "Server away";
    }
  }

  function tell(problem) {
    if (problem) return recordError(`build: ${problem}`, undefined, undefined, "note");
    record("note", "The widgets were built anew");
    reload();
  }

  byId("build").hidden = false;
  setInterval(look, EVERY_MS);
  look();
}
