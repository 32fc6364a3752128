"""Which runs live at a position of the log, so that void facts are told from those that count."""

from __future__ import annotations

from collections.abc import Sequence

from services.api.history.source import WorkspaceHistory
from services.api.live.join import Stored
from shared.log.port import Live
from shared.log.subjects import FINISHED, REQUESTED


class ActiveRuns:
    """The runs of a workspace under way, as facts pass by in the order of the log.

    A run whose beginning did not pass by is asked for, once while it lives. So what is kept is a
    name for each run that lives and did something, and nothing for those that are over.
    """

    def __init__(self, source: WorkspaceHistory, workspace: str) -> None:
        self._source = source
        self._workspace = workspace
        self._runs: set[str] = set()

    async def counting(self, items: Sequence[Stored]) -> list[Stored]:
        """Those of the next facts that count. Raises: Unavailable, and nothing has changed."""
        items = [item for item in items if _is_readable(item.data)]
        strange = self._strange(items)
        spans = await self._source.spans(self._workspace, strange) if strange else {}
        counted: list[Stored] = []
        for item in items:
            run = _run_of(item)
            span = spans.get(run)
            if item.rest == REQUESTED or (span is not None and span.holds(item.sequence)):
                self._runs.add(run)
            if run not in self._runs:
                continue
            counted.append(item)
            if item.rest == FINISHED:
                self._runs.discard(run)
        return counted

    def _strange(self, items: Sequence[Stored]) -> set[str]:
        begun = set[str]()
        strange = set[str]()
        for item in items:
            run = _run_of(item)
            if item.rest == REQUESTED:
                begun.add(run)
            elif run not in self._runs and run not in begun:
                strange.add(run)
        return strange


def _run_of(item: Stored) -> str:
    return item.run if isinstance(item, Live) else item.address.run


def _is_readable(data: bytes) -> bool:
    """One line that names its type. What is not was not written by any version of Penstock."""
    return b'"type":"' in data and b"\n" not in data
