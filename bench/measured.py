"""Numbers, what is wanted of them, and what else a row has to tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from statistics import median, quantiles
from typing import Literal

Verdict = Literal["goal", "floor", "missed", ""]


@dataclass(frozen=True)
class Target:
    """What a number must reach to land (floor) and what it should be known for (goal)."""

    floor: float
    goal: float

    def verdict(self, value: float) -> Verdict:
        """What the value reaches. A goal below its floor means that less is better."""
        sign = 1 if self.goal >= self.floor else -1
        if sign * value >= sign * self.goal:
            return "goal"
        return "floor" if sign * value >= sign * self.floor else "missed"


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One line of the table: a number measured several times."""

    row: int
    what: str
    unit: str
    values: tuple[float, ...]
    target: Target | None = None

    @property
    def median(self) -> float:
        return median(self.values)

    @property
    def spread(self) -> tuple[float, float]:
        """The smallest and the largest value."""
        return min(self.values), max(self.values)

    @property
    def verdict(self) -> Verdict:
        return self.target.verdict(self.median) if self.target else ""

    def as_json(self) -> dict[str, object]:
        low, high = self.spread
        derived = {"median": self.median, "low": low, "high": high, "verdict": self.verdict}
        return asdict(self) | derived


@dataclass(frozen=True, kw_only=True)
class Cost:
    """CPU seconds per 1,000 runs of every part, and what others took meanwhile."""

    what: str
    runs: int
    parts: Mapping[str, float]
    client: float
    other_cores: float
    """Cores busy with anything but this stack and its client."""

    @property
    def servers(self) -> float:
        """CPU seconds per 1,000 runs of all parts together."""
        return sum(self.parts.values())

    def as_json(self) -> dict[str, object]:
        return asdict(self) | {"servers": self.servers}


@dataclass(frozen=True, kw_only=True)
class OverTime:
    """How numbers went while something was measured: a line for each moment."""

    what: str
    columns: tuple[str, ...]
    lines: tuple[tuple[float, ...], ...]


@dataclass(kw_only=True)
class Findings:
    """All that one measurement has to tell; with `faults` its numbers are worth nothing."""

    measured: list[Measured] = field(default_factory=list)
    costs: list[Cost] = field(default_factory=list)
    over_time: list[OverTime] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def add(self, other: Findings) -> None:
        self.measured += other.measured
        self.costs += other.costs
        self.over_time += other.over_time
        self.notes += other.notes
        self.faults += other.faults

    def as_json(self) -> dict[str, object]:
        return {
            "measured": [each.as_json() for each in self.measured],
            "costs": [each.as_json() for each in self.costs],
            "over_time": [asdict(each) for each in self.over_time],
            "notes": self.notes,
            "faults": self.faults,
        }


def percentile(values: list[float], percent: int) -> float:
    """The value below which `percent` of a hundred lie; of a single value itself."""
    if len(values) == 1:
        return values[0]
    return quantiles(values, n=100, method="inclusive")[percent - 1]
