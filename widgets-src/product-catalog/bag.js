import { announce } from "../_shared/dom.js";
import { inWords } from "../_shared/facts.js";
import { reason } from "../_shared/failure.js";
import { learnMedia } from "../_shared/media.js";
import { answerOf } from "../_shared/notice.js";

const SETTLE_MS = 350;

/**
 * Hold the cart beside the catalog: the shop's newest answer (`cart`), what was `added` and not answered yet, and the
 * quantities that are `wanted` since.
 *
 * `changed()` draws again; `keep(cart)` stores where the cart is; `tell(text, facts)` lets the model know.
 */
export function createBag(bridge, { changed, keep, tell }) {
  const bag = { cart: null, added: [], wanted: new Map(), removed: null, problem: null };
  let queue = Promise.resolve();
  let timer;

  function adopt(cart) {
    // An answer that was long on its way knows less than what is shown.
    if (cart.cart_id === bag.cart?.cart_id && cart.version < bag.cart.version) return;
    bag.cart = cart;
    keep({ cart_id: cart.cart_id, version: cart.version });
    tell(inWords(cart), { cart_id: cart.cart_id, version: cart.version, item_count: cart.item_count });
  }

  async function update(args) {
    const result = await bridge.callTool("update_cart", args);
    learnMedia(result._meta);
    adopt(answerOf(result));
  }

  // One write at a time, in the order of the presses.
  function inTurn(work) {
    const turn = queue.then(work);
    queue = turn.catch(() => {});
    return turn;
  }

  function addOnce(line) {
    const { cart_id, version } = bag.cart ?? {};
    return update({ lines: [line], mode: "add", ...(cart_id && { cart_id, expected_version: version }) });
  }

  /** Add a line: it counts at once, and no more when the shop refuses it. */
  function add(line, product_id) {
    const entry = { product_id, quantity: line.quantity };
    bag.added.push(entry);
    bag.removed = bag.problem = null;
    // What was taken out before must not take this out, too.
    flush();
    changed();
    return inTurn(() => addToNewest(line)).finally(() => {
      bag.added.splice(bag.added.indexOf(entry), 1);
      changed();
    });
  }

  // When the cart has moved on meanwhile, add to what it is now; one that is paid or gone takes nothing more.
  async function addToNewest(line) {
    try {
      await addOnce(line);
    } catch (error) {
      const gone = error.field === "cart_id" && bag.cart;
      if (!error.cart && !gone) throw error;
      if (gone) bag.cart = null;
      else adopt(error.cart);
      await addOnce(line);
    }
  }

  /** Want so many of a line; none takes it out, and can be undone. */
  function want({ variant_id, name }, quantity) {
    bag.removed = quantity ? null : { variant_id, name, quantity: quantityOf(variant_id) };
    bag.wanted.set(variant_id, quantity);
    bag.problem = null;
    clearTimeout(timer);
    timer = setTimeout(flush, SETTLE_MS);
    changed();
  }

  function quantityOf(id) {
    return bag.wanted.get(id) ?? bag.cart.items.find(({ variant_id }) => variant_id === id).quantity;
  }

  function flush() {
    return inTurn(async () => {
      const asked = [...bag.wanted];
      // The turn before has stored it already.
      if (!asked.length) return;
      const lines = asked.filter(([, quantity]) => quantity).map(([variant_id, quantity]) => ({ variant_id, quantity }));
      const remove = asked.filter(([, quantity]) => !quantity).map(([id]) => id);
      try {
        await update({ cart_id: bag.cart.cart_id, ...(lines.length && { lines }), ...(remove.length && { remove }) });
      } catch (error) {
        bag.problem = reason(error);
        bag.removed = null;
        announce(bag.problem());
        // Paid or gone meanwhile: what it is now is shown beside the reason.
        if (error.field === "cart_id") refresh(bag.cart.cart_id);
      }
      for (const [id, quantity] of asked) if (bag.wanted.get(id) === quantity) bag.wanted.delete(id);
      changed();
    });
  }

  /** Wait until everything that was asked for is stored, and tell whether it is. */
  async function settled() {
    clearTimeout(timer);
    bag.problem = null;
    flush();
    await queue;
    return !bag.problem;
  }

  /** Read the cart again; what fails here leaves what is shown. */
  function refresh(cart_id) {
    // What is added meanwhile goes into that cart. What fails loses nothing: the next write finds the cart or begins one.
    inTurn(async () => {
      const result = await bridge.callTool("show_cart", { cart_id });
      learnMedia(result._meta);
      adopt(answerOf(result));
      changed();
    }).catch(() => {});
  }

  return Object.assign(bag, { adopt, add, want, quantityOf, settled, refresh });
}
