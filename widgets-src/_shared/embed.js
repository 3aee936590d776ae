import { announce, el, fill } from "./dom.js";
import { totalOf } from "./facts.js";
import { reason } from "./failure.js";
import { icon } from "./icons.js";
import { answerOf, button, notice } from "./notice.js";
import { t } from "./words.js";

const AGAIN_MS = 4000;

/**
 * Hold the provider's payment form below the widget, where drawing the widget again does not touch it.
 *
 * What the form reports is believed by nobody: the shop is asked what became of the payment. `checkout` lets it
 * `adopt` what the shop answers, `watch` what follows, and say that something has `changed`.
 */
export function createEmbed(bridge, model, checkout) {
  const told = el("div", { class: "told" });
  const title = el("h2", { id: "payment" });
  const whose = el("p", { class: "soft hint center" });
  const shelf = el("section", { class: "embed", hidden: true, "aria-labelledby": "payment" });
  document.getElementById("app").after(shelf);
  let token = "";
  let accepted = "";
  let quote;
  let asked = false;
  let press;
  let news;

  /** Keep the form of the payment that is running, and let go of it with the payment. */
  function hold(meta) {
    const running = model.session.status === "complete_in_progress";
    quote = model.session.quote ?? quote;
    model.payment = running ? (meta?.["plantly/embed"] ?? model.payment) : null;
    if (model.payment) return show(model.payment);
    // A page that was loaded again lost the form of a payment that is still running.
    if (running && quote && !asked) setTimeout(ask);
    token = "";
    shelf.hidden = true;
    shelf.replaceChildren();
  }

  function show({ script, options }) {
    if (token === options.token) return;
    token = options.token;
    press = el("button", { type: "submit", class: "button button-primary wide", "aria-disabled": "true" });
    const fields = el("div", { id: "embed-fields" });
    const form = el("form", { id: "embed-form", "aria-busy": "true", submit }, fields, press);
    news = null;
    name();
    shelf.replaceChildren(title, told, form, whose);
    shelf.hidden = false;
    loadForm(script).then(() => begin(options, form)).catch(away);
  }

  /** Name everything around the form, which stays as it is. */
  function name() {
    fill(title, t("checkout.form.title"));
    fill(whose, t("checkout.form.whose"));
    fill(press, icon("lock"), payWords());
    fill(told, news?.());
  }

  function begin(options, form) {
    const events = {
      optionsLoaded() {
        form.removeAttribute("aria-busy");
        press.setAttribute("aria-disabled", "false");
      },
      transactionCreated: check,
      transactionFailed: failed,
      transactionCancelled: () => say(() => t("checkout.form.canceled")),
      argumentError: away,
      apiError: away,
    };
    const onEvent = (name) => token === options.token && Object.hasOwn(events, name) && events[name]();
    window.gr4vy.setup({ ...options, element: "#embed-fields", form: "#embed-form", onEvent });
  }

  function submit(event) {
    // The form is the provider's to send: without its script nothing is.
    event.preventDefault();
    if (press.getAttribute("aria-disabled") === "true") return event.stopImmediatePropagation();
    news = null;
    fill(told);
    const pressed = press;
    pressed.setAttribute("aria-disabled", "true");
    setTimeout(() => pressed.setAttribute("aria-disabled", "false"), AGAIN_MS);
  }

  async function check() {
    say(() => t("checkout.form.checking"), "info");
    await ask();
    // Where the same payment got another form, the bank said no to this way of paying.
    if (model.payment) failed();
  }

  /** Begin a payment; one that is running is looked at instead, and gets another form while it can be paid. */
  async function ask() {
    asked = true;
    const { checkout_session_id, terms } = model.session;
    const terms_version = terms?.version === accepted ? accepted : undefined;
    Object.assign(model, { problem: null, said: null, payment: null });
    try {
      const result = await bridge.callTool("begin_payment", { checkout_session_id, quote: quote ?? "", ...(terms_version && { terms_version }) });
      checkout.adopt(answerOf(result), result._meta);
    } catch (error) {
      model.said = { type: "error", say: reason(error) };
    }
    checkout.watch();
    checkout.changed();
  }

  /** Draw what begins a payment here, or nothing when it cannot be; an empty list while its form is shown. */
  function actions({ open }) {
    const { quote: ready, status, terms } = model.session;
    if (model.payment) {
      name();
      return [];
    }
    if (!ready || status !== "ready_for_payment") return null;
    const box = terms && el("input", { type: "checkbox", id: "terms", "data-key": "terms", change: () => (accepted = box.checked ? terms.version : "") });
    if (box) box.checked = accepted === terms.version;
    const pay = async () => (box && !box.checked ? box.focus() : ask());
    return [
      box && el("div", { class: "accept" }, box, el("label", { for: "terms" }, t("checkout.form.accept", { terms: terms.title })), button("icon", icon("link"), () => open(terms.url), { "aria-label": terms.title, "data-key": "read" })),
      button("primary wide", [icon("lock"), payWords()], pay, { "data-key": "here" }),
    ];
  }

  const payWords = () => t("checkout.pay", { amount: totalOf(model.session) });

  const away = () => say(() => t("checkout.form.away"));
  const failed = () => say(() => t("checkout.form.failed"));

  function say(text, kind = "error") {
    news = () => notice(kind, text());
    fill(told, news());
    announce(text());
  }

  return { hold, actions };
}

function loadForm(src) {
  return new Promise((resolve, reject) => {
    if (window.gr4vy) return resolve();
    document.head.append(el("script", { src, load: resolve, error: reject }));
  });
}
