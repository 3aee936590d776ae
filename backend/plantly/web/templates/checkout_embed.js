"use strict";
(() => {
  const options = JSON.parse(document.getElementById("options").textContent);
  const form = document.getElementById("pay");
  const press = document.getElementById("press");
  const told = document.getElementById("told");
  const trouble = document.getElementById("trouble");
  const CANNOT = {{ "page.checkout.form.cannot" | t | tojson }};
  let leaving = false;

  document.getElementById("options").remove();
  form.hidden = false;
  told.textContent = {{ "page.checkout.form.loading" | t | tojson }};
  const script = document.createElement("script");
  script.src = {{ script_url | tojson }};
  script.addEventListener("error", () => say(CANNOT));
  script.addEventListener("load", begin);
  document.head.append(script);

  function begin() {
    try {
      window.gr4vy.setup({
        ...options,
        element: "#embed",
        form: "#pay",
        onEvent: happened,
        // The page that follows asks the shop what became of the payment, not this form.
        onComplete: leave,
      });
    } catch {
      say(CANNOT);
    }
  }

  const events = {
    optionsLoaded: ready,
    transactionCreated: leave,
    transactionFailed: () => say({{ "page.checkout.form.failed" | t | tojson }}),
    transactionCancelled: () => say({{ "page.checkout.form.canceled" | t | tojson }}),
    argumentError: () => say(CANNOT),
    apiError: (error) =>
      say(
        error?.status === 401
          ? {{ "page.checkout.form.too_late" | t | tojson }}
          : {{ "page.checkout.form.silent" | t | tojson }},
      ),
  };

  function happened(name, data) {
    if (!leaving && Object.hasOwn(events, name)) events[name](data);
  }

  function ready() {
    told.textContent = "";
    form.removeAttribute("aria-busy");
    press.disabled = false;
  }

  function say(text) {
    told.textContent = "";
    form.removeAttribute("aria-busy");
    trouble.textContent = text;
    trouble.hidden = false;
    trouble.focus();
  }

  function leave() {
    if (leaving) return;
    leaving = true;
    press.disabled = true;
    trouble.hidden = true;
    told.textContent = {{ "page.checkout.form.checking" | t | tojson }};
    location.replace(form.action);
  }

  form.addEventListener("submit", (event) => {
    // The form is Gr4vy's to send: without its script nothing is.
    event.preventDefault();
    trouble.hidden = true;
    press.disabled = true;
    setTimeout(() => (press.disabled = leaving), 4000);
  });
})();
