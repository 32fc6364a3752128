"""Metrics: declared once, at module level, by the module that counts; served by the monitor.

    APPENDED = counter("facts_appended_total", "Facts the log recorded.", "type")
    APPENDED.labels("step.ready").inc()

Names get the prefix `penstock_`; units are in the name (`_seconds`, `_bytes`, `_ratio`), and
what has none is a number of things, which `_total` of a counter says too. Labels have few values:
never a run, never user text.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import HistogramMetricFamily
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

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


class QuickSeconds:
    """The seconds of one label value; a sixth of the cost of the library's, without its lock."""

    __slots__ = ("_counts", "_sum")

    def __init__(self) -> None:
        self._counts = [0] * (len(SECONDS) + 1)
        self._sum = 0.0

    def observe(self, seconds: float) -> None:
        """Count one. Always from the same thread."""
        self._counts[bisect_left(SECONDS, seconds)] += 1
        self._sum += seconds

    def add_to(self, family: HistogramMetricFamily, value: str) -> None:
        """Tell what was counted, as Prometheus wants it: cumulated."""
        bounds = [*map(floatToGoString, SECONDS), "+Inf"]
        buckets = list(zip(bounds, accumulate(self._counts), strict=True))
        family.add_metric([value], buckets, self._sum)


class QuickHistogram(Collector):
    """A histogram of seconds for what happens many thousand times a second."""

    def __init__(self, name: str, meaning: str, label: str, values: Sequence[str]) -> None:
        self._name = _named(name, "histogram", meaning, (label,))
        self._meaning, self._label = meaning, label
        self.seconds = {value: QuickSeconds() for value in values}
        REGISTRY.register(self)

    def collect(self) -> Iterator[HistogramMetricFamily]:
        family = HistogramMetricFamily(self._name, self._meaning, labels=[self._label])
        for value, counted in self.seconds.items():
            counted.add_to(family, value)
        yield family


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
