"""STAC Browser, as it is installed, in a browser without a screen."""

import contextlib
import json
import os
import pathlib
import shutil

from files import serving
from playwright.sync_api import sync_playwright
from servers import not_here, temporary_folder

TIMEOUT_MS = 30_000


def site():
    """The folder of the built site."""
    tools = os.environ.get("ARDENT_TOOLS") or pathlib.Path.home() / ".cache/ardent/tools"
    folder = pathlib.Path(tools) / "stac-browser/site"
    return folder if (folder / "index.html").is_file() else not_here("STAC Browser is not installed")


def chromium():
    return shutil.which("chromium") or not_here("Chromium is not installed")


class Browser:
    """A page; keeps what the console complains of and which answers of the API are none."""

    def __init__(self, page, url):
        self.page, self.url, self.complaints = page, url, []
        page.set_default_timeout(TIMEOUT_MS)
        page.on("console", lambda message: self.complain(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.complain(str(error)))
        page.on("requestfailed", lambda request: self.complain(f"{request.failure}: {request.method} {request.url}"))

    def complain(self, what):
        # Maps and pictures are of the internet, which there is not.
        if not any(of in what for of in ("tile.openstreetmap", "data.example.com", "example.com", "ERR_NAME_NOT", "ERR_INTERNET")):
            self.complaints.append(what)

    def open(self, path=""):
        self.page.goto(f"{self.url}/{path}")


@contextlib.contextmanager
def browsing(api):
    """A browser that shows the API at a URL, which is of another origin than the site."""
    with temporary_folder("stac-browser-") as folder:
        shutil.copytree(site(), folder / "site")
        (folder / "site/config.js").write_text(f"window.STAC_BROWSER_CONFIG = {json.dumps({'catalogUrl': api})};")
        with serving(folder / "site", folder / "site/index.html") as url, sync_playwright() as playwright:
            program = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
            try:
                yield Browser(program.new_page(locale="en-GB"), url)
            finally:
                program.close()
