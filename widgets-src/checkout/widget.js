import { runCheckout } from "../_shared/checkout_widget.js";
import { createEmbed } from "../_shared/embed.js";

runCheckout("checkout", (input) => (input.cart_id || input.items) && [input], createEmbed);
