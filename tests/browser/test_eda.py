"""The page of the analysis, as a browser shows it to all kinds of readers."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from selenium.webdriver import ActionChains, Keys

from penguin_pipes.eda.command import main

if TYPE_CHECKING:
    from collections.abc import Callable

PICTURE = Path(__file__).parents[2] / "docs" / "images" / "eda.png"
VIEWS = [
    pytest.param(width, scheme, id=f"{width}-{scheme}")
    for width in (1280, 390)
    for scheme in ("light", "dark")
]
HOSTILE = """kind,"<script>hacked = 1</script>","<img src=x onerror='hacked = 2'>"
"<img src=http://127.0.0.1:9/x onerror='hacked = 3'>",1,2
"</style><script>hacked = 4</script>",2,3
"</style><script>hacked = 4</script>",4,2
"<svg onload='hacked = 5'>",4,4
"""


@pytest.fixture(scope="module")
def address(served: tuple[Path, str]) -> str:
    """Return the address of the penguins' page."""
    folder, root = served
    assert main(["--out", str(folder / "penguins")]) == 0
    return f"{root}/penguins/index.html"


@pytest.fixture
def opened(browser: Any, address: str) -> Callable[..., Any]:
    """Return what opens the penguins' page in a window of some size."""

    def open_(width: int, scheme: str) -> Any:
        browser.show(width, 900, scheme)
        browser.driver.get(address)
        return browser

    return open_


@pytest.mark.parametrize(("width", "scheme"), VIEWS)
def test_no_reader_is_kept_out(
    opened: Callable[..., Any], width: int, scheme: str
) -> None:
    """axe-core has nothing to say, contrasts and scrolling regions included."""
    found = opened(width, scheme).violations()

    assert found == []


@pytest.mark.parametrize(("width", "scheme"), VIEWS)
def test_the_page_is_all_that_is_asked_for(
    opened: Callable[..., Any], browser: Any, address: str, width: int, scheme: str
) -> None:
    """One request, to this computer, and nothing for the console to tell."""
    browser.requests()
    browser.complaints()

    opened(width, scheme)

    assert browser.requests() == [address]
    assert browser.complaints() == []


@pytest.mark.parametrize(("width", "scheme"), VIEWS)
def test_the_page_fits_the_screen(
    opened: Callable[..., Any], width: int, scheme: str
) -> None:
    """It scrolls down and never sideways; wide tables do so by themselves."""
    page = opened(width, scheme)

    assert page.run("document.scrollingElement.scrollWidth") <= width
    assert page.run(
        "[...document.images].every(i => i.complete && i.getBoundingClientRect().right"
        " <= innerWidth)"
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_figures_follow_the_scheme(opened: Callable[..., Any], scheme: str) -> None:
    """Dark figures in the dark, light ones in the light, all of them drawn."""
    page = opened(1280, scheme)

    shown = page.run(
        "[...document.images].map(i => [i.currentSrc, i.getAttribute('src'), "
        "i.naturalWidth > 100])"
    )
    assert len(shown) == 13
    for current, light, is_drawn in shown:
        assert (current == light) == (scheme == "light")
        assert is_drawn


def test_the_keyboard_leads_through_the_page(opened: Callable[..., Any]) -> None:
    """The first stop skips to the findings; then tables take the focus and scroll."""
    page = opened(390, "light")
    keys = ActionChains(page.driver)

    keys.send_keys(Keys.TAB).perform()
    assert page.run("document.activeElement.className") == "skip"
    assert page.run("document.activeElement.getBoundingClientRect().left") >= 0

    keys.send_keys(Keys.ENTER).perform()
    assert page.run("document.activeElement.id") == "main"

    keys.send_keys(Keys.TAB).perform()
    assert page.run("document.activeElement.className") == "scroll"
    keys.send_keys(Keys.ARROW_RIGHT).pause(0.5).perform()
    assert page.run("document.activeElement.scrollLeft") > 0


def test_text_of_a_table_runs_nowhere(browser: Any, served: tuple[Path, str]) -> None:
    """Hostile names and values are shown, ask for nothing and start nothing."""
    folder, root = served
    table, out = folder / "hostile.csv", folder / "hostile"
    table.write_text(HOSTILE)
    assert main([str(table), "--target", "kind", "--out", str(out)]) == 0
    browser.requests()
    browser.complaints()

    browser.driver.get(f"{root}/hostile/index.html")

    assert browser.run("typeof hacked") == "undefined"
    assert "<script>hacked = 1</script>" in browser.run("document.body.innerText")
    assert browser.requests() == [f"{root}/hostile/index.html"]
    assert browser.complaints() == []


def test_the_readme_shows_the_page(
    opened: Callable[..., Any], *, update_baseline: bool
) -> None:
    """Its picture is the part on measures; --update-baseline takes it anew."""
    page = opened(1100, "light")
    part = page.run(
        "(r => ({x: r.x, y: r.y + scrollY, width: r.width, height: r.height}))"
        "(document.querySelector('#measures').getBoundingClientRect())"
    )
    clip = {**part, "x": 0, "width": 1100, "scale": 1}
    taken = page.command(
        "Page.captureScreenshot", clip=clip, captureBeyondViewport=True
    )

    png = base64.b64decode(taken["data"])
    if update_baseline:
        PICTURE.write_bytes(png)
    size = PICTURE.read_bytes()[16:24]
    assert size[:4] == png[16:20], "of another width; take it anew"
