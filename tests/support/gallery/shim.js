// Stands in the frame before the widget: the `window.openai` of a host whose script came in the frame's name.
(() => {
  const script = JSON.parse(window.name);
  const waiting = new Map();
  let lastId = 0;

  const call = (name) => (...args) => new Promise((resolve, reject) => {
    waiting.set(++lastId, { resolve, reject });
    window.parent.postMessage({ gallery: { id: lastId, name, args } }, "*");
  });

  function set(globals) {
    Object.assign(window.openai, globals);
    window.dispatchEvent(new CustomEvent("openai:set_globals", { detail: { globals } }));
  }

  const { structuredContent = null, _meta = null } = script.result ?? {};
  const output = script.result?.isError ? { toolOutput: null, toolResponseMetadata: { status: "complete", mcp_tool_result: script.result } } : { toolOutput: structuredContent, toolResponseMetadata: _meta };
  window.openai = { ...script.context, toolInput: script.input ?? null, ...output, widgetState: null, setWidgetState: async (widgetState) => set({ widgetState }) };
  for (const name of ["callTool", "openExternal", "sendFollowUpMessage", "requestDisplayMode", "notifyIntrinsicHeight"]) window.openai[name] = call(name);

  window.addEventListener("message", ({ data, source }) => {
    if (source !== window.parent || !data?.gallery) return;
    const { id, result, error, globals } = data.gallery;
    if (globals) return set(globals);
    const asked = waiting.get(id);
    waiting.delete(id);
    if (error) asked?.reject(new Error(error));
    else asked?.resolve(result);
  });
  document.addEventListener("DOMContentLoaded", () => setTimeout(() => set({})));
})();
