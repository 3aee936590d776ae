// Runs in each frame before anything else: when was the result there, when was it painted, what moved afterwards?
(() => {
  if (window === window.top) return;
  const now = () => performance.timeOrigin + performance.now();
  const probe = { told: null, painted: null, shifts: [] };
  window.probe = probe;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) probe.shifts.push([performance.timeOrigin + entry.startTime, entry.value]);
  }).observe({ type: "layout-shift", buffered: true });
  window.addEventListener("openai:set_globals", () => (probe.told ??= now()), true);
  document.addEventListener("DOMContentLoaded", () => {
    const main = document.getElementById("app");
    new MutationObserver((_records, observer) => {
      if (main.getAttribute("aria-busy") === "true") return;
      observer.disconnect();
      requestAnimationFrame(() => {
        const channel = new MessageChannel();
        channel.port1.onmessage = () => (probe.painted ??= now());
        channel.port2.postMessage(null);
      });
    }).observe(main, { attributes: true, childList: true });
  });
})();
