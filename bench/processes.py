"""CPU and memory of every part of a stack, as the kernel counts them."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import psutil

from cli.up.data import Stack
from shared.errors import Unavailable

WORKER = "agent-worker-"
MIB = 1 << 20
SHOWN_MICROSECONDS = 0.05


@dataclass(frozen=True)
class Reading:
    """CPU seconds used so far: by every part, by the machine; `at` is of the monotonic clock."""

    at: float
    parts: Mapping[str, float]
    machine: float
    ours: float

    def since(self, earlier: Reading) -> dict[str, float]:
        """CPU seconds of every part since then."""
        return {name: seconds - earlier.parts[name] for name, seconds in self.parts.items()}

    def shares(self, earlier: Reading, count: int) -> str:
        """Microseconds of CPU of every part for each of `count` things, the busiest first."""
        used = sorted(self.since(earlier).items(), key=lambda part: -part[1])
        each = ((name, cpu / count * 1_000_000) for name, cpu in used)
        return ", ".join(f"{name} {cpu:.1f}" for name, cpu in each if cpu >= SHOWN_MICROSECONDS)

    def other_cores(self, earlier: Reading, client: float) -> float:
        """Cores that neither the parts nor this process nor `client` CPU seconds account for."""
        known = sum(self.since(earlier).values()) + self.ours - earlier.ours + client
        return max(0.0, self.machine - earlier.machine - known) / (self.at - earlier.at)


class Processes:
    """The processes of a stack by the part they belong to; all workers are one part."""

    def __init__(self, stack: Stack) -> None:
        self._parts: defaultdict[str, list[psutil.Process]] = defaultdict(list)
        for each in stack["services"]:
            name = "workers" if each["name"].startswith(WORKER) else each["name"]
            self._parts[name].append(psutil.Process(each["pid"]))

    def read(self) -> Reading:
        """CPU until now. Raises: Unavailable when a process ended: results would be void."""
        try:
            parts = {
                name: sum(_cpu_seconds(process) for process in processes)
                for name, processes in self._parts.items()
            }
        except psutil.NoSuchProcess as error:
            raise Unavailable(f"a process of the stack ended while measured: {error}") from error
        total = psutil.cpu_times()
        busy = total.user + total.nice + total.system
        return Reading(time.monotonic(), parts, busy, time.process_time())

    def kill(self, name: str) -> int:
        """Kills the one process of a part, without a warning; its pid."""
        (process,) = self._parts[name]
        process.kill()
        return int(process.pid)

    def memory_mib(self, name: str) -> float:
        """Resident memory of a part."""
        size_bytes: int = sum(process.memory_info().rss for process in self._parts[name])
        return size_bytes / MIB

    def pss_mib(self) -> dict[str, float]:
        """Memory of every part with its children, a shared page once over those who share it."""
        return {name: self.pss_mib_of(name) for name in self._parts}

    def pss_mib_of(self, name: str) -> float:
        """The same of one part."""
        return sum(_pss_bytes(process) for process in self._parts[name]) / MIB


def _pss_bytes(process: psutil.Process) -> int:
    """Source: Linux, Documentation/filesystems/proc.rst, smaps_rollup."""
    size_bytes: int = process.memory_full_info().pss
    for child in process.children(recursive=True):
        try:
            size_bytes += child.memory_full_info().pss
        except psutil.NoSuchProcess:
            continue
    return size_bytes


def _cpu_seconds(process: psutil.Process) -> float:
    """Its own, its living children's and that of the children it outlived."""
    own = process.cpu_times()
    seconds: float = own.user + own.system + own.children_user + own.children_system
    for child in process.children():
        try:
            seconds += _cpu_seconds(child)
        except psutil.NoSuchProcess:
            continue
    return seconds
