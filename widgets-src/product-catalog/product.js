import { announce, el, fill } from "../_shared/dom.js";
import { icon } from "../_shared/icons.js";
import { learnMedia, picture } from "../_shared/media.js";
import { titled } from "../_shared/mount.js";
import { money } from "../_shared/money.js";
import { answerOf, button, notice, reason } from "../_shared/notice.js";
import { badge } from "./card.js";
import { choices, isChosenByOptions } from "./options.js";

/** Draw one product: at once with what the list knew, then with everything the shop says. */
export function createProduct({ product: known, currency, facets, act }) {
  const node = el("section", { class: "product" });
  let product = known;
  let variant = null;
  let state = { loading: true };

  async function load() {
    set({ loading: true });
    try {
      const result = await act.call("get_product", { product_id: known.id });
      product = answerOf(result).products[0];
      learnMedia(result._meta);
      if (!product) throw new Error("This product is no longer here.");
      const asked = product.asked_for?.[0];
      variant = product.variants.find((one) => (asked ? one.variant_id === asked : one.default)) ?? product.variants[0];
      set({});
    } catch (error) {
      set({ problem: reason(error), again: load });
    }
  }

  function set(next) {
    state = next;
    const back = button("icon back", icon("back"), act.back, { "aria-label": "Back to the list", "data-key": "back" });
    fill(node, titled(product.name, back), el("div", { class: "product-parts" },
      picture("detail", product.id, product.media?.[0]),
      el("div", { class: "product-text" }, offer(), variants(), buy(), texts())));
  }

  function offer() {
    const of = variant ?? product;
    const price = money(of.price_minor, product.currency ?? currency);
    const left = of.available_quantity;
    return el("div", { class: "offer" },
      el("p", { class: "price" }, !variant && product.price_from ? `from ${price}` : price,
        of.compare_at_minor > of.price_minor && el("s", { class: "soft" }, el("span", { class: "sr-only" }, "Before: "), money(of.compare_at_minor, product.currency ?? currency))),
      badge(of.availability),
      left > 0 && el("span", { class: "soft hint" }, `${left} left`),
      of.available_at && el("span", { class: "soft hint" }, `expected ${day(of.available_at)}`));
  }

  function variants() {
    if (!(product.variants?.length > 1)) return null;
    if (!isChosenByOptions(product)) {
      const all = product.variants.map((one) => choice({ group: "variant", text: one.name, on: one === variant, variant: one, out: one.availability === "out_of_stock", key: one.variant_id }));
      return group(product.options?.[0] ?? "Choose", all);
    }
    return choices(product, variant).map(({ name, values }, at) => group(name,
      values.map(({ value, ...rest }) => choice({ group: `option${at}`, text: value, key: `${at}=${value}`, ...rest }))));
  }

  function group(name, chips) {
    return el("fieldset", { class: "facet" }, el("legend", null, name), el("div", { class: "chips" }, chips));
  }

  function choice({ group: name, text, key, on, out, variant: one }) {
    const radio = el("input", { type: "radio", name, "data-key": key, disabled: !one, change: () => choose(one) });
    radio.checked = on;
    const why = one ? " (sold out)" : " (not made)";
    return el("label", { class: `chip${out ? " is-out" : ""}` }, radio, el("span", null, text, out && el("span", { class: "sr-only" }, why)));
  }

  function choose(one) {
    variant = one;
    set({});
    announce(money(one.price_minor, product.currency));
  }

  function buy() {
    if (state.problem) return notice("error", state.problem, state.again && button("quiet", "Try again", state.again, { "data-key": "again" }));
    const out = variant?.availability === "out_of_stock";
    const label = out ? "Sold out" : state.added ? [icon("check"), "Added"] : variant?.availability === "preorder" ? "Preorder" : "Add to cart";
    const node = button("primary wide", label, add, { "data-key": "add" });
    if (out || !variant) node.setAttribute("aria-disabled", "true");
    return node;
  }

  async function add() {
    try {
      await act.addVariant(variant.variant_id);
      announce(`${product.name} was added to the cart.`);
      set({ added: true });
      setTimeout(() => state.added && set({}), 2000);
    } catch (error) {
      set({ problem: reason(error), again: error.code ? null : add });
    }
  }

  function texts() {
    return [
      product.description && el("p", null, product.description),
      state.loading && el("div", { class: "skeleton", "aria-hidden": "true" }, el("i"), el("i", { class: "short" })),
      details(),
      product.care && el("div", { class: "care" }, el("h2", null, "Care"), el("p", null, product.care)),
    ];
  }

  function details() {
    const rows = Object.entries(facets).map(([key, { unit }]) => [act.label(key), words(product[key], unit)]);
    rows.push(["Not sent to", product.not_sent_to?.map(country).join(", ")]);
    const known = rows.filter(([, text]) => text);
    return known.length > 0 && el("dl", { class: "facts" }, known.map(([name, text]) => el("div", null, el("dt", null, name), el("dd", null, text))));
  }

  load();
  return { node, id: known.id };
}

function words(value, unit) {
  if (typeof value === "boolean") return value ? "Yes" : "No";
  const text = [value ?? []].flat().join(", ");
  return text && unit ? `${text} ${unit}` : text;
}

function country(code) {
  try {
    return new Intl.DisplayNames("en", { type: "region" }).of(code);
  } catch {
    return code;
  }
}

function day(date) {
  const at = new Date(`${date}T12:00:00`);
  return Number.isNaN(at.getTime()) ? date : at.toLocaleDateString("en", { day: "numeric", month: "long", year: "numeric" });
}
