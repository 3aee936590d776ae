import { announce, el, fill } from "../_shared/dom.js";
import { failure, reason } from "../_shared/failure.js";
import { icon } from "../_shared/icons.js";
import { learnMedia } from "../_shared/media.js";
import { titled } from "../_shared/mount.js";
import { countryName, day, money } from "../_shared/money.js";
import { answerOf, button, notice, tryAgain } from "../_shared/notice.js";
import { number, t, tOne } from "../_shared/words.js";
import { badge, price } from "./card.js";
import { label } from "./filters.js";
import { createGallery } from "./gallery.js";
import { choices, isChosenByOptions } from "./options.js";
import { stepper } from "./stepper.js";

const MOST = 99;
const THANKS_MS = 2000;

/** Draw one product: at once with what the list knew, then with everything the shop says. */
export function createProduct({ product: known, shop, act }) {
  const gallery = createGallery();
  const head = el("div");
  const text = el("div", { class: "product-text" });
  const node = el("section", { class: "product" }, head, el("div", { class: "product-parts" }, gallery.node, text));
  let product = known;
  let variant = null;
  let quantity = 1;
  let state = {};

  async function load() {
    set({ loading: true });
    try {
      const result = await act.call("get_product", { product_id: known.id });
      learnMedia(result._meta);
      const [full] = answerOf(result).products;
      if (!full) throw failure(() => t("common.error.not_found"));
      product = full;
      const asked = product.asked_for?.[0];
      variant = product.variants.find((one) => (asked ? one.variant_id === asked : one.default)) ?? product.variants[0];
      set({});
    } catch (error) {
      set({ problem: reason(error), again: load });
    }
  }

  function set(next) {
    state = next;
    draw();
  }

  function draw() {
    const name = product.name ?? t("common.loading");
    const back = button("icon back", icon("back"), act.back, { "aria-label": t("catalog.back_to_list"), "data-key": "back" });
    fill(head, titled(el("bdi", null, name), back));
    gallery.show({ ...product, name });
    fill(text, offer(), state.loading ? skeleton() : [options(), buy(), texts()]);
  }

  function offer() {
    const of = variant ?? product;
    const currency = product.currency ?? shop.currency;
    const left = of.available_quantity;
    const before = of.compare_at_minor > of.price_minor && money(of.compare_at_minor, currency);
    return el("div", { class: "offer" },
      el("p", { class: "price" }, price(of, currency), before && el("s", null, el("span", { class: "sr-only" }, t("catalog.before"), " "), before)),
      badge(of.availability),
      left > 0 && el("span", { class: "soft hint" }, t("message.low_stock", { count: left })),
      of.available_at && el("span", { class: "soft hint" }, t("cart.expected", { day: day(of.available_at, "numeric") })));
  }

  function options() {
    if (!(product.variants?.length > 1)) return null;
    if (!isChosenByOptions(product)) {
      const all = product.variants.map((one) => choice({ group: "variant", text: one.name, on: one === variant, variant: one, out: isOut(one), key: one.variant_id }));
      return group(product.options?.[0] ?? t("catalog.options"), all);
    }
    return choices(product, variant).map(({ name, values }, at) => group(name,
      values.map(({ value, ...rest }) => choice({ group: `option${at}`, text: value, key: `${at}=${value}`, ...rest }))));
  }

  function group(name, chips) {
    return el("fieldset", { class: "facet" }, el("legend", null, name), el("div", { class: "chips" }, chips));
  }

  function choice({ group: name, text: value, key, on, out, variant: one }) {
    const radio = el("input", { type: "radio", name, "data-key": key, disabled: !one, change: () => choose(one) });
    radio.checked = on;
    const why = one ? tOne("common.availability.", "out_of_stock").toLocaleLowerCase() : t("catalog.not_made");
    return el("label", { class: `chip${out ? " is-out" : ""}` }, radio, el("span", null, el("bdi", null, value), out && el("span", { class: "sr-only" }, ` (${why})`)));
  }

  function choose(one) {
    variant = one;
    set({});
    announce(money(one.price_minor, product.currency));
  }

  function buy() {
    const failed = state.problem && notice("error", state.problem(), state.again && tryAgain(state.again));
    if (!variant) return failed;
    const out = isOut(variant);
    const label_ = out ? tOne("common.availability.", "out_of_stock") : state.added ? [icon("check"), t("catalog.added")] : variant.availability === "preorder" ? tOne("common.availability.", "preorder") : t("catalog.add_to_cart");
    const press = button("primary wide", label_, add, { "data-key": "add" });
    if (out) press.setAttribute("aria-disabled", "true");
    return el("div", { class: "buy" }, !out && amount(), press, failed, act.bar("secondary wide"));
  }

  function amount() {
    const most = variant.available_quantity || MOST;
    quantity = Math.min(quantity, most);
    return stepper({ name: product.name, quantity, key: "", most, change: (wanted) => {
      quantity = wanted;
      draw();
    } });
  }

  async function add() {
    // While it says thanks it takes no second press: the shop has not answered, or has only just.
    if (state.added) return;
    const thanks = { added: true };
    set(thanks);
    const seen = new Promise((done) => setTimeout(done, THANKS_MS));
    try {
      await act.addLine({ variant_id: variant.variant_id, quantity }, product);
      seen.then(() => state === thanks && set({}));
    } catch (error) {
      set({ problem: reason(error), again: error.code ? null : add });
      // Whoever has gone on is told where they are now.
      if (node.isConnected) announce(state.problem());
      else act.fail(error);
    }
  }

  function texts() {
    return [
      product.description && el("p", { dir: "auto" }, product.description),
      details(),
      product.care && el("div", { class: "care" }, el("h2", null, t("catalog.care")), el("p", { dir: "auto" }, product.care)),
    ];
  }

  function details() {
    const facets = { ...Object.fromEntries(Object.keys(shop.filters).filter((key) => key !== "category").map((key) => [key, {}])), ...shop.facets };
    const rows = Object.entries(facets).map(([key, { unit }]) => [label(shop, key), words(product[key], unit)]);
    rows.push([t("catalog.not_sent_to"), product.not_sent_to?.map(countryName).join(", ")]);
    const told = rows.filter(([, value]) => value);
    return told.length > 0 && el("dl", { class: "facts" }, told.map(([name, value]) => el("div", null, el("dt", null, name), el("dd", null, el("bdi", null, value)))));
  }

  // What was given up has come after all: to do it again would do it twice.
  const late = () => state.again === add && set({});

  load();
  return { node, id: known.id, draw, late };
}

function isOut({ availability }) {
  return availability === "out_of_stock";
}

function skeleton() {
  return el("div", { class: "skeleton", "aria-hidden": "true" }, el("i", { class: "short" }), el("i", { class: "pill" }), el("i", { class: "pill" }), el("i"), el("i"), el("i", { class: "short" }));
}

function words(value, unit) {
  if (typeof value === "boolean") return value ? t("common.yes") : t("common.no");
  const text = [value ?? []].flat().map((one) => (typeof one === "number" ? number(one) : one)).join(", ");
  return text && unit ? `${text} ${unit}` : text;
}
