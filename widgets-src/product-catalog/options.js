// Which variant the chosen options mean. Values are told apart by their place, as the merchant ordered them.

/** List for each option its values: which variant each means, if any goes with what is chosen before it. */
export function choices({ options, variants }, chosen) {
  return options.map((name, at) => ({
    name,
    values: [...new Set(variants.map((one) => one.options[at]))].map((value) => {
      const fits = fitting(variants, chosen, at, value);
      return { value, on: chosen.options[at] === value, variant: nearest(fits, chosen, at), out: fits.every((one) => one.availability === "out_of_stock") };
    }),
  }));
}

/** Tell whether the variants can be chosen option by option. */
export function isChosenByOptions({ options, variants }) {
  return options?.length > 1 && variants?.length > 1 && variants.every((one) => one.options?.length === options.length);
}

// What is chosen before stays; what is chosen after stays if it can.
function fitting(variants, chosen, at, value) {
  return variants.filter((one) => one.options[at] === value && one.options.every((other, i) => i >= at || other === chosen.options[i]));
}

function nearest(fits, chosen, at) {
  const kept = (one) => one.options.filter((other, i) => i > at && other === chosen.options[i]).length;
  return [...fits].sort((a, b) => kept(b) - kept(a))[0];
}
