import { announce, el, fill } from "../_shared/dom.js";
import { icon } from "../_shared/icons.js";
import { learnMedia, picture } from "../_shared/media.js";
import { titled } from "../_shared/mount.js";
import { money } from "../_shared/money.js";
import { answerOf, button, notice, reason } from "../_shared/notice.js";
import { badge } from "./card.js";

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
      variant = product.variants.find((one) => one.default) ?? product.variants[0];
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
      left > 0 && el("span", { class: "soft hint" }, `${left} left`));
  }

  function variants() {
    if (!(product.variants?.length > 1)) return null;
    return el("fieldset", { class: "facet" }, el("legend", null, product.option ?? "Choose"), el("div", { class: "chips" }, product.variants.map(choice)));
  }

  function choice(one) {
    const radio = el("input", { type: "radio", name: "variant", "data-key": one.variant_id, change: () => choose(one) });
    radio.checked = one === variant;
    const out = one.availability === "out_of_stock";
    return el("label", { class: `chip${out ? " is-out" : ""}` }, radio, el("span", null, one.name, out && el("span", { class: "sr-only" }, " (sold out)")));
  }

  function choose(one) {
    variant = one;
    set({});
    announce(money(one.price_minor, product.currency));
  }

  function buy() {
    if (state.problem) return notice("error", state.problem, state.again && button("quiet", "Try again", state.again, { "data-key": "again" }));
    const out = variant?.availability === "out_of_stock";
    const label = out ? "Sold out" : state.added ? [icon("check"), "Added"] : "Add to cart";
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
    const rows = facets.filter((key) => Array.isArray(product[key]) && product[key].length);
    return rows.length > 0 && el("dl", { class: "facts" }, rows.map((key) => el("div", null, el("dt", null, act.label(key)), el("dd", null, product[key].join(", ")))));
  }

  load();
  return { node, id: known.id };
}
