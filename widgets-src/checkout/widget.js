import { runCheckout } from "../_shared/checkout_widget.js";

runCheckout("checkout", (input) => (input.cart_id || input.items) && [input]);
