"use strict";
// What Gr4vy's script does, as far as a shop notices: a frame, a form that it sends, and events.
(() => {
  const setup = (options) => {
    const tell = (name, data) => options.onEvent?.(name, data);
    const scheme = options.secure === false ? "http" : "https";
    const frameOrigin = `${scheme}://${options.iframeHost}`;
    const wrong = ["token", "amount", "currency", "country", "apiHost", "iframeHost"].find(
      (name) => !options[name],
    );
    if (wrong) {
      tell("argumentError", { argument: wrong, message: "must be set" });
      return;
    }
    const { token, amount, currency, intent = "authorize" } = options;
    const payment = {
      amount,
      currency,
      intent,
      merchant_account_id: options.merchantAccountId,
      external_identifier: options.externalIdentifier,
      metadata: options.metadata,
    };
    const frame = document.createElement("iframe");
    frame.title = "Secure payment form";
    frame.style.cssText = "inline-size: 100%; block-size: 220px; border: 0";
    const here = `${location.protocol}//${location.host}`;
    frame.src = `${frameOrigin}/embed/frame?parent=${encodeURIComponent(here)}`;
    const send = (type) => frame.contentWindow.postMessage({ type, token, payment }, frameOrigin);

    addEventListener("message", (event) => {
      if (event.origin !== frameOrigin || event.source !== frame.contentWindow) return;
      const { type, data } = event.data;
      if (type === "ready") load();
      else tell(type, data);
      if (type === "transactionCreated") options.onComplete?.(data);
    });
    document.querySelector(options.form).addEventListener("submit", (event) => {
      event.preventDefault();
      send("submit");
    });
    document.querySelector(options.element).append(frame);

    async function load() {
      const answer = await fetch(`${scheme}://${options.apiHost}/payment-options`, {
        headers: { authorization: `Bearer ${token}` },
      }).catch(() => undefined);
      if (answer?.ok) tell("optionsLoaded", await answer.json());
      else tell("apiError", { status: answer?.status ?? 0 });
    }
  };
  window.gr4vy = { setup };
})();
