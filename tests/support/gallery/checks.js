/** Go through the looks inside the frame and list everything that a shopper would stumble over, in each. */
async (looks) => {
  const root = document.documentElement;
  const problems = {};
  for (const look of looks) {
    await dressed(look);
    if (look.text > 1) enlarge(look.text);
    const found = [...sideways(), ...texts(look), ...targets(), ...(look.calm ? motion() : []), ...(look.forced ? borders() : []), ...(look.axe ? await axeFinds() : [])];
    for (const text of found) (problems[text] ??= []).push(`${look.locale.slice(0, 2)}-${look.theme}-${look.width}`);
  }
  return Object.entries(problems).map(([text, where]) => `${text} [${where.join(" ")}]`);

  async function dressed({ locale, theme, width }) {
    const heard = new Promise((resolve) => {
      window.addEventListener("message", function once({ data }) {
        if (!data?.gallery?.dressed) return;
        window.removeEventListener("message", once);
        resolve();
      });
    });
    window.parent.postMessage({ gallery: { look: { locale, theme, width } } }, "*");
    await heard;
    const direction = /^ar/.test(locale) ? "rtl" : "ltr";
    const here = () => window.innerWidth === width && root.dataset.theme === theme && root.dir === direction && [...document.images].every((image) => image.complete);
    for (let tries = 0; !here(); tries += 1) {
      if (tries > 300) throw new Error(`never so: ${locale} ${theme} ${width}, but ${root.dir} ${root.dataset.theme} ${window.innerWidth}`);
      await new Promise((resolve) => setTimeout(resolve, 4));
    }
    for (const moving of document.getAnimations()) if (moving.effect?.getComputedTiming().endTime !== Infinity) moving.finish();
  }

  // As a browser does that enlarges text alone, whatever it was measured in.
  function enlarge(times) {
    for (const node of document.querySelectorAll("[style*=font-size]")) node.style.fontSize = "";
    const sizes = [...document.body.querySelectorAll("*")].map((node) => [node, parseFloat(getComputedStyle(node).fontSize)]);
    for (const [node, size] of sizes) node.style.fontSize = `${size * times}px`;
  }

  function motion() {
    const moving = document.getAnimations().filter((one) => one.playState === "running");
    return moving.map((one) => `${one.effect?.target?.className} still moves`);
  }

  // Without our grounds only a border or an icon tells a button from a word.
  function borders() {
    const bare = [...document.querySelectorAll(".button, .chip > span, select, input:not([type=checkbox], [type=radio])")].filter((node) => {
      const style = getComputedStyle(node);
      return node.checkVisibility() && !isOnlyHeard(node) && parseFloat(style.borderTopWidth) === 0 && !/underline/.test(style.textDecorationLine) && !node.closest("[class*=stepper]") && !node.querySelector("svg");
    });
    return bare.map((node) => `${node.className} “${node.textContent}” has no border in forced colors`);
  }

  function sideways() {
    const over = root.scrollWidth - window.innerWidth;
    return over > 0 ? [`the page is ${over} px too wide`] : [];
  }

  /** Text inside its box, inside the window or a row that scrolls, and not under other text. */
  function texts({ text }) {
    const found = [];
    const seen = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const node = walker.currentNode;
      const parent = node.parentElement;
      if (!node.data.trim() || !parent.checkVisibility({ opacityProperty: true, visibilityProperty: true }) || parent.closest("script, style, option") || isOnlyHeard(parent)) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      const said = `“${node.data.trim().slice(0, 40)}”`;
      const row = scroller(parent);
      for (const word of text > 1 ? [] : brokenWords(node)) found.push(`the word “${word}” is broken`);
      for (const rect of range.getClientRects()) {
        if (rect.width < 1 || rect.height < 1 || isAfterTheLastLine(node, rect)) continue;
        const box = boxOf(parent);
        if (rect.left < box.left - 1.5 || rect.right > box.right + 1.5 || rect.top < box.top - 4 || rect.bottom > box.bottom + 4) found.push(`${said} stands outside its box`);
        const cut = cutter(parent, rect);
        if (cut) found.push(`${said} is cut off by ${cut}`);
        if (!row && (rect.left < -1 || rect.right > window.innerWidth + 1)) found.push(`${said} stands outside the window`);
        seen.push({ rect, parent, said });
      }
    }
    for (const [index, one] of seen.entries()) {
      for (const other of seen.slice(index + 1)) {
        if (one.parent !== other.parent && overlap(one.rect, other.rect) && onSamePlane(one.parent, other.parent)) found.push(`${one.said} and ${other.said} stand over one another`);
      }
    }
    return [...new Set(found)];
  }

  // A long word may break where it must; one that everybody can place may not.
  function brokenWords(node) {
    return [...node.data.matchAll(/(?<!\p{L})\p{L}{3,18}/gu)].filter((match) => {
      if (/\p{L}/u.test(node.data[match.index + match[0].length] ?? "")) return false;
      const range = document.createRange();
      range.setStart(node, match.index);
      range.setEnd(node, match.index + match[0].length);
      const tops = [...range.getClientRects()].map(({ top }) => Math.round(top));
      return Math.max(...tops) - Math.min(...tops) > 6;
    }).map((match) => match[0]);
  }

  // For ears only: squeezed into a point.
  function isOnlyHeard(element) {
    for (let node = element; node !== root; node = node.parentElement) if (getComputedStyle(node).clipPath === "inset(50%)") return true;
    return false;
  }

  function boxOf(element) {
    let node = element;
    while (getComputedStyle(node).display === "inline" || getComputedStyle(node).display === "contents") node = node.parentElement;
    return node.getBoundingClientRect();
  }

  function scroller(element) {
    for (let node = element; node !== root; node = node.parentElement) {
      if (/auto|scroll/.test(getComputedStyle(node).overflowX) && node.scrollWidth > node.clientWidth) return node;
    }
    return null;
  }

  function cutter(element, rect) {
    for (let node = element; node !== root; node = node.parentElement) {
      const style = getComputedStyle(node);
      if (/auto|scroll/.test(style.overflowX)) return null;
      if (style.overflowX === "visible" && style.overflowY === "visible") continue;
      const box = node.getBoundingClientRect();
      const outside = rect.left < box.left - 1.5 || rect.right > box.right + 1.5 || rect.top < box.top - 3 || rect.bottom > box.bottom + 3;
      if (outside) return `${node.tagName.toLowerCase()}.${node.className}`;
    }
    return null;
  }

  // Lines that are left out were meant to be, as long as the whole text can be had.
  function isAfterTheLastLine({ data, parentElement }, rect) {
    for (let node = parentElement; node !== root; node = node.parentElement) {
      if (getComputedStyle(node).webkitLineClamp === "none") continue;
      return rect.top > node.getBoundingClientRect().bottom - 3 && parentElement.closest("[title]")?.title.includes(data.trim());
    }
    return false;
  }

  function overlap(a, b) {
    return Math.min(a.right, b.right) - Math.max(a.left, b.left) > 2 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 4;
  }

  // A bar that stays in view stands over what scrolls under it.
  function onSamePlane(a, b) {
    const plane = (element) => {
      for (let node = element; node; node = node.parentElement) if (/sticky|fixed/.test(getComputedStyle(node).position)) return node;
      return null;
    };
    return plane(a) === plane(b);
  }

  /** Everything that can be pressed is large enough for a finger. */
  function targets() {
    const found = [];
    for (const node of document.querySelectorAll("button, a[href], input, select, textarea, summary, [role=button], [tabindex='0']")) {
      if (!node.checkVisibility({ visibilityProperty: true }) || isOnlyHeard(node)) continue;
      const box = pressable(node);
      const least = node.matches(".button-primary") ? 44 : 24;
      if (box.width < 24 || box.height < least) found.push(`${node.getAttribute("aria-label") ?? node.textContent.trim() ?? node.tagName} (${node.className || node.type}) is only ${Math.round(box.width)}x${Math.round(box.height)}`);
      else if (!scroller(node) && (box.left < -1 || box.right > window.innerWidth + 1)) found.push(`${node.getAttribute("aria-label") ?? node.textContent} reaches out of the window`);
    }
    return found;
  }

  // A label presses its box; a stretched link covers the card around it.
  function pressable(node) {
    const after = getComputedStyle(node, "::after");
    const stretched = after.content !== "none" && after.position === "absolute" && getComputedStyle(node).position === "static";
    return ((stretched && node.offsetParent) || node.closest("label") || node).getBoundingClientRect();
  }

  async function axeFinds() {
    const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
    const result = await axe.run(document, { runOnly: { type: "tag", values: tags }, iframes: false, resultTypes: ["violations"], elementRef: false });
    return result.violations.flatMap(({ id, nodes }) => nodes.map((node) => `axe ${id}: ${node.html} ${node.failureSummary}`));
  }
}
