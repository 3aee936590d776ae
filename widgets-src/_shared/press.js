/**
 * Let no press be lost: when the page is drawn again between pressing and letting go, browsers send no click, because
 * what was pressed is gone. What stands in its place, by the same key, is clicked instead.
 */
export function keepPresses(root) {
  let pressed = null;
  root.addEventListener("pointerdown", ({ target }) => (pressed = target.closest("[data-key]")));
  root.addEventListener("pointerup", ({ target }) => {
    const gone = pressed && !pressed.isConnected ? pressed.dataset.key : undefined;
    pressed = null;
    const again = gone && target.closest("[data-key]");
    if (again && again.dataset.key === gone) again.click();
  });
}
