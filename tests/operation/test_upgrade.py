"""An installation that an earlier version made, opened by this one, and the way back.

What is recorded is made by `python -m tests.record_installation`; its runs in flight are older than
any run may grow, so those of `tests/earlier/test_upgrade.py` are judged in their place.
"""

from __future__ import annotations

import base64
import json
import shutil
import tarfile
from pathlib import Path
from typing import Any

from shared.ledger.version import SCHEMA
from tests.answers import answers, require_told
from tests.installation import TEMPLATES
from tests.servers import own_folder
from tests.stack import RunningStack
from tests.unit.cli.command import penstock

RECORDED = Path(__file__).parents[1] / "data" / "installation-0003.tar.xz"


async def test_an_earlier_installation_is_upgraded_without_loss_and_can_go_back() -> None:
    with own_folder() as folder:
        with tarfile.open(RECORDED) as archive:
            archive.extractall(folder, filter="data")
        recorded = json.loads((folder / "recorded.json").read_text())
        before = {name: base64.b64decode(body) for name, body in recorded["answers"].items()}
        await done("restore", "saved", "--data", ".penstock", directory=folder)
        stack = RunningStack(folder / ".penstock", 1, {})
        try:
            async with stack.http() as http:
                require_told(before, await answers(http, recorded["over"]))
                again = await http.post("runs?wait=60", json={"flow": TEMPLATES, "input": "tea"})
                assert again.json()["status"] == "completed"
        finally:
            stack.stop()
        await done("backup", "upgraded", "--data", ".penstock", directory=folder)
        assert described(folder / "upgraded")["schema"] == SCHEMA
        shutil.rmtree(folder / ".penstock")
        await done("restore", "saved", "--data", ".penstock", directory=folder)
        await done("backup", "back", "--data", ".penstock", directory=folder)
        assert tables(folder / "back") == tables(folder / "saved")


async def done(*arguments: str, directory: Path) -> None:
    """The command ends well."""
    ended = await penstock(*arguments, directory=directory)
    assert (ended.code, ended.err) == (0, ""), arguments


def described(backup: Path) -> Any:
    """What a backup says of itself."""
    return json.loads((backup / "backup.json").read_text())


def tables(backup: Path) -> dict[str, Any]:
    """Its schema, and every table byte for byte but for positions, which name the log."""
    found = described(backup)
    files = {name: each for name, each in found["files"].items() if name.startswith("postgres/")}
    del files["postgres/positions.copy"]
    return {"schema": found["schema"], **files}
