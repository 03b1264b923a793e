"""Chromium without a window, which asks for nothing from anywhere."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from selenium.webdriver import ActionChains, Chrome, ChromeOptions, ChromeService
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from selenium.webdriver.remote.webelement import WebElement

CHROMIUM, DRIVER = shutil.which("chromium") or "", shutil.which("chromedriver") or ""
_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--hide-scrollbars",
)
_LIMIT = 10
_BLOCKED = 2
"""What Chromium's settings call a kind of content that is blocked."""


class Browser:
    """A browser with one page in it.

    Args:
        driver: Drives it.
        folder: Where pages are put.
    """

    def __init__(self, driver: Chrome, folder: Path) -> None:
        self._driver = driver
        self._folder = folder

    def show(self, page: str, fragment: str = "") -> None:
        """Open *page* as a file, in a new document.

        Args:
            page: HTML.
            fragment: What stands behind the name of the file.
        """
        file = self._folder / "report.html"
        file.write_text(page, "utf-8")
        self._driver.get("about:blank")
        self._driver.get(f"{file.as_uri()}{fragment}")

    def resize(self, width: int, height: int = 900) -> None:
        """Be *width* by *height* CSS pixels large, and as many of the screen."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self._driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)

    def prefer(self, scheme: str = "light", media: str = "screen") -> None:
        """Prefer *scheme*, ``light`` or ``dark``, on *media*, ``screen`` or ``print``."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self._driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": features})

    def run(self, script: str, *arguments: object) -> Any:
        """Return what *script* returns."""
        return self._driver.execute_script(script, *arguments)

    def all(self, selector: str) -> list[WebElement]:
        """Return the elements that *selector* finds and that can be seen."""
        return [each for each in self._driver.find_elements(By.CSS_SELECTOR, selector) if each.is_displayed()]

    def one(self, selector: str) -> WebElement:
        """Return the only one that can be seen."""
        (found,) = self.all(selector)
        return found

    def texts(self, selector: str) -> list[str]:
        """Return the text of each element that can be seen, on one line."""
        return [" ".join(each.text.split()) for each in self.all(selector)]

    def press(self, *keys: str, control: bool = False) -> None:
        """Press keys, by their names in selenium or as characters, with the control key held down or not."""
        actions = ActionChains(self._driver)
        if control:
            actions.key_down(Keys.CONTROL)
        actions.send_keys(*(getattr(Keys, key, key) for key in keys))
        if control:
            actions.key_up(Keys.CONTROL)
        actions.perform()

    def wait(self, until: Callable[[], object]) -> None:
        """Return as soon as *until* holds."""
        WebDriverWait(self._driver, _LIMIT, poll_frequency=0.02).until(lambda _: until())

    @property
    def title(self) -> str:
        """The title of the page."""
        return self._driver.title

    @property
    def fragment(self) -> str:
        """What stands behind ``#`` in the address."""
        return self._driver.current_url.partition("#")[2]

    @fragment.setter
    def fragment(self, fragment: str) -> None:
        self.run("location.hash = arguments[0]", fragment)

    @property
    def console(self) -> list[dict[str, Any]]:
        """What was written to the console since it was asked for."""
        messages: list[dict[str, Any]] = self._driver.get_log("browser")  # type: ignore[no-untyped-call]
        return messages

    def picture(self) -> bytes:
        """Return what can be seen, as PNG."""
        return self._driver.get_screenshot_as_png()


@contextmanager
def opened(folder: Path, *, javascript: bool = True) -> Iterator[Browser]:
    """Give a browser with a profile of its own.

    Args:
        folder: For its profile and its pages.
        javascript: Whether pages may run any.
    """
    options = ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (*_FLAGS, f"--user-data-dir={folder / 'profile'}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    if not javascript:
        blocked = {"profile.managed_default_content_settings.javascript": _BLOCKED}
        options.add_experimental_option("prefs", blocked)
    driver = Chrome(options, ChromeService(DRIVER))  # with its path, selenium does not look for one elsewhere
    try:
        yield Browser(driver, folder)
    finally:
        driver.quit()
