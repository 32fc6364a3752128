"""How this program is called, so that a hint that names a command works as it stands."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path


def program() -> str:
    """`penstock` where the shell finds it, or its path from the working directory."""
    beside = Path(sys.executable).parent / "penstock"
    found = shutil.which("penstock")
    if not beside.exists() or (found and Path(found).resolve() == beside.resolve()):
        return "penstock"
    return shlex.quote(str(nearest(beside)))


def nearest(path: Path) -> Path:
    """`path` without the working directory in front, where it is below it."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
