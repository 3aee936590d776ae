"""How large the widgets are, and how soon they show what a tool answered.

The clock runs from the moment the result is there (the host posts it; `window.openai` announces it)
until the frame that shows its content is laid out and painted; pictures may come later, into the
room that is kept for them. The widget has only just been loaded then, which is the hardest moment:
everything that it still does for its host lies in that time, too.

The baseline is a page that has nothing to do: it shows one heading when the result comes, in the
same host on the same machine.

Nobody asks the frame anything meanwhile: every look from outside is a script on its main thread and
work for two more processes, which counted as the widget's own.
"""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Any, Final

from playwright.sync_api import Page

from tests.support.browser import running_browser, watched_page
from tests.support.fake_shop import Json, fixture
from tests.support.gallery.stage import Stage, add_stage
from tests.support.http import wait_until
from tests.support.widget_host import WidgetHost, running_widget_host

LIMIT_MS: Final = 50.0
LIMIT_GZIP: Final = 25 * 1024
LIMIT_GZIP_TOGETHER: Final = 80 * 1024
MOUNTS: Final = 20
BASELINE: Final = "static page"
BRIDGES: Final = ("apps", "openai")
WIDGETS: Final = ("product-catalog", "shopping-cart", "checkout", "order-status")

_PROBE: Final = Path(__file__).with_name("widgets_probe.js")
_UNSEEN_MS: Final = 250
_SETTLE_MS: Final = 250
_FOUND: Final = """() => ({
  ...window.probe,
  evaluated: performance.measure("script", "script begins", "script ends").duration,
})"""
_HEADER: Final = (
    f"  {'bundle':<17}{'bridge':<8}{'bytes':>8}{'gzip':>8}{'median ms':>11}{'p95 ms':>8}"
    f"{'script ms':>11}{'shift':>8}"
)
_STATIC: Final = """<!doctype html>
<html lang="en" data-theme="light"><head><meta charset="utf-8"><title>Static</title></head>
<body><main id="app" aria-busy="true"><h1>Waiting</h1></main>
<script>
  const main = document.getElementById("app");
  const send = (message) => parent.postMessage({ jsonrpc: "2.0", ...message }, "*");
  const done = () => {
    main.removeAttribute("aria-busy");
    main.firstElementChild.textContent = "Done";
  };
  addEventListener("message", ({ data }) => {
    if (data.id === 0) send({ method: "ui/notifications/initialized" });
    if (data.method === "ui/notifications/tool-result") done();
  });
  addEventListener("openai:set_globals", done);
  send({ id: 0, method: "ui/initialize", params: {} });
</script></body></html>
"""


@dataclass(frozen=True)
class Mount:
    """What one mount took, in milliseconds, and how much moved after it."""

    ms: float
    evaluated_ms: float
    shift: float


@dataclass(frozen=True)
class Row:
    """A bundle over one bridge."""

    widget: str
    bridge: str
    size: int
    gzip: int
    median_ms: float
    p95_ms: float
    evaluated_ms: float
    shift: float


@dataclass(frozen=True)
class WidgetReport:
    """Everything that one run found about the widgets."""

    rows: tuple[Row, ...]
    mounts: int

    def missed(self) -> bool:
        """Say whether a bundle is too large, too slow, or moves after it was seen."""
        ours = [row for row in self.rows if row.widget != BASELINE]
        together = sum({row.widget: row.gzip for row in ours}.values())
        return together > LIMIT_GZIP_TOGETHER or any(map(_is_over, ours))

    def as_dict(self) -> dict[str, Any]:
        """Return all figures for a machine."""
        return {"rows": [asdict(row) for row in self.rows], "mounts": self.mounts}

    def as_text(self) -> str:
        """Return the table for a reader."""
        ours = {row.widget: row for row in self.rows if row.widget != BASELINE}
        size = sum(row.size for row in ours.values())
        packed = sum(row.gzip for row in ours.values())
        return "\n".join(
            [
                f"\nWidgets, {self.mounts} mounts each: from the tool's result in the host to the",
                f"first frame that shows it, at most {LIMIT_MS:.0f} ms; nothing moves afterwards.",
                _HEADER,
                *map(_text, self.rows),
                f"  {'together':<25}{size:>8}{packed:>8}   at most {LIMIT_GZIP_TOGETHER} gzip",
            ]
        )


def measure_widgets(*, quick: bool = False) -> WidgetReport:
    """Mount every bundle again and again, and the baseline beside it."""
    mounts = MOUNTS // 4 if quick else MOUNTS
    with _stage() as (page, host):
        rows = [
            _row(widget, host, [_mount(page, host, widget, bridge) for _ in range(mounts)], bridge)
            for bridge in BRIDGES
            for widget in (BASELINE, *WIDGETS)
        ]
    return WidgetReport(tuple(rows), mounts)


@contextmanager
def _stage() -> Iterator[tuple[Page, WidgetHost]]:
    with TemporaryDirectory() as folder, running_widget_host(Path(folder)) as host:
        pages = {name: _marked(_html(host, name)) for name in (BASELINE, *WIDGETS)}
        add_stage(host, pages)
        with running_browser(whole=True) as browser, watched_page(browser) as watched:
            watched.page.add_init_script(path=_PROBE)
            watched.page.goto(f"{host.url}/gallery")
            yield watched.page, host


def _html(host: WidgetHost, name: str) -> str:
    return _STATIC if name == BASELINE else host.widgets[name].html


def _marked(html: str) -> str:
    """Note when the page's script begins and ends."""
    before, _, rest = html.rpartition("<script")
    script, end, after = rest.partition("</script>")
    begins, ends = (
        f"<script>performance.mark('script {when}')</script>" for when in ("begins", "ends")
    )
    return f"{before}{begins}<script{script}{end}{ends}{after}"


def _mount(page: Page, host: WidgetHost, widget: str, bridge: str) -> Mount:
    stage = Stage(page, host, bridge, width=800)
    result: Json = {"content": [], "structuredContent": {}}
    if widget != BASELINE:
        result = fixture(widget, host.url)["result"]
    frame = stage.show(widget, result, input={}, answers={"get_checkout": result})
    page.wait_for_timeout(_UNSEEN_MS)
    wait_until(lambda: frame.evaluate("window.probe?.painted"), f"{widget} to be painted", 60)
    page.wait_for_timeout(_SETTLE_MS)
    found: dict[str, Any] = frame.evaluate(_FOUND)
    told = found["told"] if bridge == "openai" else page.evaluate("window.sentAt")
    after = sum(value for at, value in found["shifts"] if at > found["painted"])
    return Mount(found["painted"] - told, found["evaluated"], after)


def _row(widget: str, host: WidgetHost, mounts: list[Mount], bridge: str) -> Row:
    html = _html(host, widget).encode()
    times = [mount.ms for mount in mounts]
    return Row(
        widget=widget,
        bridge=bridge,
        size=len(html),
        gzip=len(gzip.compress(html, mtime=0)),
        median_ms=median(times),
        p95_ms=quantiles(times, n=20, method="inclusive")[-1],
        evaluated_ms=median(mount.evaluated_ms for mount in mounts),
        shift=max(mount.shift for mount in mounts),
    )


def _is_over(row: Row) -> bool:
    return row.gzip > LIMIT_GZIP or row.median_ms > LIMIT_MS or row.shift > 0


def _text(row: Row) -> str:
    return (
        f"  {row.widget:<17}{row.bridge:<8}{row.size:>8}{row.gzip:>8}{row.median_ms:>11.1f}"
        f"{row.p95_ms:>8.1f}{row.evaluated_ms:>11.2f}{row.shift:>8.4f}"
        f"{'  missed' if row.widget != BASELINE and _is_over(row) else ''}"
    )
