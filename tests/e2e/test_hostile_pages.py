"""Product pages whose every word wants to be a script, in a shop that is open."""

import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Page

from tests.support.browser import running_browser, watched_page
from tests.support.hostile import SHORT
from tests.support.hostile_catalog import Said, own_json
from tests.support.http import ROOT, clean_environment, running_shop

PAGES = 20
_STRANGE = (
    "iframe, object, embed, base, math, template, form, video, body body, "
    "link[href*=evil], meta[http-equiv=refresh], a[href^='javascript:'], main script, main style, "
    "[onerror], [onload], [ontoggle], [onfocus], [onanimationstart]"
)
# Half of them are the first scripts; the others come from everywhere.
_PAYLOADS = (*SHORT[: PAGES // 2], *SHORT[PAGES // 2 :: (len(SHORT) - PAGES // 2) // (PAGES // 2)])


def test_pages_full_of_payloads_run_nothing_and_ask_nobody(tmp_path: Path) -> None:
    file = own_json(_PAYLOADS)
    (tmp_path / "hostile.json").write_bytes(file.content)
    (tmp_path / "media").mkdir()
    with running_shop(tmp_path) as shop:
        import_into(tmp_path, tmp_path / "hostile.json")
        (tmp_path / "media" / "p.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
        with running_browser() as browser, watched_page(browser) as watched:
            pages = 0
            for said in file.expected[: PAGES + 1]:
                answer = watched.page.goto(f"{shop.url}/p/{said.slug}", wait_until="load")
                assert answer is not None
                assert answer.status == 200
                assert_plain(watched.page, said)
                pages += 1
            watched.page.wait_for_load_state("networkidle")
            watched.assert_clean()
        assert pages >= PAGES


def assert_plain(page: Page, said: Said) -> None:
    """Check that the page says the text, and that nothing of it became anything else."""
    assert page.evaluate("window.pwned") is None
    assert page.locator(_STRANGE).count() == 0, said.name
    assert page.locator("h1").evaluate("heading => heading.textContent") == said.name
    assert page.locator("script").count() == 1


def import_into(data_dir: Path, file: Path) -> None:
    """Import a file into the shop that is open, by a command beside it."""
    env = clean_environment(PYTHONPATH=str(ROOT / "backend"), PLANTLY_DATA_DIR=str(data_dir))
    command = [sys.executable, "-m", "plantly.cli", "catalog", "import", str(file)]
    subprocess.run(command, env=env, cwd=data_dir, check=True, stdout=subprocess.DEVNULL)
