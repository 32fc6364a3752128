"""An installation of an earlier version, recorded: `python -m tests.record_installation CHECKOUT`.

CHECKOUT has the code of that version. Its `penstock up` is given runs of every kind; then a backup
is made, with what users read of the runs that were over. The file is written into tests/data:

    saved/           the backup, by this version's command, of the schema that was there
    recorded.json    the commit, the runs that were over and in flight, the answers about the former
"""

from __future__ import annotations

import asyncio
import base64
import json
import subprocess
import sys
import tarfile
from pathlib import Path

from tests.answers import answers
from tests.installation import Installation
from tests.servers import own_folder
from tests.stack import RunningStack
from tests.unit.cli.command import penstock

DATA = Path(__file__).with_name("data")


async def record(checkout: Path) -> Path:
    """The file that was written."""
    with own_folder() as folder:
        stack = RunningStack(folder / "data", 1, {}, checkout)
        async with stack.http() as http:
            installation = Installation(http)
            await installation.fill()
            await installation.begin()
            saved = await penstock("backup", "saved", "--data", "data", directory=folder)
            assert saved.code == 0, saved.err
            found = await answers(http, installation.over)
        stack.stop()
        recorded = {
            "commit": _commit(checkout),
            "over": installation.over,
            "in_flight": installation.in_flight,
            "answers": {name: base64.b64encode(body).decode() for name, body in found.items()},
        }
        (folder / "recorded.json").write_text(json.dumps(recorded))
        schema = json.loads((folder / "saved" / "backup.json").read_text())["schema"]
        path = DATA / f"installation-{schema}.tar.xz"
        with tarfile.open(path, "w:xz", preset=9) as archive:
            for name in ("saved", "recorded.json"):
                archive.add(folder / name, name)
        return path


def _commit(checkout: Path) -> str:
    asked = ["git", "-C", str(checkout), "rev-parse", "HEAD"]
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    written = asyncio.run(record(Path(sys.argv[1]).resolve()))
    sys.stdout.write(f"{written}: {written.stat().st_size / 1000:,.0f} kB\n")
