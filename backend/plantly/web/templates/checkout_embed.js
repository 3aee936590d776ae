"use strict";
(() => {
  const options = JSON.parse(document.getElementById("options").textContent);
  const form = document.getElementById("pay");
  const press = document.getElementById("press");
  const told = document.getElementById("told");
  const trouble = document.getElementById("trouble");
  const CHARGED = "Nothing was charged.";
  const CANNOT = `The payment form cannot be shown right now. ${CHARGED} Load the page again in a moment, or go back.`;
  let leaving = false;

  document.getElementById("options").remove();
  form.hidden = false;
  told.textContent = "The payment form is loading…";
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
    transactionFailed: () =>
      say("The payment did not go through. Check what you entered, or try another way to pay. You will never be charged twice."),
    transactionCancelled: () => say(`The payment was canceled. ${CHARGED} You can try again.`),
    argumentError: () => say(CANNOT),
    apiError: (error) =>
      say(
        error?.status === 401
          ? `This form has waited for too long. ${CHARGED} Load the page again to go on.`
          : "The payment provider does not answer right now. Please try again in a moment.",
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
    told.textContent = "One moment: we are checking the payment…";
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
