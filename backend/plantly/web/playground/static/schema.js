// As much of JSON Schema as tools use: enough to say in a sentence what does not fit.

const KINDS = {
  object: (value) => typeof value === "object" && value !== null && !Array.isArray(value),
  array: Array.isArray,
  string: (value) => typeof value === "string",
  boolean: (value) => typeof value === "boolean",
  null: (value) => value === null,
  number: (value) => typeof value === "number" && Number.isFinite(value),
  integer: Number.isInteger,
};

/** List what is wrong with a value: `{path, problem}`, the path as in `lines[0].quantity`. */
export function problemsOf(schema, value, root = schema, path = "") {
  if (schema === true || schema === undefined) return [];
  if (schema === false) return [{ path, problem: "is not expected" }];
  const whole = resolved(schema, root);
  const say = (problem) => [{ path, problem }];
  if ("const" in whole && !same(value, whole.const)) return say(`is not ${JSON.stringify(whole.const)}`);
  if (whole.enum && !whole.enum.some((one) => same(one, value))) return say(`is none of ${whole.enum.map((one) => JSON.stringify(one)).join(", ")}`);
  const kinds = [whole.type ?? []].flat();
  if (kinds.length && !kinds.some((kind) => KINDS[kind]?.(value))) return say(`is not ${kinds.map(article).join(" or ")}`);
  return [...choices(whole, value, root, path), ...limits(whole, value).flatMap(say), ...inside(whole, value, root, path)];
}

/** Follow a reference into the definitions of its schema. */
export function resolved(schema, root) {
  if (!schema.$ref) return schema;
  const target = schema.$ref.split("/").slice(1).reduce((node, key) => node?.[key.replaceAll("~1", "/").replaceAll("~0", "~")], root);
  const { $ref: _, ...beside } = schema;
  return { ...(target ?? {}), ...beside };
}

function choices(schema, value, root, path) {
  const fits = (one) => problemsOf(one, value, root, path).length === 0;
  const all = (schema.allOf ?? []).flatMap((one) => problemsOf(one, value, root, path));
  const some = schema.anyOf ?? schema.oneOf;
  if (!some || some.some(fits)) return all;
  // The choice that comes closest says best what is meant.
  const near = some.map((one) => problemsOf(one, value, root, path)).sort((a, b) => depth(b) - depth(a));
  return [...all, ...near[0]];
}

function limits(schema, value) {
  const found = [];
  const check = (isWrong, problem) => isWrong && found.push(problem);
  if (typeof value === "number") {
    check(value < schema.minimum, `is less than ${schema.minimum}`);
    check(value > schema.maximum, `is more than ${schema.maximum}`);
    check(value <= schema.exclusiveMinimum, `is not more than ${schema.exclusiveMinimum}`);
  }
  if (typeof value === "string") {
    check(value.length < schema.minLength, `is shorter than ${schema.minLength} characters`);
    check(value.length > schema.maxLength, `is longer than ${schema.maxLength} characters`);
    check(schema.pattern && !new RegExp(schema.pattern, "u").test(value), `does not look like ${schema.pattern}`);
  }
  if (Array.isArray(value)) {
    check(value.length < schema.minItems, `has fewer than ${schema.minItems} entries`);
    check(value.length > schema.maxItems, `has more than ${schema.maxItems} entries`);
    check(schema.uniqueItems && new Set(value.map((one) => JSON.stringify(one))).size < value.length, "says something twice");
  }
  return found;
}

function inside(schema, value, root, path) {
  if (Array.isArray(value)) return schema.items ? value.flatMap((one, index) => problemsOf(schema.items, one, root, `${path}[${index}]`)) : [];
  if (!KINDS.object(value)) return [];
  const known = schema.properties ?? {};
  const at = (key) => (path ? `${path}.${key}` : key);
  const missing = (schema.required ?? []).filter((key) => !(key in value)).map((key) => ({ path: at(key), problem: "is missing" }));
  const wrong = Object.entries(value).flatMap(([key, one]) => problemsOf(key in known ? known[key] : (schema.additionalProperties ?? true), one, root, at(key)));
  return [...missing, ...wrong];
}

const depth = (problems) => Math.max(0, ...problems.map(({ path }) => path.length));
const article = (kind) => (/^[aio]/.test(kind) ? `an ${kind}` : kind === "null" ? "null" : `a ${kind}`);
const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);
