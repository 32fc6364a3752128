"""Lists that come in pages, read as one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence

from penstock_client.connection import Connection
from penstock_client.results import Item, Page


async def items(
    connection: Connection, path: str, model: type[Page[Item]], params: Mapping[str, str]
) -> AsyncIterator[Item]:
    """Every item of the list at `path`, page after page, each page asked for when needed."""
    cursor: str | None = None
    while True:
        asked = {**params, **({"cursor": cursor} if cursor else {})}
        page = (await connection.get(path, asked)).read(model)
        for item in page.items:
            yield item
        if page.next_cursor is None:
            return
        cursor = page.next_cursor


def listed(tags: Sequence[str], search: str, *, deleted: bool) -> dict[str, str]:
    """Which definitions of a list are wanted, as its query says it."""
    wanted = {"tags": ",".join(tags), "search": search, "deleted": "true" if deleted else ""}
    return {key: value for key, value in wanted.items() if value}
