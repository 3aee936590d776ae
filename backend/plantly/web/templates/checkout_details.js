"use strict";
(() => {
  const form = document.getElementById("details");
  const button = document.getElementById("other-fields");
  const place = button.parentNode;
  const told = document.getElementById("fields-told");
  let asked;

  button.remove();
  form.elements.country.addEventListener("change", async () => {
    asked?.abort();
    if (form.elements.fields_of.value === form.elements.country.value) return;
    asked = new AbortController();
    try {
      const answer = await fetch(button.formAction, {
        method: "POST",
        body: new URLSearchParams(new FormData(form)),
        signal: asked.signal,
      });
      if (!answer.ok || answer.redirected) throw new Error(answer.status);
      const html = await answer.text();
      // The answer's own style is not allowed on this page, and is not needed.
      const page = new DOMParser().parseFromString(html.slice(html.indexOf("<main>")), "text/html");
      change(page.getElementById("place"));
    } catch (error) {
      // Without an answer the button does the same with a page of its own.
      if (error.name !== "AbortError") place.append(button);
    }
  });

  function change(place) {
    const old = document.getElementById("place");
    for (const input of place.querySelectorAll("input[id]")) {
      // What was typed while the answer was on its way stays.
      const before = old.querySelector(`input[id="${input.id}"]`);
      if (before) input.value = before.value;
    }
    old.replaceWith(place);
    const country = form.elements.country;
    told.textContent = told.dataset.text.replace("%", country.selectedOptions[0].text);
  }
})();
