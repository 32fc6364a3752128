"""A backup on disk: a directory of files, and `backup.json`, which has their sizes and hashes.

backup.json                     what it is of, written last
postgres/TABLE.copy             binary COPY
nats/STREAM.snapshot            as nats-server gives it
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path

from cli.outcome import CommandError, ExitCode
from shared.ledger.dump import Table
from shared.log.snapshots import Saved

FORMAT = 1
DESCRIPTION = "backup.json"
_PIECE_BYTES = 128 << 10


@dataclass
class Backup:
    """What a backup is of; `files` are size and SHA-256 by path below the directory."""

    made_at: str
    schema: str
    tables: list[Table] = field(default_factory=list)
    streams: list[Saved] = field(default_factory=list)
    files: dict[str, tuple[int, str]] = field(default_factory=dict)
    format: int = FORMAT

    @property
    def size_bytes(self) -> int:
        """All files together."""
        return sum(size for size, _ in self.files.values())


def table_file(directory: Path, table: Table) -> Path:
    """Where a table is."""
    return directory / "postgres" / f"{table.name}.copy"


def stream_file(directory: Path, name: str) -> Path:
    """Where a stream is."""
    return directory / "nats" / f"{name}.snapshot"


def new_directory(path: Path) -> Path:
    """A directory to fill, beside the one it becomes. Raises: CommandError if that is there."""
    if path.exists():
        raise CommandError(f"expected {path} not to be there yet: name a new directory.")
    part = path.with_name(f"{path.name}.part")
    for folder in (part, part / "postgres", part / "nats"):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return part


def finish(part: Path, path: Path, backup: Backup) -> None:
    """Describe what was written, and give it its name: whoever finds that has all of it."""
    for file in sorted(part.glob("*/*")):
        backup.files[str(file.relative_to(part))] = _measured(file)
    description = part / DESCRIPTION
    description.write_text(json.dumps(asdict(backup), indent=2) + "\n")
    for file in (*part.glob("*/*"), description):
        with file.open("rb") as written:
            os.fsync(written.fileno())
    part.rename(path)


def read_backup(path: Path) -> Backup:
    """What a backup is of, all its files being what they were. Raises: CommandError."""
    try:
        found = json.loads((path / DESCRIPTION).read_text())
        backup = Backup(**found)
        backup.tables = [Table(each["name"], tuple(each["columns"])) for each in found["tables"]]
        backup.streams = [Saved(**each) for each in found["streams"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CommandError(
            f"expected a backup in {path}, got no {DESCRIPTION} that describes one ({error})."
        ) from None
    if backup.format != FORMAT:
        raise CommandError(
            f"expected a backup of format {FORMAT}, got {backup.format}: restore it with the "
            "Penstock that made it."
        )
    for name, measured in backup.files.items():
        if not (path / name).is_file() or _measured(path / name) != tuple(measured):
            raise CommandError(
                f"expected {path / name} as it was written, got another: the backup is damaged.",
                code=ExitCode.FAILED,
            )
    return backup


def pieces_of(file: Path) -> Iterator[bytes]:
    """A file's bytes, some at a time."""
    with file.open("rb") as opened:
        while piece := opened.read(_PIECE_BYTES):
            yield piece


def _measured(file: Path) -> tuple[int, str]:
    found, size = sha256(), 0
    for piece in pieces_of(file):
        found.update(piece)
        size += len(piece)
    return size, found.hexdigest()
