"""The page of a run, as a browser shows it to all kinds of readers."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from selenium.webdriver import ActionChains, Keys

from penguin_pipes.deploy import main
from penguin_pipes.local import History, MetricPoint, Run, Status, StepRun, Trial
from penguin_pipes.report.page.publish import write_report

if TYPE_CHECKING:
    from collections.abc import Callable

PICTURE = Path(__file__).parents[2] / "docs" / "images" / "run-report.png"
VIEWS = [
    pytest.param(width, scheme, id=f"{width}-{scheme}")
    for width in (1280, 390)
    for scheme in ("light", "dark")
]
AT = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
HOSTILE = "</script></style><img src=http://127.0.0.1:9/x onerror='hacked = 1'><script>hacked = 2</script>"
OBJECTIVES = (0.5, None, 0.25, 0.75)


@pytest.fixture(scope="module")
def address(served: tuple[Path, str]) -> str:
    """Return the address of a page of the penguins' run, to a registered model."""
    folder, root = served
    home, page = str(folder / "home"), str(folder / "run.html")
    assert main(["--local", "--register", "--home", home, "--report", page]) == 0
    return f"{root}/run.html"


@pytest.fixture(scope="module")
def hostile(served: tuple[Path, str]) -> str:
    """Return the address of a page all of whose texts would like to run."""
    folder, root = served
    home = folder / "hostile-run"
    home.mkdir()
    log = home / "log.txt"
    log.write_text(f"{HOSTILE}\n")
    points = (MetricPoint(at=AT, value=1.0), MetricPoint(at=AT, value=2.0))
    trials = tuple(
        Trial(
            number=number,
            job_name=HOSTILE,
            log=log,
            metric=HOSTILE,
            objective=objective,
            status=Status.SUCCEEDED,
            hyperparameters={HOSTILE: HOSTILE},
            series={HOSTILE: points},
        )
        for number, objective in enumerate(OBJECTIVES, start=1)
    )
    step = StepRun(
        name=HOSTILE,
        type="Tuning",
        job_name=HOSTILE,
        log=log,
        status=Status.FAILED,
        failure=HOSTILE,
        started_at=AT,
        finished_at=AT + timedelta(seconds=3),
        trials=trials,
    )
    run = Run(
        id="hostile",
        pipeline=HOSTILE,
        started_at=AT,
        finished_at=AT + timedelta(seconds=3),
        status=Status.FAILED,
        parameters={HOSTILE: HOSTILE},
        steps=(step,),
    )
    with History(home) as history:
        history.save(run)
    write_report(home, out=folder / "hostile.html")
    return f"{root}/hostile.html"


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
    """axe-core has nothing to say of the page with all of it unfolded."""
    page = opened(width, scheme)
    page.run("[...document.querySelectorAll('details')].forEach(d => d.open = true)")

    assert page.violations() == []


@pytest.mark.parametrize(("width", "scheme"), VIEWS)
def test_the_page_is_all_that_is_asked_for_and_fits_the_screen(
    opened: Callable[..., Any], browser: Any, address: str, width: int, scheme: str
) -> None:
    """One request, nothing on the console, and no scrolling to the side."""
    browser.requests()
    browser.complaints()

    page = opened(width, scheme)

    assert browser.requests() == [address]
    assert browser.complaints() == []
    assert page.run("document.scrollingElement.scrollWidth") <= width


def test_the_page_follows_the_scheme(opened: Callable[..., Any]) -> None:
    """Dark in the dark: the page, and the lines of its charts."""
    colours = [
        opened(1280, scheme).run(
            "[getComputedStyle(document.body).backgroundColor, "
            "getComputedStyle(document.querySelector('.c0 .stroke')).stroke]"
        )
        for scheme in ("light", "dark")
    ]

    assert colours[0][0] == "rgb(255, 255, 255)"
    assert colours[1][0] == "rgb(22, 27, 34)"
    assert colours[0][1] != colours[1][1]


def test_the_keyboard_leads_through_the_page(opened: Callable[..., Any]) -> None:
    """The first stop skips to the steps; the graph scrolls; logs unfold."""
    page = opened(320, "light")  # where two steps are too wide
    keys = ActionChains(page.driver)

    keys.send_keys(Keys.TAB, Keys.ENTER).perform()
    assert page.run("document.activeElement.id") == "main"

    keys.send_keys(Keys.TAB).perform()
    assert "graph narrow" in page.run("document.activeElement.className")
    keys.send_keys(Keys.ARROW_RIGHT).pause(0.5).perform()
    assert page.run("document.activeElement.scrollLeft") > 0

    page.run("document.querySelector('#jobs summary').focus()")
    keys.send_keys(Keys.ENTER).perform()
    assert page.run("document.querySelector('#jobs details').open")


@pytest.mark.parametrize("way", ["click", "keyboard"])
def test_trials_sort_by_their_numbers(browser: Any, hostile: str, way: str) -> None:
    """Up, then down; what has no objective comes last; the head says which way."""
    browser.driver.get(hostile)
    button = browser.run("document.querySelectorAll('#tuning th button')[3]")

    def press() -> tuple[str, list[str]]:
        if way == "click":
            button.click()
        else:
            browser.run("arguments[0].focus()", button)
            ActionChains(browser.driver).send_keys(Keys.ENTER).perform()
        return (
            browser.run("arguments[0].parentElement.ariaSort", button),
            browser.run(
                "[...document.querySelectorAll('#tuning tbody tr')]"
                ".map(r => r.cells[3].textContent)"
            ),
        )

    assert press() == ("ascending", ["0.25", "0.5", "0.75", ""])
    assert press() == ("descending", ["0.75", "0.5", "0.25", ""])


def test_text_of_a_run_runs_nowhere(browser: Any, hostile: str) -> None:
    """Hostile names, log lines and values are shown, and ask for nothing."""
    browser.requests()
    browser.complaints()

    browser.driver.get(hostile)

    assert browser.run("typeof hacked") == "undefined"
    assert "<script>hacked = 2</script>" in browser.run("document.body.innerText")
    assert browser.requests() == [hostile]
    assert browser.complaints() == []


def test_the_readme_shows_the_page(
    opened: Callable[..., Any], *, update_baseline: bool
) -> None:
    """Its picture is the top of the page; --update-baseline takes it anew."""
    page = opened(1200, "light")
    height = page.run(
        "document.querySelector('#curves').getBoundingClientRect().bottom + scrollY"
    )
    clip = {"x": 0, "y": 0, "width": 1200, "height": height, "scale": 1}
    taken = page.command(
        "Page.captureScreenshot", clip=clip, captureBeyondViewport=True
    )

    png = base64.b64decode(taken["data"])
    if update_baseline:
        PICTURE.write_bytes(png)
    size = PICTURE.read_bytes()[16:24]
    assert size[:4] == png[16:20], "of another width; take it anew"
