// What is asked of the shop: one object of arguments, as `search_products` takes them.

const NOT_FILTERS = ["sort", "limit", "cursor"];

/** List the chosen filters as `[key, value]` pairs. */
export function chosen(query) {
  return Object.entries(query).filter(([key, value]) => !NOT_FILTERS.includes(key) && !(key === "in_stock" && value === false)).flatMap(([key, value]) => [value].flat().map((one) => [key, one]));
}

/** Tell whether this value of this facet is chosen. */
export function has(query, key, value) {
  return [query[key] ?? []].flat().includes(value);
}

/** Choose a value of a facet, or take it back. */
export function toggled(query, key, value) {
  const values = [query[key] ?? []].flat();
  const next = values.includes(value) ? values.filter((one) => one !== value) : [...values, value];
  return withValue(query, key, next.length ? next : undefined);
}

/** Set one argument; undefined takes it out. */
export function withValue(query, key, value) {
  const { [key]: _old, cursor: _cursor, ...rest } = query;
  return value === undefined || value === "" ? rest : { ...rest, [key]: value };
}

/** Tell in which order the shop answers. */
export function sortOf({ search, sort }) {
  return sort ?? (search ? "relevance" : "featured");
}

/** Keep the order of the list and nothing else. */
export function cleared({ sort, limit }) {
  return { ...(sort && { sort }), ...(limit && { limit }) };
}
