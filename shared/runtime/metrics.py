"""Metrics: declared once, at module level, by the module that counts; served by the monitor.

    APPENDED = counter("facts_appended_total", "Facts the log recorded.", "type")
    APPENDED.labels("step.ready").inc()

Names get the prefix `penstock_`; units are in the name (`_seconds`, `_bytes`, `_ratio`), and
what has none is a number of things, which `_total` of a counter says too. Labels have few values:
never a run, never user text.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)

REGISTRY = CollectorRegistry(auto_describe=True)
ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)
"""Buckets for durations, from one millisecond to five minutes."""

_UNITS = {"seconds": "seconds", "bytes": "bytes", "ratio": "0 to 1"}

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, kw_only=True)
class Declared:
    """One metric as docs/reference/signals.md lists it."""

    name: str
    kind: str
    meaning: str
    labels: tuple[str, ...]

    @property
    def unit(self) -> str:
        """What it is measured in, as its name says."""
        words = self.name.split("_")
        return next((unit for word, unit in _UNITS.items() if word in words), "number")


_declared: dict[str, Declared] = {}


def counter(name: str, meaning: str, *labels: str) -> Counter:
    """A number that only grows; `name` ends in `_total`."""
    return Counter(_named(name, "counter", meaning, labels), meaning, labels, registry=REGISTRY)


def gauge(name: str, meaning: str, *labels: str) -> Gauge:
    """A number that rises and falls."""
    return Gauge(_named(name, "gauge", meaning, labels), meaning, labels, registry=REGISTRY)


def histogram(
    name: str, meaning: str, *labels: str, buckets: Sequence[float] = SECONDS
) -> Histogram:
    """A distribution, of seconds unless `buckets` says otherwise."""
    full = _named(name, "histogram", meaning, labels)
    return Histogram(full, meaning, labels, buckets=buckets, registry=REGISTRY)


def declared() -> tuple[Declared, ...]:
    """Every metric declared by the modules imported so far, by name."""
    return tuple(_declared[name] for name in sorted(_declared))


def exposition() -> bytes:
    """All metrics in Prometheus's text format. Its type is `CONTENT_TYPE`."""
    return generate_latest(REGISTRY)


def _named(name: str, kind: str, meaning: str, labels: tuple[str, ...]) -> str:
    full = f"penstock_{name}"
    _declared[full] = Declared(name=full, kind=kind, meaning=meaning, labels=labels)
    return full
