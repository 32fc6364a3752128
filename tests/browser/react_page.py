"""The React page of examples, built as its lock says and served from an origin of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from playwright.async_api import Page

from tests.architecture.source import ROOT
from tests.browser.axe import NODE_HOME, NPM

EXAMPLES = ROOT / "examples"
NOTE_TEXTS = """
window.noted = [];
new MutationObserver(() => {
  window.noted.push([...document.querySelectorAll("pre")].map((each) => each.textContent));
}).observe(document, { subtree: true, childList: true, characterData: true });
"""


def build_page(folder: Path) -> Path:
    """The folder that the page can be served from, made in `folder`."""
    built = folder / "react-page"
    shutil.copytree(EXAMPLES / "react-page", built)
    shutil.copy(EXAMPLES / "watch-law.js", folder)
    path = os.pathsep.join([str(NODE_HOME / "bin"), os.environ["PATH"]])
    for command in (("ci", "--ignore-scripts", "--no-audit", "--no-fund"), ("run", "build")):
        told = subprocess.run(
            [*NPM, *command],
            cwd=built,
            check=False,
            capture_output=True,
            text=True,
            env={**os.environ, "PATH": path},
        )
        assert told.returncode == 0, told.stdout + told.stderr
    return built


class _Quiet(SimpleHTTPRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Says nothing."""


@contextmanager
def serve_folder(folder: Path) -> Iterator[str]:
    """The address of the files in a folder."""
    handler = partial(_Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()


async def open_page(page: Page, address: str, events_url: str) -> None:
    """Opens it on a run; every text that is shown from now on is noted."""
    await page.add_init_script(NOTE_TEXTS)
    await page.goto(f"{address}#events={events_url}")


async def noted_texts(page: Page) -> list[list[str]]:
    """What stood in the page after each change: a text for each step."""
    noted: list[list[str]] = await page.evaluate("window.noted")
    return noted
