"""Names as the tests' resolver knows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


class Names:
    """A resolver with a table; `asked` are the names it was asked for, in order."""

    def __init__(self, table: Mapping[str, Sequence[str]]) -> None:
        self._table = table
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        if host not in self._table:
            raise OSError("no such name")
        return self._table[host]
