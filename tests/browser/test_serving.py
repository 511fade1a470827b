"""The page of a served model, as a browser shows it to all kinds of readers."""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from selenium.webdriver import ActionChains, Keys

from tools.pack_penguins import pack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PICTURE = Path(__file__).parents[2] / "docs" / "images" / "serving.png"
ASKED = (
    "?culmen_length_mm=46.1&culmen_depth_mm=13.2&flipper_length_mm=211"
    "&body_mass_g=4500&island=Biscoe&sex="
)
BAD = "?culmen_length_mm=<script>hacked=1</script>&island=<img src=x onerror=hacked=2>"
VIEWS = [
    pytest.param(width, scheme, query, id=f"{width}-{scheme}-{name}")
    for width in (1280, 390)
    for scheme in ("light", "dark")
    for name, query in (("empty", ""), ("answer", ASKED), ("problem", BAD))
]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of a model that the command serves."""
    folder = tmp_path_factory.mktemp("packed")
    served = tmp_path_factory.mktemp("served") / "penguins"
    served.mkdir()
    archive = shutil.copy(pack(folder), served)
    digest = hashlib.sha256(Path(archive).read_bytes()).hexdigest()
    manifest = Path(archive).with_name("SHA256SUMS")
    manifest.write_text(f"{digest}  model.tar.gz\n")
    words = ("-m", "penguin_pipes.serving", "--port", "0", "--run")
    process = subprocess.Popen(
        [sys.executable, *words, str(manifest.parent)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    found = re.search(r"http://\S+", process.stdout.readline())
    assert found, "it ended before it served"
    yield found[0]
    process.terminate()
    process.communicate(timeout=60)


@pytest.fixture
def opened(browser: Any, root: str) -> Callable[..., Any]:
    """Return what opens the page in a window of some size."""

    def open_(width: int, scheme: str, query: str = "") -> Any:
        browser.show(width, 900, scheme)
        browser.driver.get(f"{root}{query}")
        return browser

    return open_


@pytest.mark.parametrize(("width", "scheme", "query"), VIEWS)
def test_no_reader_is_kept_out(
    opened: Callable[..., Any], width: int, scheme: str, query: str
) -> None:
    """axe-core has nothing to say, and the page never scrolls sideways."""
    page = opened(width, scheme, query)

    assert page.violations() == []
    assert page.run("document.scrollingElement.scrollWidth") <= width


def test_the_page_is_all_that_is_asked_for(
    opened: Callable[..., Any], browser: Any, root: str
) -> None:
    """One request, to this computer; its own policy finds nothing to block."""
    browser.requests()
    browser.complaints()

    opened(1280, "light", ASKED)

    assert [url.partition("?")[0] for url in browser.requests()] == [root]
    assert browser.complaints() == []


def test_an_example_is_one_click_away(opened: Callable[..., Any]) -> None:
    """It fills in the form, and the answer is in the title, which is read first."""
    page = opened(390, "light")

    page.driver.find_element("link text", "A gentoo from Biscoe").click()

    assert page.run("document.title").startswith("Gentoo, ")
    assert page.run("document.querySelector('[name=body_mass_g]').value") == "4500"
    assert page.run("document.activeElement.id") == "answer"
    heading = page.run("document.querySelector('#answer h2').innerText")
    assert re.fullmatch(r"Gentoo, (over )?\d\d\.\d %", heading)


def test_the_keyboard_alone_gets_an_answer(opened: Callable[..., Any]) -> None:
    """The first stop skips to the form; Enter in a field sends it."""
    page = opened(1280, "light")
    keys = ActionChains(page.driver)

    keys.send_keys(Keys.TAB).perform()
    assert page.run("document.activeElement.className") == "skip"
    assert page.run("document.activeElement.getBoundingClientRect().left") >= 0
    keys.send_keys(Keys.ENTER).perform()
    assert page.run("document.activeElement.id") == "main"

    examples = page.run("document.querySelectorAll('.examples a').length")
    keys.send_keys(Keys.TAB * (examples + 3)).send_keys("225", Keys.ENTER).perform()
    assert "flipper_length_mm=225" in page.run("location.search")
    assert page.run("document.activeElement.id") == "answer"
    rows = page.run("[...document.querySelectorAll('#answer tbody th')].length")
    assert rows == 3
    assert "bill length" in page.run("document.querySelector('.note').innerText")


def test_what_was_sent_runs_nowhere(opened: Callable[..., Any], browser: Any) -> None:
    """It is shown beside its field, which says that it is wrong."""
    browser.requests()

    page = opened(1280, "light", BAD)

    assert page.run("typeof hacked") == "undefined"
    assert len(browser.requests()) == 1
    field = "document.querySelector('[name=culmen_length_mm]')"
    assert page.run(f"{field}.getAttribute('aria-invalid')") == "true"
    told = page.run(
        f"{field}.getAttribute('aria-describedby').split(' ')"
        ".map(id => document.getElementById(id).innerText).join(' ')"
    )
    assert "<script>hacked=1</script>" in told
    assert "is not a number" in told


def test_the_readme_shows_the_page(
    opened: Callable[..., Any], *, update_baseline: bool
) -> None:
    """Its picture is an answer; --update-baseline takes it anew."""
    page = opened(1100, "light", ASKED)
    height = page.run(
        "Math.ceil(document.documentElement.getBoundingClientRect().height)"
    )
    clip = {"x": 0, "y": 0, "width": 1100, "height": height, "scale": 1}
    taken = page.command(
        "Page.captureScreenshot", clip=clip, captureBeyondViewport=True
    )

    png = base64.b64decode(taken["data"])
    if update_baseline:
        PICTURE.write_bytes(png)
    size = PICTURE.read_bytes()[16:24]
    assert size[:4] == png[16:20], "of another width; take it anew"
