"""`penstock backup` and `penstock restore`: NATS and Postgres as of one moment, while all goes on.

    backup    hold runs in the log  ->  the moment of Postgres  ->  streams  ->  tables
    restore   streams, tables as they were  ->  `penstock migrate`  ->  services

The log may be ahead of Postgres: the projector copies from its positions on, as after any pause.
Were it behind, new facts would get numbers that Postgres has seen. So the moment of Postgres comes
first, and nothing leaves the log until the streams are saved.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from cli.backup_files import (
    Backup,
    finish,
    new_directory,
    pieces_of,
    read_backup,
    stream_file,
    table_file,
)
from cli.operation import outcome_of
from cli.outcome import CommandError
from cli.printing import put
from cli.servers import servers
from services.projector.schema import upgrade
from shared.ledger.dump import load_table, require_empty, save_table, standing_still, tables_of
from shared.ledger.pool import opened, translated
from shared.ledger.version import SCHEMA, version_of
from shared.log import declared
from shared.log.encryption import nats_address
from shared.log.snapshots import STREAMS, Snapshots, snapshots
from shared.runtime.settings import Settings

_OF_NO_USE = "what it had written is of no use"


def start_backup(directory: Path, data: Path | None) -> None:
    """Back up into a new directory. Raises: SystemExit."""
    outcome_of("backup", _backed_up(directory, data), interrupted=_OF_NO_USE)


def start_restore(directory: Path, data: Path | None) -> None:
    """Restore into empty servers. Raises: SystemExit."""
    outcome_of("restore", _restored(directory, data), interrupted=_OF_NO_USE)


async def _backed_up(directory: Path, data: Path | None) -> None:
    part = new_directory(directory)
    async with servers("backup", data) as reached:
        backup = await _saved(reached.settings, part)
    await asyncio.to_thread(finish, part, directory, backup)
    messages = sum(each.state["messages"] for each in backup.streams)
    put(
        f"backed up into {directory}: {len(backup.tables)} tables of schema {backup.schema}, "
        f"{len(backup.streams)} streams with {messages:,} messages, "
        f"{backup.size_bytes / 1e6:,.1f} MB"
    )


async def _saved(settings: Settings, part: Path) -> Backup:
    async with (
        snapshots(nats_address(settings)) as streams,
        standing_still(settings.database_url) as connection,
    ):
        schema = await version_of(connection)
        if schema is None:
            raise CommandError("expected a database of Penstock's, got one without a schema.")
        backup = Backup(made_at=datetime.now(UTC).isoformat(), schema=schema)
        for name in STREAMS:
            async with streams.save(name) as (saved, chunks):
                backup.streams.append(saved)
                with stream_file(part, name).open("wb") as file:
                    async for chunk in chunks:
                        file.write(chunk)
        backup.tables = await tables_of(connection)
        for table in backup.tables:
            await save_table(connection, table, table_file(part, table))
    return backup


async def _restored(directory: Path, data: Path | None) -> None:
    backup = await asyncio.to_thread(read_backup, directory)
    if backup.schema > SCHEMA:
        raise CommandError(
            f"expected a backup of schema {SCHEMA} or older, got {backup.schema}: restore it with "
            "the Penstock that made it, or a newer one."
        )
    async with servers("restore", data) as reached:
        settings = reached.settings
        await require_empty(settings.database_url)
        async with snapshots(nats_address(settings)) as streams:
            for saved in backup.streams:
                await streams.require_empty(saved.name)
            created = await _restore_streams(streams, backup, directory)
        await _restore_tables(settings, backup, directory, created)
        following = "`penstock up` on it" if reached.were_resting else "`penstock migrate`"
    put(
        f"restored as of {backup.made_at}: {len(backup.tables)} tables of schema {backup.schema}, "
        f"{len(backup.streams)} streams; go on with {following}"
    )


async def _restore_streams(streams: Snapshots, backup: Backup, directory: Path) -> datetime:
    """Makes all streams; when that of the log was created, which is now."""
    created = {
        saved.name: await streams.restore(saved, pieces_of(stream_file(directory, saved.name)))
        for saved in backup.streams
    }
    return datetime.fromisoformat(created[declared.RUNS])


async def _restore_tables(
    settings: Settings, backup: Backup, directory: Path, created: datetime
) -> None:
    await upgrade(settings.database_url, to=backup.schema)
    with translated():
        async with opened(settings.database_url) as connection, connection.transaction():
            for table in backup.tables:
                await load_table(connection, table, table_file(directory, table))
            await connection.execute("update positions set stream_created = $1", created)
        async with opened(settings.database_url) as connection:
            await connection.execute("analyze")
