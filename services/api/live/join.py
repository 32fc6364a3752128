"""The join of history and live: every fact once, in the order of the log, none left out.

Live facts may be lost (`Gap` tells), may come before or after the same facts read from the log,
and must not come after the terminal one. So: pass on what lies beyond the position; at a gap, and
before the terminal fact, stop and read on from the position first.

    heard(items) ----> passed on, and whether to read on --no--> heard(items) ...
                                        | yes
                       read(entries)* <-'  then `caught_up()` -> passed on, and whether to ...
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from shared.log.port import Entry, Gap, Live
from shared.log.subjects import FINISHED

Stored: TypeAlias = Entry | Live


@dataclass(slots=True)
class Join:
    """Everything up to `position` was passed on; `ended` once that includes the terminal fact.

    What has no end of its own (`ends` is false) knows no terminal fact.
    `reads_until` is the sequence that reading on must reach, or None when it is not owed.
    """

    position: int
    ends: bool = True
    ended: bool = False
    reads_until: int | None = None
    _held: deque[Live | Gap] = field(default_factory=deque)
    _verified: int = 0

    def heard(self, items: Iterable[Live | Gap]) -> Sequence[Stored]:
        """What may be passed on now that these have arrived."""
        self._held.extend(items)
        return self._release() if self.reads_until is None else ()

    def read(self, entries: Iterable[Stored], up_to: int = 0) -> Sequence[Stored]:
        """What may be passed on now that these were read, from the position on: all `up_to`."""
        passed = [entry for entry in entries if self._passes(entry)]
        self.position = max(self.position, up_to)
        return passed

    def caught_up(self) -> Sequence[Stored]:
        """What may be passed on now that reading on has come to the end of the log."""
        self._verified = max(self.position, self.reads_until or 0)
        self.reads_until = None
        if self._held and isinstance(self._held[0], Gap):
            self._held.popleft()
        return self._release()

    def _release(self) -> Sequence[Stored]:
        passed: list[Stored] = []
        while self._held:
            item = self._held[0]
            if isinstance(item, Gap):
                self.reads_until = 0
                break
            if self._is_terminal(item) and max(self.position, self._verified) < item.sequence:
                self.reads_until = item.sequence
                break
            self._held.popleft()
            if self._passes(item):
                passed.append(item)
        return passed

    def _passes(self, item: Stored) -> bool:
        if self.ended or item.sequence <= self.position:
            return False
        self.position = item.sequence
        self.ended = self._is_terminal(item)
        return True

    def _is_terminal(self, item: Stored) -> bool:
        return self.ends and item.rest == FINISHED
