"""STAC Browser, as it is installed, in a browser without a screen."""

import base64
import contextlib
import json
import os
import pathlib
import shutil

from files import serving
from offline_validator import brought
from playwright.sync_api import sync_playwright
from servers import not_here, temporary_folder

TIMEOUT_MS = 30_000
OPEN = {"access-control-allow-origin": "*"}
# One pixel.
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)


def site():
    """The folder of the built site."""
    tools = os.environ.get("ARDENT_TOOLS") or pathlib.Path.home() / ".cache/ardent/tools"
    folder = pathlib.Path(tools) / "stac-browser/site"
    return folder if (folder / "index.html").is_file() else not_here("STAC Browser is not installed")


def chromium():
    return shutil.which("chromium") or not_here("Chromium is not installed")


class Browser:
    """A page; keeps what goes wrong between it and the API, and what else it complains of."""

    def __init__(self, page, url, api):
        self.page, self.url, self.api, self.complaints = page, url, api, []
        page.set_default_timeout(TIMEOUT_MS)
        page.route(lambda url: not url.startswith((self.url, api)), elsewhere)
        page.on("console", lambda message: self.complain(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.complain(str(error)))
        page.on("requestfailed", self.failed)
        page.on("response", self.answered)

    def complain(self, what):
        # The map would show the files of the items.
        if not what.startswith(("AggregateError: Request failed", "Failed to load resource: net::ERR_FAILED")):
            self.complaints.append(what)

    def failed(self, request):
        # What the page itself has no more need of is no failure.
        if request.url.startswith(self.api) and request.failure != "net::ERR_ABORTED":
            self.complaints.append(f"{request.failure}: {request.method} {request.url}")

    def answered(self, answer):
        if answer.url.startswith(self.api) and answer.status >= 400:
            self.complaints.append(f"{answer.status}: {answer.request.method} {answer.url} {answer.request.post_data} {answer.text()}")

    def open(self, path=""):
        self.page.goto(f"{self.url}/{path}")

    def texts(self, selector):
        return self.page.locator(selector).all_inner_texts()


def elsewhere(route):
    """The rest of the internet: one picture for all of them, the schema that queryables refer to, and nothing else."""
    url = route.request.url
    if url.startswith("https://geojson.org/schema/"):
        return route.fulfill(path=brought(url), content_type="application/schema+json", headers=OPEN)
    if url.endswith(".png"):
        return route.fulfill(body=PICTURE, content_type="image/png", headers=OPEN)
    return route.abort()


@contextlib.contextmanager
def browsing(api):
    """A browser that shows the API at a URL, which is of another origin than the site."""
    with temporary_folder("stac-browser-") as folder:
        shutil.copytree(site(), folder / "site")
        (folder / "site/config.js").write_text(f"window.STAC_BROWSER_CONFIG = {json.dumps({'catalogUrl': api})};")
        with serving(folder / "site", folder / "site/index.html") as url, sync_playwright() as playwright:
            program = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
            try:
                yield Browser(program.new_page(locale="en-GB"), url, api)
            finally:
                program.close()
