// Runs inside the frame, before the widget: tells the page what only the frame can see.
(() => {
  const post = (what, details) => window.parent.postMessage({ plantlyProbe: 1, what, ...details }, "*");
  let shift = 0;
  let heardAt = 0;
  let drawn = false;

  document.addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI, sourceFile, lineNumber }) => {
    post("violation", { directive: effectiveDirective, blocked: blockedURI, from: sourceFile ? `${sourceFile}:${lineNumber}` : "" });
  });
  window.addEventListener("error", ({ message }) => post("crash", { message }));
  window.addEventListener("unhandledrejection", ({ reason }) => post("crash", { message: String(reason?.message ?? reason) }));

  window.addEventListener("message", ({ data, source }) => {
    const isResult = data?.method === "ui/notifications/tool-result" || data?.globals?.toolOutput;
    if (source === window.parent && isResult && !heardAt) heardAt = performance.now();
  });
  new MutationObserver((_, observer) => {
    if (!heardAt) return;
    observer.disconnect();
    // The frame after the next one is the first that shows the change.
    requestAnimationFrame(() => requestAnimationFrame(() => {
      drawn = true;
      post("drawn", { milliseconds: performance.now() - heardAt });
    }));
  }).observe(document, { childList: true, subtree: true, characterData: true });

  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (drawn && !entry.hadRecentInput) shift += entry.value;
    if (shift) post("shift", { value: shift });
  }).observe({ type: "layout-shift", buffered: true });
})();
