import { plural } from "./dom.js";
import { learnMedia } from "./media.js";
import { money } from "./money.js";
import { answerOf, reason } from "./notice.js";

const SETTLE_MS = 350;

/**
 * Hold the one cart of this widget. The server's answer is the truth; `pending` is what was asked for since.
 *
 * `changed()` draws again; `keep(cart)` stores where the cart is.
 */
export function createCart(bridge, { changed, keep }) {
  const model = { cart: null, pending: new Map(), busy: false, problem: null, removed: null };
  let queue = Promise.resolve();
  let timer;

  function adopt(cart) {
    const news = cart.cart_id !== model.cart?.cart_id || cart.version !== model.cart?.version;
    model.cart = cart;
    if (cart.cart_id && news) {
      bridge.tellModel(inWords(cart), { cart_id: cart.cart_id, version: cart.version, item_count: cart.item_count });
      keep(cart);
    }
    return cart;
  }

  async function update(args) {
    const result = await bridge.callTool("update_cart", args);
    learnMedia(result?._meta);
    return adopt(answerOf(result));
  }

  // One write at a time, in the order of the presses.
  function inTurn(work) {
    const turn = queue.then(work);
    queue = turn.catch(() => {});
    return turn;
  }

  async function addOnce(lines) {
    const handle = model.cart?.cart_id ? { cart_id: model.cart.cart_id, expected_version: model.cart.version } : {};
    return update({ lines, mode: "add", ...handle });
  }

  /** Add lines; when the cart has moved on meanwhile, add to what it is now. */
  function add(lines) {
    return inTurn(async () => {
      try {
        await addOnce(lines);
      } catch (error) {
        // A cart that is paid or gone takes nothing more: then begin a new one.
        const gone = error.field === "cart_id" && model.cart;
        if (!error.cart && !gone) throw error;
        if (gone) model.cart = null;
        else adopt(error.cart);
        await addOnce(lines);
      }
      model.removed = null;
      changed();
    });
  }

  function setQuantity(item, quantity) {
    model.pending.set(item.variant_id, quantity);
    model.removed = null;
    model.problem = null;
    clearTimeout(timer);
    timer = setTimeout(flush, SETTLE_MS);
    changed();
  }

  function flush() {
    const wanted = new Map(model.pending);
    return write(() => ({ lines: linesWith(wanted) }), () => {
      for (const [id, quantity] of wanted) if (model.pending.get(id) === quantity) model.pending.delete(id);
    });
  }

  // A preview is stored whole with its first change; a stored cart is told only what changed.
  function linesWith(wanted) {
    if (model.cart.cart_id) return [...wanted].map(([variant_id, quantity]) => ({ variant_id, quantity }));
    return model.cart.items.map((item) => ({ variant_id: item.variant_id, quantity: wanted.get(item.variant_id) ?? item.quantity }));
  }

  function remove(item) {
    const quantity = model.pending.get(item.variant_id) ?? item.quantity;
    model.pending.delete(item.variant_id);
    return write(() => removal(item.variant_id), () => (model.removed = { ...item, quantity }));
  }

  function removal(variantId) {
    if (model.cart.cart_id) return { remove: [variantId] };
    const items = model.cart.items.filter((item) => item.variant_id !== variantId);
    if (items.length) return { lines: items.map((item) => ({ variant_id: item.variant_id, quantity: item.quantity })) };
    adopt({ ...model.cart, items: [], item_count: 0, totals: [], messages: [] });
    return null;
  }

  function undo() {
    const { variant_id, quantity, saved } = model.removed;
    const back = { lines: [{ variant_id, quantity }], ...(saved && { save_for_later: [variant_id] }) };
    return write(() => back, () => (model.removed = null));
  }

  /** Put a line aside. What was pressed since its last answer is stored with it. */
  function save({ variant_id }) {
    const wanted = new Map(model.pending);
    clearTimeout(timer);
    return write(() => ({ ...((wanted.size || !model.cart.cart_id) && { lines: linesWith(wanted) }), save_for_later: [variant_id] }), () => {
      for (const id of wanted.keys()) model.pending.delete(id);
      model.removed = null;
    });
  }

  function unsave({ variant_id }) {
    return write(() => ({ move_to_cart: [variant_id] }), () => (model.removed = null));
  }

  function removeSaved(item) {
    return write(() => ({ remove: [item.variant_id] }), () => (model.removed = { ...item, saved: true }));
  }

  function write(describe, then) {
    return inTurn(async () => {
      model.busy = true;
      model.problem = null;
      changed();
      try {
        const change = describe();
        if (change) await update(model.cart.cart_id ? { cart_id: model.cart.cart_id, ...change } : change);
        then();
      } catch (error) {
        if (error.cart) adopt(error.cart);
        model.pending.clear();
        // What the shop refused it refuses again; what got lost may be sent again.
        model.problem = { text: reason(error), again: error.code ? null : () => write(describe, then) };
      }
      model.busy = false;
      changed();
    });
  }

  /** Wait until everything that was asked for is stored. */
  async function settled() {
    clearTimeout(timer);
    if (model.pending.size) flush();
    await queue;
  }

  /** Read the cart again; what fails here leaves what is shown. */
  function refresh(cartId) {
    return inTurn(async () => {
      const result = await bridge.callTool("show_cart", { cart_id: cartId });
      learnMedia(result?._meta);
      adopt(answerOf(result));
      changed();
    }).catch(() => {});
  }

  return { model, adopt, add, setQuantity, remove, undo, save, unsave, removeSaved, refresh, settled, draw: changed };
}

/** Tell whether this cart has been paid and takes no more changes. */
export function isClosed(cart) {
  return Boolean(cart?.messages?.some(({ code }) => code === "cart_completed"));
}

/** Find the amount of one entry of the totals. */
export function amountOf(totals, type) {
  return totals?.find((entry) => entry.type === type)?.amount_minor;
}

function inWords(cart) {
  const lines = cart.items.map(({ quantity, name, variant }) => [quantity, "x", name, variant && `(${variant})`].filter(Boolean).join(" "));
  const total = money(amountOf(cart.totals, "total"), cart.currency);
  const what = lines.length ? `: ${lines.join(", ")}. Total ${total}` : "";
  return `The shopper's cart ${cart.cart_id} now holds ${plural(cart.item_count ?? lines.length, "item")}${what}.`;
}
