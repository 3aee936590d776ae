// Ready arguments for each tool, filled with what this shop really has and what was seen on this page.

const seen = { products: [] };

/** Learn ids from a result, so that the next example works as it stands. */
export function learn(result) {
  const data = result?.structuredContent ?? {};
  if (data.products?.length) seen.products = data.products;
  for (const key of ["cart_id", "checkout_session_id", "order_number"]) if (data[key]) seen[key] = data[key];
  if (data.order?.order_number) seen.order_number = data.order.order_number;
}

/** Name the examples of a tool: `[title, arguments]` pairs. */
export function examplesOf(tool) {
  const [first, second] = seen.products.map((product) => product.id);
  const cart = seen.cart_id ? { cart_id: seen.cart_id } : {};
  const items = [first, second].filter(Boolean).map((product_id, index) => ({ product_id, quantity: index + 1 }));
  const known = {
    list_products: browsing(tool),
    search_products: browsing(tool),
    get_product: [["One product", { product_id: first ?? "" }], ["Two products", { product_ids: items.map((item) => item.product_id) }]],
    update_cart: [["Fill a cart", { lines: items }], ["Change the cart", { ...cart, lines: items.slice(0, 1).map((item) => ({ ...item, quantity: 3 })) }]],
    show_cart: [["The cart", cart], ["A preview", { items }]],
    start_checkout: [["The cart", cart], ["Items", { items }]],
    get_checkout: [["The last checkout", { checkout_session_id: seen.checkout_session_id ?? "" }]],
    get_order_status: [["The last order", { order_number: seen.order_number ?? "" }], ["By checkout", { checkout_session_id: seen.checkout_session_id ?? "" }]],
    search: [["Search", { query: seen.products[0]?.name ?? "" }]],
    fetch: [["Fetch", { id: first ?? "" }]],
  };
  return known[tool.name] ?? [["No arguments", {}]];
}

function browsing(tool) {
  const filtered = Object.entries(tool.inputSchema?.properties ?? {}).flatMap(([key, schema]) => {
    const value = firstValue(schema);
    return value ? [[`${schema.title ?? key}: ${value}`, { [key]: [value] }]] : [];
  });
  return [["Everything", {}], ...filtered.filter(([, args]) => !("sort" in args) && !("category" in args)), ["In stock, by price", { in_stock: true, sort: "price_asc" }], ["Words", { search: seen.products[0]?.name ?? "" }]];
}

function firstValue(schema) {
  const options = [schema, ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
  return options.map((option) => (option.items ?? option).enum?.[0]).find(Boolean);
}
