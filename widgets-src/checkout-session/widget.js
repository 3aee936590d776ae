import { runCheckout } from "../_shared/checkout_widget.js";

runCheckout("checkout-session", (input) => input.checkout_session && [input, "checkout_session"]);
