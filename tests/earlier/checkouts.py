"""The code of earlier versions, out of the history."""

from __future__ import annotations

import json
import subprocess
import tarfile
from io import BytesIO
from pathlib import Path

from tests.architecture.source import ROOT
from tests.operation.test_upgrade import RECORDED

_SHALLOW = "expected the whole history: run `git fetch --unshallow`"


def recorded_commit() -> str:
    """The commit whose code made the recorded installation; it knows no accounts of NATS."""
    with tarfile.open(RECORDED) as archive:
        member = archive.extractfile("recorded.json")
        assert member is not None
        return str(json.load(member)["commit"])


def _commit_before(path: str) -> str:
    """The last commit that did not have this file."""
    asked = ("log", "--diff-filter=A", "--max-count=1", "--format=%P", "--", path)
    before = _git(*asked).decode().split()
    assert before, _SHALLOW
    return before[0]


def before_queues() -> str:
    """The last commit whose runs name no queue, and whose workers serve `shared` alone."""
    return _commit_before("shared/log/queues.py")


def checkout(commit: str, folder: Path) -> Path:
    """What a commit has, in a folder that is made."""
    with tarfile.open(fileobj=BytesIO(_git("archive", commit))) as archive:
        archive.extractall(folder, filter="data")
    return folder


def _git(*arguments: str) -> bytes:
    made = subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, check=False)
    assert made.returncode == 0, _SHALLOW
    return made.stdout
