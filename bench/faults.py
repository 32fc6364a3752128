"""What was wrong with what a client was told: the first few are kept, for people to read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

SHOWN_FAULTS = 5


@dataclass(kw_only=True)
class Faulted:
    """A report that names faults; with any its numbers are worth nothing."""

    faults: list[str] = field(default_factory=list)

    def fault(self, what: str) -> None:
        """One fault more, kept if it is among the first."""
        if len(self.faults) < SHOWN_FAULTS:
            self.faults.append(what)


def faults_of(reports: Iterable[Faulted]) -> list[str]:
    """Those of all reports."""
    return [fault for report in reports for fault in report.faults]
