import { announce } from "./dom.js";
import { inWords } from "./facts.js";
import { reason } from "./failure.js";
import { messagesOf } from "./line_words.js";
import { learnMedia } from "./media.js";
import { answerOf } from "./notice.js";
import { t } from "./words.js";

const SETTLE_MS = 350;

/**
 * Hold the one cart of this widget. The server's answer is the truth, the newest version of it; `pending` quantities
 * and where lines are `going` are what was asked for since.
 *
 * `changed()` draws again; `keep(cart)` stores where the cart is.
 */
export function createCart(bridge, { changed, keep }) {
  const model = { cart: null, pending: new Map(), going: new Map(), busy: false, problem: null, removed: null, moved: false };
  let queue = Promise.resolve();
  let timer;

  function adopt(cart) {
    const { cart_id, version } = model.cart ?? {};
    const same = cart_id && cart.cart_id === cart_id;
    // An answer that was long on its way knows less than what is shown.
    if (same && cart.version < version) return model.cart;
    model.cart = cart;
    if (cart.cart_id && !(same && cart.version === version)) keep(cart);
    return cart;
  }

  function moved(elsewhere) {
    model.moved = elsewhere;
    if (elsewhere) announce(t("cart.changed"));
  }

  async function update(args) {
    const result = await bridge.callTool("update_cart", args);
    const { cart_id, version } = model.cart ?? {};
    learnMedia(result?._meta);
    const cart = adopt(answerOf(result));
    // One change is one version: what is more was done somewhere else.
    moved(cart.cart_id === cart_id && cart.version > version + 1);
    bridge.tellModel(inWords(cart), { cart_id: cart.cart_id, version: cart.version, item_count: cart.item_count });
    return cart;
  }

  // One write at a time, in the order of the presses.
  function inTurn(work) {
    const turn = queue.then(work);
    queue = turn.catch(() => {});
    return turn;
  }

  function setQuantity(item, quantity) {
    model.pending.set(item.variant_id, quantity);
    Object.assign(model, { removed: null, problem: null, moved: false });
    clearTimeout(timer);
    timer = setTimeout(flush, SETTLE_MS);
    changed();
  }

  function flush() {
    const wanted = new Map(model.pending);
    // What went wrong before is still said: nothing was pressed since.
    return write(() => ({ lines: linesWith(wanted) }), () => settle(wanted), [...wanted.keys()], model.problem);
  }

  function settle(wanted) {
    for (const [id, quantity] of wanted) if (model.pending.get(id) === quantity) model.pending.delete(id);
  }

  // A preview is stored whole with its first change; a stored cart is told only what changed.
  function linesWith(wanted) {
    if (model.cart.cart_id) return [...wanted].map(([variant_id, quantity]) => ({ variant_id, quantity }));
    return model.cart.items.map(({ variant_id, quantity }) => ({ variant_id, quantity: wanted.get(variant_id) ?? quantity }));
  }

  /** Move a line at once, and store that. What was pressed since its last answer is stored with it. */
  function move(item, place, describe) {
    const { variant_id } = item;
    const quantity = model.pending.get(variant_id) ?? item.quantity;
    const saved = !model.cart.items.some((line) => line.variant_id === variant_id);
    const leaves = place === "gone";
    if (leaves) model.pending.delete(variant_id);
    const wanted = new Map(model.pending);
    clearTimeout(timer);
    model.going.set(variant_id, place);
    model.removed = leaves ? { ...item, quantity, saved } : null;
    const change = () => {
      const own = describe(variant_id);
      return own && { ...(wanted.size && { lines: linesWith(wanted) }), ...own };
    };
    return write(change, () => {
      settle(wanted);
      model.going.delete(variant_id);
    }, [variant_id]);
  }

  const remove = (item) => move(item, "gone", (id) => removal(id));
  const save = (item) => move(item, "saved", (id) => ({ ...(!model.cart.cart_id && { lines: linesWith(model.pending) }), save_for_later: [id] }));
  const unsave = (item) => move(item, "items", (id) => ({ move_to_cart: [id] }));

  function removal(variantId) {
    if (model.cart.cart_id) return { remove: [variantId] };
    const lines = linesWith(model.pending).filter((line) => line.variant_id !== variantId);
    return lines.length ? { lines } : null;
  }

  function undo() {
    const { variant_id, quantity, saved } = model.removed;
    const back = { lines: [{ variant_id, quantity }], ...(saved && { save_for_later: [variant_id] }) };
    return write(() => back, () => (model.removed = null), []);
  }

  function setCodes(discount_codes) {
    return write(() => ({ ...(!model.cart.cart_id && { lines: linesWith(model.pending) }), discount_codes }), () => {}, ["code"]);
  }

  /** Store one change, and go on with `then` whether it was stored or not; `about` are the lines that it is about. */
  function write(describe, then, about, problem = null) {
    Object.assign(model, { busy: true, problem, moved: false });
    changed();
    return inTurn(async () => {
      model.busy = true;
      try {
        const change = describe();
        if (change) await update(model.cart.cart_id ? { cart_id: model.cart.cart_id, ...change } : change);
        else adopt({ ...model.cart, items: [], item_count: 0, totals: [], messages: [] });
      } catch (error) {
        fail(error, { at: about.length === 1 ? about[0] : null, again: () => write(describe, then, about) });
      }
      // What was pressed meanwhile is still wanted.
      then();
      model.busy = false;
      changed();
    });
  }

  function fail(error, { at, again }) {
    if (error.cart) adopt(error.cart);
    moved(Boolean(error.cart));
    model.removed = null;
    // What the shop refused it refuses again; what got lost may be sent again.
    model.problem = { say: reason(error), at, again: error.code ? null : again };
    announce(model.problem.say());
    // Paid or gone meanwhile: what it is now is shown beside the reason.
    if (error.field === "cart_id" && model.cart.cart_id) refresh(model.cart.cart_id);
  }

  /** Wait until everything that was asked for is stored, and tell whether it is. */
  async function settled() {
    clearTimeout(timer);
    model.problem = null;
    if (model.pending.size) flush();
    await queue;
    return !model.problem;
  }

  /** Read the cart again; what fails here leaves what is shown. */
  function refresh(cartId) {
    return inTurn(async () => {
      const { version } = model.cart ?? {};
      const result = await bridge.callTool("show_cart", { cart_id: cartId });
      learnMedia(result?._meta);
      adopt(answerOf(result));
      moved(model.cart.version > version);
      changed();
    }).catch(() => {});
  }

  return { model, adopt, setQuantity, remove, undo, save, unsave, setCodes, refresh, settled, draw: changed };
}

/** List what is in the cart and what is saved, as it will be when everything asked for is stored. */
export function linesNow({ cart, pending, going }) {
  const of = (list) => (cart[list] ?? []).map((item, index) => ({ ...item, now: pending.get(item.variant_id) ?? item.quantity, messages: messagesOf(cart, list, index) }));
  const items = of("items");
  const saved = of("saved_for_later");
  const goes = (place) => ({ variant_id }) => going.get(variant_id) === place;
  const stays = ({ variant_id }) => !going.has(variant_id);
  return {
    items: [...items.filter(stays), ...saved.filter(goes("items"))],
    saved: [...saved.filter(stays), ...items.filter(goes("saved"))],
  };
}
