import { el } from "./elements.js";

// What the tokens of the sandbox do, on the buttons of a sheet that asks for no card.
const WAYS = { approve: "Approve", decline: "Decline", "3ds": "3-D Secure", later: "Pay later" };
const SHOWN_HERE = ["payment_declined", "requires_3ds"];
const BUYER = { first_name: "Play", last_name: "Ground", email: "playground@example.com" };

/** Play the payment sheet of an assistant: it calls complete_checkout and gives back what that answers. */
export function paySheet(session, callTool) {
  return new Promise((resolve, reject) => {
    const problem = el("p", { class: "problem", role: "alert" });
    const { currency, totals } = session;
    const digits = new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits;
    const rows = totals.map(({ display_text, amount }) => el("li", null, `${display_text}: ${(amount / 10 ** digits).toFixed(digits)} ${currency}`));
    const buttons = Object.entries(WAYS).map(([way, label]) => el("button", { type: "button", click: () => pay(way) }, label));
    const close = el("button", { type: "button", click: () => leave(() => reject(new Error("The payment sheet was closed."))) }, "Close");
    const sheet = el("dialog", { id: "sheet", "aria-label": "Payment sheet", cancel: () => leave(() => reject(new Error("The payment sheet was closed."))) },
      el("h2", null, `Payment sheet (${session.payment_mode})`), el("ul", null, ...rows), problem, el("div", { class: "row" }, ...buttons, close));
    document.body.append(sheet);
    sheet.showModal();

    function leave(then) {
      sheet.remove();
      then();
    }

    async function pay(way) {
      const payment_data = { token: `tok_sandbox_${way}_${crypto.randomUUID()}`, provider: session.payment_provider.provider };
      try {
        const result = await callTool("complete_checkout", { checkout_session_id: session.id, buyer: BUYER, payment_data });
        if (result.isError) throw new Error(result.content?.[0]?.text);
        const said = result.structuredContent.messages.find(({ type, code }) => type === "error" && SHOWN_HERE.includes(code));
        if (!said) return leave(() => resolve(result.structuredContent));
        problem.textContent = said.content;
      } catch (error) {
        leave(() => reject(error));
      }
    }
  });
}
