// A stateless client of the initialize era: one POST a call, no session.

const HEADERS = {
  "Content-Type": "application/json",
  Accept: "application/json, text/event-stream",
  "MCP-Protocol-Version": "2025-11-25",
};
// One page load is one conversation.
const HINT = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
let lastId = 0;

/** List every tool. */
export async function listTools() {
  const tools = [];
  let cursor;
  do {
    const page = await request("tools/list", cursor ? { cursor } : {});
    tools.push(...page.tools);
    cursor = page.nextCursor;
  } while (cursor);
  return tools;
}

/** Call a tool as part of this page's conversation. */
export function callTool(name, args, locale = navigator.language, signal = undefined) {
  return request("tools/call", { name, arguments: args, _meta: { "openai/session": HINT, "openai/locale": locale } }, signal);
}

/** Read a resource. */
export async function readResource(uri) {
  const { contents } = await request("resources/read", { uri });
  return contents[0];
}

async function request(method, params, signal) {
  const body = JSON.stringify({ jsonrpc: "2.0", id: ++lastId, method, params });
  const response = await fetch("/mcp", { method: "POST", headers: HEADERS, body, signal });
  const message = await parsed(response);
  if (message.error) throw new Error(message.error.message);
  if (!message.result) throw new Error(`The server answered ${response.status} without a result.`);
  return message.result;
}

async function parsed(response) {
  const text = await response.text();
  const isStream = response.headers.get("Content-Type")?.startsWith("text/event-stream");
  const json = isStream ? text.split("\n").filter((line) => line.startsWith("data:")).at(-1)?.slice(5) : text;
  try {
    return JSON.parse(json);
  } catch {
    throw new Error(`The server answered ${response.status} and no JSON.`);
  }
}
