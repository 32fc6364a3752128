"""What the console knows: its types, its unit tests, and the package that is made of its reader."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.api.calls import CALLS
from services.api.description.openapi import document
from tests.architecture.source import ROOT
from tests.browser.axe import NPM
from tests.servers import own_folder

VECTORS = "docs/reference/stream-vectors.json"
# Its tests read what the api and the engine say that they say.
READ = ("docs/reference", "shared", "services")
NOT_COPIED = shutil.ignore_patterns(
    "node_modules", "dist", "described.d.ts", "openapi.json", "__pycache__"
)
READS = """
import { readFileSync } from "node:fs";
import { History, fold, statusOf } from "penstock-log";

const vectors = JSON.parse(readFileSync(process.argv[2], "utf8"));
const whole = vectors.filter(({ expected }) => !expected.needs_reread);
const told = whole.map(({ events, expected }) => {
  const history = new History();
  for (const event of events) history.add(event);
  return statusOf(history.latest) === expected.status && statusOf(fold(events)) === expected.status;
});
console.log(JSON.stringify({ vectors: told.length, kept: told.filter(Boolean).length }));
"""
USES = """
import { statusOf, type RunView } from "penstock-log";
import { useRun } from "penstock-log/react";

export function Run({ url }: { url: string }) {
  const { view, link } = useRun(url);
  const shown: RunView = view;
  return <p>{link.state === "live" ? statusOf(shown) : link.state}</p>;
}
"""


@pytest.fixture(scope="module")
def web() -> Iterator[Path]:
    """A copy of web/ with all that is locked, and the types of the api."""
    with own_folder() as folder:
        web = folder / "web"
        shutil.copytree(ROOT / "web", web, ignore=NOT_COPIED)
        for each in READ:
            shutil.copytree(ROOT / each, folder / each, ignore=NOT_COPIED)
        npm(web, "ci", "--ignore-scripts", "--no-audit", "--no-fund")
        (web / "openapi.json").write_text(json.dumps(document(CALLS)))
        npm(web, "exec", "--", "openapi-typescript", "openapi.json", "-o", "src/api/described.d.ts")
        yield web


def npm(folder: Path, *command: str) -> str:
    """What npm says; all of it where it fails."""
    # What one npm starts finds the same Node.
    path = f"{NPM[0].parent}{os.pathsep}{os.environ['PATH']}"
    return run(folder, *map(str, NPM), *command, PATH=path)


def run(folder: Path, *command: str, **environment: str) -> str:
    ran = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-4_000:]
    return ran.stdout


def test_its_types_fit_those_of_the_api(web: Path) -> None:
    npm(web, "run", "types")


def test_its_parts_do_what_their_tests_say(web: Path) -> None:
    assert "passed" in npm(web, "run", "test")


def test_its_reader_is_a_package_for_pages_of_others(web: Path) -> None:
    npm(web, "run", "log")
    npm(web, "pack", "./src/log")
    [package] = web.glob("penstock-log-*.tgz")
    page = web / "page"
    (page / "node_modules").mkdir(parents=True)
    run(page, "tar", "-xzf", str(package))
    shutil.move(page / "package", page / "node_modules" / "penstock-log")
    (page / "reads.mjs").write_text(READS)
    told = json.loads(run(page, str(NPM[0]), "reads.mjs", str(web.parent / VECTORS)))
    assert told["vectors"] > 50
    assert told["kept"] == told["vectors"]
    (page / "Run.tsx").write_text(USES)
    # As Node resolves what is imported, which is stricter than bundlers are.
    strictly = {"module": "nodenext", "moduleResolution": "nodenext", "skipLibCheck": False}
    options = {"extends": "../tsconfig.json", "include": ["Run.tsx"], "compilerOptions": strictly}
    (page / "tsconfig.json").write_text(json.dumps(options))
    npm(web, "exec", "--", "tsc", "-p", "page")
