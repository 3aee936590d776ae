// `window.openai` may come late, in parts, or not at all: everything here asks before it uses.

const member = (name) => {
  const method = window.openai?.[name];
  return typeof method === "function" ? (...args) => method.apply(window.openai, args) : null;
};

/** Read what `window.openai` holds now, in the words of MCP Apps. */
export function openaiGlobals() {
  const api = window.openai;
  return {
    input: api.toolInput,
    result: resultOf(api.toolOutput, api.toolResponseMetadata),
    context: {
      theme: typeof api.theme === "string" ? api.theme : undefined,
      locale: api.locale,
      displayMode: api.displayMode,
      availableDisplayModes: member("requestDisplayMode") ? ["inline", "fullscreen"] : ["inline"],
      safeAreaInsets: api.safeArea?.insets,
    },
  };
}

/** Read the state that the host kept for this widget, or null. */
export function openaiState() {
  const kept = window.openai?.widgetState;
  return (kept && "privateContent" in kept ? kept.privateContent : kept) ?? null;
}

/** Hand the host the state to keep; the model sees `modelContent`. */
export async function keepOpenaiState(privateContent, modelContent) {
  return member("setWidgetState")?.({ modelContent, privateContent, imageIds: [] });
}

/** Act through `window.openai` alone; null is answered for what it does not do. */
export function openaiHost() {
  const use = async (name, ...args) => {
    const method = member(name);
    return method && ((await method(...args)) ?? {});
  };
  return {
    callTool: (name, args) => use("callTool", name, args).then(normalized),
    openLink: (href) => use("openExternal", { href }),
    sendMessage: (prompt) => use("sendFollowUpMessage", { prompt }),
    // The model reads `modelContent` of the widget state instead.
    tellModel: async () => null,
    displayMode: (mode) => use("requestDisplayMode", { mode }),
    size: (_width, height) => use("notifyIntrinsicHeight", height),
  };
}

/** Give what opens the host's own payment sheet, or null where there is none. */
export function openaiSheet() {
  return member("requestCheckout");
}

function resultOf(output, metadata) {
  // The metadata is either the `_meta` itself or an envelope around the whole result.
  const whole = metadata?.mcp_tool_result ?? metadata?.call_tool_result;
  const structuredContent = output ?? whole?.structuredContent;
  if (!structuredContent && !whole) return null;
  return { ...whole, structuredContent, _meta: whole ? (whole._meta ?? whole.meta) : (metadata?._meta ?? metadata ?? undefined) };
}

function normalized(answer) {
  if (typeof answer?.result !== "string") return answer;
  // The first version of callTool answered with the result as a string of JSON.
  const content = [{ type: "text", text: answer.result }];
  try {
    const parsed = JSON.parse(answer.result);
    return parsed.structuredContent ? parsed : { structuredContent: parsed, content };
  } catch {
    return { content };
  }
}
