import { runCheckout } from "../_shared/checkout_widget.js";
import { createEmbed } from "../_shared/embed.js";

// An assistant's own product listings open it too, with a session that they describe.
function startCall(input) {
  if (input.checkout_session) return [input, "checkout_session"];
  return (input.cart_id || input.items) && [input];
}

runCheckout("checkout", startCall, createEmbed);
