"""A browser without a screen, and a server for it on this computer."""

from __future__ import annotations

import json
import shutil
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from axe_core_python.selenium import Axe
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Quiet(SimpleHTTPRequestHandler):
    """Serves files, and prints nothing of it."""

    def log_message(self, *_: Any) -> None:
        """Print nothing."""


class Browser:
    """A browser that remembers what it asked for.

    Attributes:
        driver: Selenium's hold on it.
    """

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def show(self, width: int, height: int, scheme: str) -> None:
        """Have a window of this size, in the light or the dark scheme."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1}
        is_phone = width < 500
        self.command("Emulation.setDeviceMetricsOverride", **size, mobile=is_phone)
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self.command("Emulation.setEmulatedMedia", features=[feature])

    def command(self, name: str, **arguments: Any) -> Any:
        """Send a command of Chrome's own protocol."""
        return self.driver.execute_cdp_cmd(name, arguments)

    def run(self, script: str, *arguments: Any) -> Any:
        """Return what a line of JavaScript finds on the page."""
        return self.driver.execute_script(f"return {script}", *arguments)

    def requests(self) -> list[str]:
        """Return the addresses that were asked for since the last call."""
        found = [json.loads(e["message"]) for e in self.driver.get_log("performance")]
        sent = [
            each["message"]["params"]["request"]["url"]
            for each in found
            if each["message"]["method"] == "Network.requestWillBeSent"
        ]
        return [url for url in sent if urlsplit(url).scheme != "data"]

    def complaints(self) -> list[str]:
        """Return what the console has to say since the last call."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def violations(self) -> list[str]:
        """Return what of the page keeps some readers out, as axe-core finds it."""
        told = Axe().run(self.driver)
        assert "color-contrast" in {rule["id"] for rule in told["passes"]}
        found = told["violations"]
        return [
            f"{each['id']}: {node['html']}" for each in found for node in each["nodes"]
        ]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Return a browser of this computer, without a screen."""
    binary, driver = shutil.which("chromium"), shutil.which("chromedriver")
    assert binary and driver, "nox -s browser skips where there is none"  # noqa: PT018
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for flag in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--hide-scrollbars",
    ):
        options.add_argument(flag)
    options.set_capability(
        "goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"}
    )
    found = webdriver.Chrome(options=options, service=Service(driver))
    found.set_script_timeout(120)  # axe-core looks at every cell of every table
    yield Browser(found)
    found.quit()


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """Return a folder, and the address under which this computer alone sees it."""
    folder = tmp_path_factory.mktemp("served")
    handler = partial(Quiet, directory=str(folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield folder, "http://{}:{}".format(*server.server_address[:2])
    server.shutdown()
    server.server_close()
    thread.join()
